"""Counts cases onto the hospitals' bills, and makes their monthly statements."""
