"""A hospital, its agent and the cloud in one thread, from a seed: everything goes wrong, nothing may be lost (docs/faults.md)."""
