"""How much one document may hold; events/schemas and the cloud's own limits say the same, and a test compares them.

A manifest is of one batch, so that a batch's number of objects bounds the instances in a parcel and the bytes of the document.
The rest of what the schema allows is for objects cut into parts: at most some 300 parts are in one parcel, at the
smallest `packing.target_mib`.
"""

from __future__ import annotations

from functions.core.study.limits import DOCUMENT_BYTES

MAX_PARCELS = 64  # of one manifest
BATCH_OBJECTS = 16_000  # packed at once
MAX_SERIES = 4000  # of one declaration; some 600 kB
MAX_DECLARED = 1_000_000  # instances of one series
MAX_REPORT_BYTES = DOCUMENT_BYTES["report"]
