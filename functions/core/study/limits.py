"""How large the documents of an agent may be. One of them is read whole, checked and written in a single call of ingest."""

from __future__ import annotations

from collections.abc import Mapping

MIB = 1024 * 1024
DOCUMENT_BYTES: Mapping[str, int] = {"manifest": 4 * MIB, "declaration": MIB, "report": 4 * MIB}
