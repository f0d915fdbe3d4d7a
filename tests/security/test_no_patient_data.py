"""After a whole journey everything that was written is searched: a patient is named only where that is the purpose.

Allowed: originals (heads objects, reports), the table's rows, the SMS itself, the agent's spool, films and report PDFs.
Everywhere else, in logs, metrics, addresses, object names, the journal, the bus and the pixels, there is nobody.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from iac.local.demo.phone import NUMBER
from tests.cloud import eventually
from tests.cloud_fixtures import Ran
from tests.e2e.patient_client import PatientClient

pytestmark = [pytest.mark.cloud, pytest.mark.req("SEC-07")]


def private(ran: Ran) -> dict[str, bytes]:
    """What must not be found, by what it is."""
    facts = ran.images.facts
    words = {
        "name": facts.name,
        "name in DICOM": "张^伟",
        "name in Latin": "Zhang^Wei",
        "patient id": facts.patient_id,
        "phone": NUMBER,
        "birth date": facts.birth_date,
        "birth date in DICOM": facts.birth_date.replace("-", ""),
        "accession number": facts.accession_number,
        "link's token": ran.outcome.link.partition("#t=")[2],
        "finding": "结节",
    }
    return {what: word.encode() for what, word in words.items()}


@pytest.fixture(scope="module")
def walked(journey: Ran) -> Ran:
    """The journey, and a patient who looks at everything and mistypes once: their requests are written about too."""
    patient = PatientClient(journey.cloud.origin)
    token = journey.outcome.link.partition("#t=")[2]
    wrong = patient.api("POST", "sessions", {"token": token, "mode": "phone_tail", "answer": "0000"})
    assert wrong.status_code == 403
    patient.sign_in(journey.outcome.link, journey.outcome.phone_tail)
    exam = patient.exam()
    for study in exam["studies"]:
        for series in study["series"]:
            base, index = patient.series_index(series["series"])
            patient.ask("GET", base + index["objects"][0]["name"])
        opened = patient.api("POST", "derived/open", {"study": study["study"]}).json()
        for film in exam["films"]:
            patient.ask("GET", opened["base"] + film["pdf"])
    patient.api("GET", "report")
    return journey


def findings(ran: Ran, places: Iterator[tuple[str, bytes]]) -> list[str]:
    """Where something private stands."""
    words = private(ran)
    return [f"{what} in {where}" for where, content in places for what, word in words.items() if word in content]


def log_files(ran: Ran) -> Iterator[tuple[str, bytes]]:
    for path in sorted((ran.state / "logs").iterdir()):
        yield f"log file {path.name}", path.read_bytes()


def function_logs(ran: Ran) -> Iterator[tuple[str, bytes]]:
    logs = ran.cloud.session("root").client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            token: dict[str, str] = {}
            while True:
                page = logs.get_log_events(
                    logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"], startFromHead=True, **token
                )
                for event in page["events"]:
                    yield f"log of {group['logGroupName']}", event["message"].encode()
                if not page["events"] or page["nextForwardToken"] == token.get("nextToken"):
                    break
                token = {"nextToken": page["nextForwardToken"]}


def objects(ran: Ran, output: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    s3 = ran.cloud.session("root").client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=ran.cloud.outputs[output], Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"], s3.get_object(Bucket=ran.cloud.outputs[output], Key=entry["Key"])["Body"].read()


def test_logs_and_metrics_name_nobody(walked: Ran) -> None:
    """Logs are read by many and kept by others. Metrics are lines of the same logs."""
    lines = list(function_logs(walked))
    assert {"ingest", "publish", "render", "notify", "edge-api", "patient-api"} <= {
        where.removeprefix("log of /aws/lambda/lightbox-local-") for where, _ in lines
    }
    assert any(b"CloudWatchMetrics" in content for _, content in lines)
    files = list(log_files(walked))
    assert {"log file access.log", "log file agent.log", "log file gateway.log"} <= {where for where, _ in files}
    assert findings(walked, iter([*lines, *files])) == []


def test_addresses_and_object_names_name_nobody(walked: Ran) -> None:
    """Names end up in histories, proxies and bills."""
    paths = [json.loads(line)["path"] for line in (walked.state / "logs" / "access.log").read_text().splitlines()]
    assert any(path.startswith("/pixels/") for path in paths)
    assert not [path for path in paths if "?" in path]
    buckets = ("OriginalsBucket", "PixelsBucket", "DerivedBucket")
    names = [key for bucket in buckets for key, _ in objects(walked, bucket)]
    assert names
    uids = [uid.encode() for uid in walked.images.facts.study_uids]
    text = "\n".join([*paths, *names]).encode()
    assert findings(walked, iter([("names", text)])) == []
    assert not [uid for uid in uids if uid in text]


def test_events_and_journal_carry_keys_and_never_names(walked: Ran) -> None:
    """Whoever listens to the bus, or reads the audit, learns what happened and to which key, not to whom."""

    def all_there() -> list[tuple[str, bytes]] | None:
        """the journal up to the notice"""
        entries = list(objects(walked, "OriginalsBucket", "journal/"))
        types = {json.loads(content)["type"] for _, content in entries}
        return entries if {"exam_released", "notice_sent", "films_rendered", "link_issued"} <= types else None

    assert findings(walked, iter(eventually(all_there, 180))) == []


def test_pixels_and_indexes_carry_no_identity(walked: Ran) -> None:
    """An anonymous guest may read every object of a series."""
    uids = {f"uid {uid}": uid.encode() for uid in walked.images.facts.study_uids}
    found = []
    for key, content in objects(walked, "PixelsBucket"):
        plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        found += [f"{what} in {key}" for what, word in {**private(walked), **uids}.items() if word in plain]
    assert found == []


def test_queues_hold_nothing_private(walked: Ran) -> None:
    """Dead letters are looked at by people."""
    sqs = walked.cloud.session("root").client("sqs")
    for output, url in walked.cloud.outputs.items():
        if output.endswith("Url") and output != "ApiUrl":
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []):
                assert findings(walked, iter([(output, message["Body"].encode())])) == []


def test_the_search_finds_what_is_there(walked: Ran) -> None:
    """A search that finds nothing anywhere proves nothing: reports do hold the name."""
    assert findings(walked, objects(walked, "OriginalsBucket", "reports/"))
