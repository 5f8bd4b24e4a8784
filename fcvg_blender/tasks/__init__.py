"""Commands beside the edit: installer, downloads, doctor; and the reports that artists send."""
