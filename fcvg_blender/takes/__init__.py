"""Takes: what each is made of, what is asked of the engine for it, and what becomes of it."""
