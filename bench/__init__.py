"""What is fast, measured beside a reference in the same run. One file per subject, each with `rows()`; see `harness.py`."""
