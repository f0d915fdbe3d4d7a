"""The spool: what the agent has promised to deliver, on disk. Bytes: FORMAT.md. Life: states.py."""
