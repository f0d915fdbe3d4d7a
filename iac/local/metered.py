"""What AWS would charge for, counted where the local cloud does it: a line of JSON a call in the file that LIGHTBOX_METER names.

{"at": epoch s, "who": "IngestRole", "service": "dynamodb", "what": "PutItem", "units": 3.0, "bytes": 812}

- dynamodb: units are request units. A write takes one for each KB begun of the larger of the old and the new item, once more
  for each index that the item is in; a read one for each 4 KB begun, a query one for each 4 KB begun of all that it looked at,
  half of that where it need not be consistent (an index never is). bytes: of the items.
  Source: Amazon DynamoDB developer guide, "On-demand capacity mode" and "DynamoDB item sizes and formats".
- s3: units 1, bytes of the object's part that was sent or received; what is the method.
- events: each entry, units by each 64 KB begun.
- everything else: its action as IAM names it, units 1.

Loaded by path from guarded.py, since the emulator's interpreter knows nothing of this project. Names of rows and objects are not
written.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.services import dynamodb, eventbridge, s3

READS = {"GetItem", "Query", "Scan"}
WRITES = {"PutItem", "DeleteItem", "UpdateItem"}
OTHERS = ("sqs:SendMessage", "sqs:ChangeMessageVisibility", "secretsmanager:GetSecretValue")
CHUNK = 64 * 1024
CALLER: ContextVar[str] = ContextVar("caller", default="")  # of the request that is served now


def item_bytes(item: Mapping[str, Any]) -> int:
    """Size of an item in DynamoDB's JSON: names and values in UTF-8, 3 bytes and 1 an element more for lists and maps."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return math.ceil(len(held.strip("-").replace(".", "")) / 2) + 1
        case "B":
            return len(held) * 3 // 4
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(one) for name, one in held.items())
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in held)
        case _:
            return 1


def _short(arn: str) -> str:
    """`IngestRole` of a role that the stack named, `operator` of a user."""
    role = re.search(r"assumed-role/[^/]*?(\w+Role|presign)", arn)
    return role[1] if role else arn.rpartition("/")[2]


class Meter:
    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, service: str, what: str, units: float, size: int) -> None:
        line = {"at": round(time.time(), 3), "who": CALLER.get(), "service": service, "what": what, "units": units, "bytes": size}
        self._file.write(json.dumps(line) + "\n")

    def called(self, action: str, who: str) -> None:
        """A call that may be made; who: ARN of the caller. Services that charge by the call are noted here: our messages are far
        below the 64 KB that one call may carry."""
        CALLER.set(_short(who))
        if action in OTHERS:
            service, _, what = action.partition(":")
            self.note(service, what, 1, 0)


def install(meter: Meter) -> None:
    """Before the server starts: it looks these names up at every request."""
    rows_before, objects_before, events_before = dynamodb.handle_request, s3.handle_request, eventbridge.handle_request

    async def rows(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = json.loads(body or b"{}") if action in READS | WRITES else {}
        old = _standing(asked) if action in WRITES else {}
        answer = await rows_before(method, path, headers, body, query)
        if answer[0] == 200 and action in READS:
            _note_read(meter, action, asked, json.loads(answer[2]))
        elif action in WRITES:
            _note_write(meter, action, asked, old)
        return answer

    async def objects(method: str, path: str, headers: Any, body: bytes, query: Any, *more: Any, **named: Any) -> Any:
        answer = await objects_before(method, path, headers, body, query, *more, **named)
        listed = method == "GET" and path.strip("/").count("/") == 0
        sent = len(body or b"") if method == "PUT" else len(answer[2] or b"") if isinstance(answer[2], bytes | str) else 0
        meter.note("s3", "LIST" if listed else method, 1, sent)
        return answer

    async def events(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        for entry in json.loads(body or b"{}").get("Entries", []):
            size = len(json.dumps(entry))
            meter.note("events", "PutEvents", math.ceil(size / CHUNK), size)
        return await events_before(method, path, headers, body, query)

    dynamodb.handle_request, s3.handle_request, eventbridge.handle_request = rows, objects, events


def _standing(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The item as it is before a write."""
    table = dynamodb._tables.get(str(asked.get("TableName", "")).rpartition("/")[2])
    key = asked.get("Key") or asked.get("Item") or {}
    try:
        names = [part["AttributeName"] for part in table["KeySchema"]]
        partition = table["items"].get(key[names[0]]["S"], {})
        found: Mapping[str, Any] = partition.get(key[names[1]]["S"], {}) if len(names) > 1 else partition
    except (KeyError, TypeError):
        return {}
    return found


def _note_read(meter: Meter, action: str, asked: Mapping[str, Any], answered: Mapping[str, Any]) -> None:
    items = answered.get("Items") or ([answered["Item"]] if answered.get("Item") else [])
    size = sum(item_bytes(item) for item in items)
    consistent = asked.get("ConsistentRead") and not asked.get("IndexName")
    meter.note("dynamodb", action, max(1, math.ceil(size / 4096)) * (1 if consistent else 0.5), size)


def _note_write(meter: Meter, action: str, asked: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """A write that a condition refuses is charged, too."""
    new = asked.get("Item") or {}
    size = max(item_bytes(new), item_bytes(old))
    indexes = sum(name in new or name in old for name in ("day_pk", "person_pk"))
    meter.note("dynamodb", action, max(1, math.ceil(size / 1024)) * (1 + indexes), size)
