"""The HTTP API of a hospital's staff (docs/interfaces.md §3)."""
