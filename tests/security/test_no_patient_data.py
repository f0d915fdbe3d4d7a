"""After a whole journey everything that was written is searched: a patient is named only where that is the purpose.

Allowed: originals (heads objects, reports), the table's rows, the SMS itself, the agent's spool, films and report PDFs.
Everywhere else, in logs, metrics, addresses, object names, the journal, the bus and the pixels, there is nobody. Words are looked
for as they are and as programs escape them.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from iac.local.demo.hospital import HOURS, TENANT, operate
from iac.local.demo.phone import NUMBER
from iac.local.demo.privacy import pattern
from iac.local.demo.report import audited_report
from iac.local.ports import LOOPBACK
from tests.cloud import eventually
from tests.cloud_fixtures import Ran
from tests.e2e.patient_client import PatientClient

pytestmark = [pytest.mark.cloud, pytest.mark.req("SEC-07")]

OF_THE_SMS = ("phone", "link's token")  # what it is for


@dataclass(frozen=True)
class Walked:
    """The journey and what else was done in it; words: what must not be found, by what it is."""

    ran: Ran
    words: dict[str, re.Pattern[bytes]]

    @property
    def uids(self) -> dict[str, re.Pattern[bytes]]:
        return {f"uid {uid}": pattern(uid) for uid in self.ran.images.facts.study_uids}


def private(ran: Ran, session: Mapping[str, str]) -> dict[str, str]:
    """Words that must not be found. session: cookies of a patient who signed in."""
    facts = ran.images.facts
    return {
        "name": facts.name,
        "name in DICOM": "张^伟",
        "name in Latin": "Zhang^Wei",
        "patient id": facts.patient_id,
        "phone": NUMBER,
        "birth date": facts.birth_date,
        "birth date in DICOM": facts.birth_date.replace("-", ""),
        "accession number": facts.accession_number,
        "link's token": ran.outcome.link.partition("#t=")[2],
        "verification code": ran.outcome.code,
        "finding": "结节",
        **{f"session in {name}": value for name, value in session.items()},
    }


@pytest.fixture(scope="module")
def walked(journey: Ran) -> Walked:
    """The journey; a patient who looks at everything and mistypes once; a report with a PDF beside it; an operator who looks and
    changes something: all of it is written about."""
    patient = PatientClient(journey.cloud.origin)
    token = journey.outcome.link.partition("#t=")[2]
    wrong = patient.api("POST", "sessions", {"token": token, "mode": "phone_tail", "answer": "0000"})
    assert wrong.status_code == 403
    right = patient.api("POST", "sessions", {"token": token, "mode": "phone_tail", "answer": journey.outcome.phone_tail})
    assert right.status_code == 201
    lines = right.headers.get_list("set-cookie")
    session = {name: morsel.value for line in lines for name, morsel in SimpleCookie(line).items()}
    assert any(len(value) >= 20 for value in session.values())
    exam = patient.exam()
    for study in exam["studies"]:
        for series in study["series"]:
            base, index = patient.series_index(series["series"])
            patient.ask("GET", base + index["objects"][0]["name"])
        opened = patient.api("POST", "derived/open", {"study": study["study"]}).json()
        for film in exam["films"]:
            patient.ask("GET", opened["base"] + film["pdf"])
    patient.api("GET", "report")
    _report_with_pdf(journey)
    work = journey.state / "tmp"
    shown = operate(
        journey.cloud, work, "exam", "show", "--tenant", TENANT, "--accession-number", journey.images.facts.accession_number
    )
    assert shown
    operate(journey.cloud, work, "hospital", "set", "--tenant", TENANT, "--hours", HOURS)
    return Walked(journey, {what: pattern(word) for what, word in private(journey, session).items() if len(word) >= 2})


def _report_with_pdf(ran: Ran) -> None:
    """Of an order whose images are still to come, so that the exam of the other tests stays what it is."""
    facts = replace(ran.images.facts, accession_number=f"{ran.images.facts.accession_number}-B", study_uids=())
    report = audited_report(replace(ran.images, facts=facts), tenant=TENANT, phone=NUMBER, now=datetime.now(UTC))
    del report["study_uids"]
    pdf = f"%PDF-1.4\n% {facts.name} {facts.patient_id}\n".encode()
    body = json.dumps(report | {"pdf_base64": base64.b64encode(pdf).decode()})
    settings = yaml.safe_load((ran.state / "agent" / "agent.yaml").read_text("utf-8"))
    connection = http.client.HTTPConnection(LOOPBACK, settings["reports"]["http_port"], timeout=30)
    connection.request("POST", "/reports", body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 201
    connection.close()

    def arrived() -> bool:
        """the PDF in the vault"""
        return any(pdf == content for _, content in objects(ran, "OriginalsBucket"))

    eventually(arrived, 120)


def findings(words: Mapping[str, re.Pattern[bytes]], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where something private stands."""
    return [f"{what} in {where}" for where, content in places for what, word in words.items() if word.search(content)]


def kept_files(state: Path) -> Iterator[tuple[str, bytes]]:
    """What the programs on this machine keep beside logs, without the agent's spool, the sender's images, the SMS themselves and
    what the emulator holds in place of the cloud."""
    for path in sorted(state.rglob("*")):
        place = path.relative_to(state)
        held = place.parts[0] in {"logs", "demo", "sms", "state", "s3", "tmp"} or place.parts[:2] == ("agent", "spool")
        if path.is_file() and not held:
            yield f"file {place}", path.read_bytes()


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


def plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def objects(ran: Ran, output: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    s3 = ran.cloud.session("root").client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=ran.cloud.outputs[output], Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"], s3.get_object(Bucket=ran.cloud.outputs[output], Key=entry["Key"])["Body"].read()


def test_logs_and_metrics_name_nobody(walked: Walked) -> None:
    """Logs are read by many and kept by others. Metrics are lines of the same logs.

    A UID leads to a patient in the hospital's PACS: the agent, which is inside, names studies by it; nobody else does.
    """
    lines = list(function_logs(walked.ran))
    assert {"ingest", "publish", "render", "notify", "edge-api", "patient-api"} <= {
        where.removeprefix("log of /aws/lambda/lightbox-local-") for where, _ in lines
    }
    assert any(b"CloudWatchMetrics" in content for _, content in lines)
    files = list(log_files(walked.ran))
    assert {"log file access.log", "log file agent.log", "log file gateway.log"} <= {where for where, _ in files}
    assert findings(walked.words, [*lines, *files]) == []
    outside = [(where, content) for where, content in files if where != "log file agent.log"]
    assert findings(walked.uids, [*lines, *outside]) == []


def test_what_stays_on_the_machine_names_nobody(walked: Walked) -> None:
    """Settings and counters are copied into tickets."""
    files = dict(kept_files(walked.ran.state))
    assert {"file demo.json", "file ports.json", "file agent/agent.yaml"} <= files.keys()
    assert findings(walked.words | walked.uids, files.items()) == []
    names = "\n".join(str(path.relative_to(walked.ran.state)) for path in walked.ran.state.rglob("*")).encode()
    assert findings(walked.words, [("names of files", names)]) == []


def test_an_sms_says_only_what_it_is_for(walked: Walked) -> None:
    """Others read over a shoulder: a link, and neither whose it is nor what is behind it."""
    messages = [(f"SMS {path.name}", path.read_bytes()) for path in (walked.ran.state / "sms").iterdir()]
    assert messages
    words = {what: word for what, word in walked.words.items() if what not in OF_THE_SMS}
    assert findings(words | walked.uids, messages) == []


def test_addresses_and_object_names_name_nobody(walked: Walked) -> None:
    """Names end up in histories, proxies and bills."""
    paths = [json.loads(line)["path"] for line in (walked.ran.state / "logs" / "access.log").read_text().splitlines()]
    assert any(path.startswith("/pixels/") for path in paths)
    assert not [path for path in paths if "?" in path]
    buckets = ("OriginalsBucket", "PixelsBucket", "DerivedBucket")
    names = [key for bucket in buckets for key, _ in objects(walked.ran, bucket)]
    assert names
    text = "\n".join([*paths, *names]).encode()
    assert findings(walked.words | walked.uids, [("names", text)]) == []


def test_manifests_carry_names_of_images_and_of_nobody(walked: Walked) -> None:
    """Every program that counts what arrived reads them."""
    manifests = list(objects(walked.ran, "OriginalsBucket", "manifests/"))
    assert manifests
    assert findings(walked.words, [(key, plain(content)) for key, content in manifests]) == []


def test_events_and_journal_carry_keys_and_never_names(walked: Walked) -> None:
    """Whoever listens to the bus, or reads the audit, learns what happened and to which key, not to whom."""

    def all_there() -> list[tuple[str, bytes]] | None:
        """the journal up to the notice"""
        entries = list(objects(walked.ran, "OriginalsBucket", "journal/"))
        types = {json.loads(content)["type"] for _, content in entries}
        return entries if {"exam_released", "notice_sent", "films_rendered", "link_issued"} <= types else None

    assert findings(walked.words, eventually(all_there, 180)) == []


def test_pixels_and_indexes_carry_no_identity(walked: Walked) -> None:
    """An anonymous guest may read every object of a series."""
    found = [(key, plain(content)) for key, content in objects(walked.ran, "PixelsBucket")]
    assert found
    assert findings(walked.words | walked.uids, found) == []


def test_queues_hold_nothing_private(walked: Walked) -> None:
    """Dead letters are looked at by people."""
    sqs = walked.ran.cloud.session("root").client("sqs")
    for output, url in walked.ran.cloud.outputs.items():
        if output.endswith("Url") and output != "ApiUrl":
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []):
                assert findings(walked.words, [(output, message["Body"].encode())]) == []


def test_the_search_finds_what_is_there(walked: Walked) -> None:
    """A search that finds nothing anywhere proves nothing: reports do hold the name, and an escaped one is found too."""
    found = findings(walked.words, objects(walked.ran, "OriginalsBucket", "reports/"))
    assert {what.partition(" in ")[0] for what in found} >= {"name", "patient id", "phone", "birth date", "finding"}
    name, code = walked.ran.images.facts.name, walked.ran.outcome.code
    for text in (json.dumps({"who": name}), quote(name), quote(name).lower(), f'{{"code": "{code}"}}'):
        assert findings(walked.words, [("here", text.encode())]), text
