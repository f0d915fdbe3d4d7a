"""How large the documents of an agent may be. Each is read whole, checked and written within one call of ingest, ten in a batch.

A manifest of 8 MiB lists some 50 000 instances and is checked in about 4 s.
"""

from __future__ import annotations

from collections.abc import Mapping

MIB = 1024 * 1024
DOCUMENT_BYTES: Mapping[str, int] = {"manifest": 8 * MIB, "declaration": MIB, "report": 4 * MIB, "registration": 64 * 1024}
