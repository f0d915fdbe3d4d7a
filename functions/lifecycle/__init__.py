"""What becomes of studies as time passes: warnings, their end, the removal of every byte (docs/retention.md)."""
