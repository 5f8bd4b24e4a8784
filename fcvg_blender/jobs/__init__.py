"""Jobs: the queue in the strips, the session with the engine, and what each report changes in the edit."""
