"""What was used, as units that have a price: from the local cloud's meter and its functions' reports. Pure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

STRANGERS = {"operator", "reconcile", "root", ""}  # people and the demo looking on: no study needs them
S3_UNITS = {"PUT": "s3_put", "LIST": "s3_put", "POST": "s3_put", "GET": "s3_get", "HEAD": "s3_get"}
READS = {"GetItem", "Query", "Scan"}
REPORT = re.compile(r"Billed Duration: ([\d.]+) ms\tMemory Size: (\d+) MB")
BEHIND_QUEUES = ("ingest", "render", "notify", "lake", "billing", "lifecycle")
APIS = ("edge-api", "patient-api", "staff-api")

Usage = Mapping[str, float]


def metered(lines: Iterable[str]) -> Usage:
    """Of the meter's lines (iac/local/metered.py)."""
    used: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        call = json.loads(line)
        if call["who"].rpartition(":")[2] in STRANGERS:
            continue
        match call["service"]:
            case "dynamodb":
                used["dynamodb_read_unit" if call["what"] in READS else "dynamodb_write_unit"] += call["units"]
            case "s3" if call["what"] in S3_UNITS:
                used[S3_UNITS[call["what"]]] += call["units"]
            case "events":
                used["event"] += call["units"]
            case "sqs":
                used["sqs_request"] += call["units"]
            case "secretsmanager":
                used["secret_call"] += call["units"]
    return used


def reported(function: str, messages: Iterable[str]) -> Usage:
    """Of one function's log; function: its name in the template, `patient-api`.

    A message that comes through a queue costs three of its requests: sent, received, deleted. Logs are counted as text.
    """
    used: defaultdict[str, float] = defaultdict(float)
    for message in messages:
        used["log_gb"] += len(message.encode()) / 1e9
        if found := REPORT.search(message):
            used["lambda_gb_second"] += float(found[1]) / 1000 * int(found[2]) / 1024
            used["lambda_request"] += 1
            if function in APIS:
                used["api_request"] += 1
            if function in BEHIND_QUEUES:
                used["sqs_request"] += 3
    return used


def together(*parts: Usage) -> Usage:
    total: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        for unit, count in part.items():
            total[unit] += count
    return {unit: round(float(count), 9) for unit, count in sorted(total.items())}
