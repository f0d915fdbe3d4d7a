"""Looks for what nobody would tell of: agents that are silent."""
