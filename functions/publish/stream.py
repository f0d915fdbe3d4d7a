"""A batch of the table's stream, in the order of its changes.

A shard's order is kept by stopping: Lambda delivers again from the lowest sequence number that is returned, so that everything
from the first failed change on comes once more. Journal and bus both stand repetition: the journal writes if absent, an event
keeps its id. Repeating ends after a day, when the stream forgets (docs/interfaces.md §6); until then an outage of storage or bus
loses nothing. A change that cannot be told at all, whether no event can be made of it or its event breaks its own schema, is set
aside for a person in queue `failures`: tried again it fails again, and everything behind it would wait.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from functions.adapters import schemas
from functions.adapters.observability import count, logger
from functions.adapters.queues import report_failure
from functions.adapters.table.dynamo import row_of_image
from functions.adapters.wiring import Deps
from functions.core.errors import DocumentInvalid
from functions.core.study import keys
from functions.core.study.changes import events
from functions.core.times import iso_at


def publish(event: Mapping[str, Any], deps: Deps) -> dict[str, Any]:
    """Returns the sequence numbers of changes that must come again."""
    told: list[tuple[str, dict[str, Any]]] = []
    failed: list[str] = []
    for record in event["Records"]:
        sequence = record["dynamodb"]["SequenceNumber"]
        try:
            told += [(sequence, one) for one in _journalled(record, deps)]
        except Exception as error:  # storage or the queue of failures is away: this change and all after it come again
            report_failure(error, {"messageId": sequence})
            failed.append(sequence)
            break
    refused = _offer([one for _, one in told], deps)
    for sequence, one in told:
        if one["id"] in refused:
            logger.warning("bus refused", extra={"event": one["id"], "type": one["type"], "subject": one["subject"]})
            count("BusRefused", type=one["type"])
            failed.append(sequence)
        else:
            count("Published", type=one["type"])
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in dict.fromkeys(failed)]}


def _offer(told: Sequence[Mapping[str, Any]], deps: Deps) -> set[str]:
    """Returns the ids of what the bus did not take: all, when it cannot be reached."""
    try:
        return deps.bus.put(told)
    except Exception as error:
        report_failure(error, {"messageId": "the bus"})
        return {one["id"] for one in told}


def _journalled(record: Mapping[str, Any], deps: Deps) -> Sequence[dict[str, Any]]:
    """The events of one change, in the journal; none of a change that was set aside."""
    try:
        found = _derived(record["dynamodb"])
    except Exception as error:  # a defect of ours: no service was asked, so that time heals nothing
        sequence = record["dynamodb"]["SequenceNumber"]
        report_failure(error, {"messageId": sequence})
        reason = str(error) if isinstance(error, DocumentInvalid) else type(error).__name__  # other texts may repeat the row
        deps.failures.send({"sequence_number": sequence, "reason": reason})
        return []
    for one in found:
        body = json.dumps(one, ensure_ascii=False, sort_keys=True).encode()
        key = keys.journal_object(one["tenant"], one["time"], one["id"])
        deps.vault.put("originals", key, body, content_type="application/json")
    return found


def _derived(change: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The events of one change, checked. What it raises depends on the change alone."""
    time = iso_at(change["ApproximateCreationDateTime"])
    new = row_of_image(change.get("NewImage"))
    if new is not None and new.get("replayed"):  # its events were told when they happened; `reconcile` tells what was not
        return []
    found = events(row_of_image(change.get("OldImage")), new, time)
    for one in found:
        check(one)
    return found


def check(event: Mapping[str, Any]) -> None:
    """Envelope and body against their schemas. Raises DocumentInvalid: a programming error."""
    schemas.check(dict(event), "event.v1")
    schemas.check(event["body"], f"{event['type']}.v1")
