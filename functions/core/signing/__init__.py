"""Signatures that both sides of the edge API must agree on."""
