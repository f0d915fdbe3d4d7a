"""The vault: immutable objects in three buckets.

`port.py` is the contract, `s3.py` and `memory.py` meet it, `presign.py` makes grants.
"""

from functions.adapters.vault.port import ObjectFacts, Vault

__all__ = ["ObjectFacts", "Vault"]
