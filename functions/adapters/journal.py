"""A restrictive decision stands in the journal before its row is written (design §1, principle 3).

`publish` later meets the same event id and changes nothing; should the row be lost, the journal still says what was decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.adapters import schemas
from functions.adapters.wiring import Deps
from functions.core.study import keys


def journal_first(event: Mapping[str, Any], deps: Deps) -> None:
    """Raises DocumentInvalid and whatever the vault raises: then nothing was decided."""
    schemas.check(dict(event), "event.v1")
    schemas.check(event["body"], f"{event['type']}.v1")
    body = json.dumps(event, ensure_ascii=False, sort_keys=True).encode()
    key = keys.journal_object(event["tenant"], event["time"], event["id"])
    deps.vault.put("originals", key, body, content_type="application/json")
