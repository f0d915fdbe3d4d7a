"""A report or registration that was sent again of an exam that is gone: it was not taken in, and goes as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import envelopes
from functions.adapters.observability import logger
from functions.adapters.wiring import Deps
from functions.core.study import keys

PLACES = {"report": keys.report_object, "registration": keys.registration_object}


def sweep_document(message: Mapping[str, Any], deps: Deps) -> None:
    """Every version of it, if it was quarantined for this; a PDF that it names stays, another exam's report may name it too.

    Raises ServiceBusy when it must come again.
    """
    envelope = envelopes.opened(message)
    body = envelope["body"]
    place = PLACES.get(body.get("subject", ""))
    if envelope["type"] != "document_quarantined" or body["reason"] != "study_expired" or place is None:
        return
    key = place(envelope["tenant"], body["sha256"])
    deps.vault.remove("originals", list(deps.vault.versions("originals", key)))
    logger.info("document swept", extra={"tenant": envelope["tenant"], "subject": body["subject"], "sha256": body["sha256"]})
