"""Reads a hospital's journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from functions.adapters.envelopes import opened
from functions.adapters.wiring import Deps
from functions.core.errors import DocumentInvalid
from functions.core.history.folding import History
from iac.operator.reconcile.outcome import Outcome

AT_ONCE = 512  # entries that are read before they are folded


def journalled(deps: Deps) -> list[str]:
    """Every hospital of which something was decided."""
    return sorted(deps.vault.folders("originals", "journal/"))


def tenants(deps: Deps) -> list[str]:
    """Every hospital that the vault knows of."""
    found = {
        name
        for folder in ("journal/", "manifests/", "reports/", "registrations/")
        for name in deps.vault.folders("originals", folder)
    }
    return sorted(found)


def read_history(tenant: str, deps: Deps, workers: int, outcome: Outcome) -> History:
    """Entries that nobody can read are told of and left out: what one of them took away would stand open (`rebuild`)."""
    history = History(tenant)
    keys = deps.vault.keys("originals", f"journal/{tenant}/")
    with ThreadPoolExecutor(workers) as pool:
        while batch := list(islice(keys, AT_ONCE)):
            for key, event in zip(batch, pool.map(lambda key: _entry(key, deps), batch), strict=True):
                if event is None or event["tenant"] != tenant:
                    outcome.cannot_read(tenant, key.rsplit("/", 1)[1])
                else:
                    history.add(event)
                    outcome.count("events")
    return history


def _entry(key: str, deps: Deps) -> Any:
    """None for what is no entry, and for one of a later version: a field or a type that no schema here knows."""
    try:
        return opened(json.loads(deps.vault.get("originals", key)))
    except (ValueError, KeyError, TypeError, FileNotFoundError, DocumentInvalid):
        return None


def documents(tenant: str, deps: Deps) -> Iterator[str]:
    """Keys of all registrations and reports, then of all manifests and declarations, those of a study together."""
    yield from deps.vault.keys("originals", f"registrations/{tenant}/")
    yield from deps.vault.keys("originals", f"reports/{tenant}/")
    yield from deps.vault.keys("originals", f"manifests/{tenant}/")
