"""The command line: `app` puts it together, each command has a file of its own."""
