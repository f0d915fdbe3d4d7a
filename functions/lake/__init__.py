"""A list's lines follow what happens to studies; now and then they go into files."""
