"""The patient's HTTP API (docs/interfaces.md §3)."""
