"""What one study and one view of it cost: measured requests, milliseconds and bytes, times dated list prices (docs/cost.md)."""
