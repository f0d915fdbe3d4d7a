"""Records `events/samples/`: one exam's whole course on a cloud in memory, as the functions themselves tell it.

    python -m tests.handlers.record_samples

Invented people, fixed keys and a clock that stands still. One sample of each event (in its envelope), message, manifest and edge
API body.
"""

from __future__ import annotations

import contextlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from functions.adapters import bills, schemas
from functions.adapters.sms.port import SmsRefused
from functions.adapters.table.changing import change
from functions.billing.closing import SETTLE
from functions.billing.counting import bill
from functions.core.access import agreements, links, tokens
from functions.core.access.agreements import Consent
from functions.core.access.links import Link
from functions.core.errors import ServiceBusy
from functions.core.retention.tiers import NEARLINE_AFTER_DAYS
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.receipts import Receipt
from functions.ingest.batch import PATIENCE_S, ingest
from functions.lifecycle.ending import settle
from functions.notify.notifying import Notifier, notify
from functions.render.handler import render
from iac.operator import hospitals
from iac.operator.__main__ import main
from tests.fakes import NOW, Fakes, sqs_event
from tests.handlers import ingest_world, staff_samples
from tests.handlers.streams import Stream
from tests.handlers.test_edge_api import Agent
from tests.handlers.test_notify import FakeProvider
from tests.handlers.uploads import TENANT, Slices, declare, report, upload

FOLDER = Path(__file__).resolve().parents[2] / "events" / "samples"
FINANCE = "staff:0123456789abcdef"
TIME = "2026-11-24T06:05:00Z"


class Recorder:
    """Lets things happen, and keeps the first of each kind of document that this made."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.deps = Fakes(table=self.stream.table())
        self.samples: dict[str, Any] = {}

    def keep(self, name: str, document: Any) -> None:
        self.samples.setdefault(name, document)

    def events(self) -> list[dict[str, Any]]:
        """What publish would tell of everything since the last call; each kind is kept."""
        from functions.adapters.table.dynamo import row_of_image

        told: list[dict[str, Any]] = []
        for record in self.stream.take()["Records"]:
            change = record["dynamodb"]
            told += changes.events(row_of_image(change.get("OldImage")), row_of_image(change.get("NewImage")), TIME)
        for event in told:
            self.keep(f"{event['type']}.v1", event)
        return told

    def operator(self, *arguments: str) -> Any:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["--json", *arguments], lambda: self.deps) == 0
        return json.loads(out.getvalue())

    def take(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        for message in messages:
            self.keep(f"ingest_message.v1.{message['kind']}" if message["kind"] != "manifest" else "ingest_message.v1", message)
        assert ingest(sqs_event(*map(json.dumps, messages)), self.deps) == {"batchItemFailures": []}
        return self.events()


def record() -> dict[str, Any]:
    """Sample name → document."""
    recorder = Recorder()
    _hospital_and_agent(recorder)
    _exam(recorder)
    _links(recorder)
    _consent(recorder)
    _what_goes_wrong(recorder)
    _bills(recorder)
    staff_samples.sign_in(recorder)
    staff_samples.operate(recorder)
    _retention(recorder)
    return recorder.samples


def _hospital_and_agent(recorder: Recorder) -> None:
    recorder.operator("hospital", "add", "--tenant", TENANT, "--name", "示例医院", "--phone", "010-00000000", "--hours", "8–17")
    recorder.operator("hospital", "set", "--tenant", TENANT, "--hours", "8–18")
    agent = Agent(recorder.deps)
    agent.private = ec.derive_private_key(20261124, ec.SECP256R1())
    code = agent.code("ABCD-EFGH-JKMN")
    recorder.keep("edge_enrolment_request.v1", {"code": code, "ae_title": "LIGHTBOX", "public_key": agent.public_key()})
    recorder.keep("edge_enrolment_answer.v1", agent.enrol(code)[1])
    token = agent.call("tokens", {})[1]
    agent.token = token["token"]
    recorder.keep("edge_token_request.v1", {})
    recorder.keep("edge_token_answer.v1", {**token, "token": "0123456789ABCDEFGHIJKLMNOPQRSTUV"})
    slices = Slices()
    uids = {"study_uid": slices.study_uid, "series_uid": slices.series_uid}
    sha256 = keys.sha256_hex("a parcel")
    asked: dict[str, tuple[str, dict[str, Any], str]] = {
        "grants": (
            "grants",
            {**uids, "objects": [{"kind": "low", "sha256": sha256, "bytes": 16000000}]},
            "edge_grants_answer.v1",
        ),
        "manifest": ("manifests", {"kind": "manifest", "sha256": sha256, **uids}, "edge_queued_answer.v1"),
        "report": ("reports", {"sha256": sha256}, "edge_queued_answer.v1"),
        "status": ("manifests/status", {"sha256": [sha256, "0" * 64]}, "edge_status_answer.v1"),
        "heartbeat": (
            "heartbeats",
            {"version": "1.0.0", "spool": {"objects": 12, "bytes": 6291456, "free_bytes": 2**40}, "parked": 0},
            "edge_heartbeat_answer.v1",
        ),
    }
    for name, (route, body, answer) in asked.items():
        recorder.keep(f"edge_{name}_request.v1", body)
        recorder.keep(answer, agent.call(route, body)[1])
    recorder.keep("error.v1", agent.call("grants", {}, authorization=None)[1])
    recorder.events()
    recorder.operator("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
    recorder.events()


def _exam(recorder: Recorder) -> None:
    deps, slices = recorder.deps, Slices(count=4, size=96)
    message, declared, text = upload(deps, slices), declare(deps, [(slices, 4)]), report(deps)
    for name, key in (
        ("manifest.v1", keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"])),
        ("declaration.v1", keys.declaration_object(TENANT, declared["study"], declared["sha256"])),
        ("report.v1", keys.report_object(TENANT, text["sha256"])),
    ):
        recorder.keep(name, json.loads(deps.vault.get("originals", key)))
    told = recorder.take(message, declared, text)
    recorder.keep("series_index.v1", ingest_world.index_of(deps, ingest_world.series_of(deps, slices)))
    for event in told:
        if event["type"] in ("series_indexed", "study_completed", "exam_released"):
            render(event, deps)
        bill(event, deps)
    recorder.events()
    recorder.take(declare(deps, [(slices, 4), (Slices(series=2), 3)], at="06:10:00"))
    (released,) = [event for event in told if event["type"] == "exam_released"]
    _notify(recorder, released, FakeProvider())
    recorder.events()


def _links(recorder: Recorder) -> None:
    deps = recorder.deps
    exam = deps.naming.exam(TENANT, accession_number="A1", study_uid="")
    row = deps.table.get(keys.exam_pk(TENANT, exam), "EXAM") or {}
    about = {"tenant": TENANT, "exam": exam, "patient": row["patient"], "channel": "sms", "serial": 1}
    token = tokens.link_token(deps.secrets.values().link_key, **about)
    pk = keys.link_pk(tokens.token_digest(token))
    for _ in range(links.MAX_TRIES):
        change(
            deps.table,
            pk,
            "LINK",
            lambda row: links.answered_wrong(links.take_try(Link.from_row(row or {}), int(NOW.timestamp()))).to_row(),
        )
    for action in ("unlock", "revoke"):
        recorder.operator("link", action, "--tenant", TENANT, "--accession-number", "A1")
    recorder.events()


def _consent(recorder: Recorder) -> None:
    text = dict.fromkeys(agreements.LANGUAGES, "# 用户协议")
    hospital = hospitals.set_agreement(recorder.deps, TENANT, text, forced=True)
    sha256 = hospital.agreement["sha256"]
    recorder.keep("agreement.v1", json.loads(recorder.deps.vault.get("originals", keys.agreement_object(TENANT, sha256))))
    patient = recorder.deps.naming.patient(TENANT, issuer="", patient_id="P1")
    exam = recorder.deps.naming.exam(TENANT, accession_number="A1", study_uid="")
    link = tokens.token_digest("sample")
    recorder.deps.table.put(Consent(TENANT, patient, exam, 1, sha256, True, "patient", link, TIME).to_row(), expect=None)
    recorder.events()


def _what_goes_wrong(recorder: Recorder) -> None:
    deps = recorder.deps
    recorder.take(upload(deps, Slices(number=9, count=1), source={"kind": "surprise"}))
    versions = (Slices(number=6, count=2), Slices(number=6, count=1, changes={"RescaleIntercept": 0}))
    recorder.take(*(upload(deps, one) for one in versions))
    recorder.take(report(deps, state="retracted", version=2))
    other = {"id": "P9", "issuer": "", "name": "李四", "phone": "13900000000"}
    images = upload(deps, Slices(number=8, count=1, accession_number="A9", patient_id="P9"))
    for event in recorder.take(images, report(deps, accession_number="A9", patient=other)):
        if event["type"] == "exam_released":
            _notify(recorder, event, FakeProvider(script=[SmsRefused(reason="number barred")]))
    recorder.operator("exam", "hide", "--tenant", TENANT, "--accession-number", "A9")
    recorder.events()
    _sent_again(recorder)


def _sent_again(recorder: Recorder) -> None:
    """A report whose PDF came too late is quarantined; confirmed once more it is indexed."""
    deps, pdf = recorder.deps, b"%PDF-"
    sha256 = keys.sha256_hex(pdf)
    late = report(deps, accession_number="A7", pdf={"sha256": sha256, "bytes": len(pdf)})
    deps.clock.advance(PATIENCE_S)
    recorder.take(late)
    deps.vault.put("originals", keys.report_object(TENANT, sha256), pdf, content_type="application/pdf")
    change(
        deps.table,
        *Receipt(TENANT, "report", late["sha256"]).key(),
        lambda row: {**row, "state": "queued", "reason": ""} if row else None,
    )
    recorder.take(late)


def _bills(recorder: Recorder) -> None:
    """A price, a correction, and the statement after the month's end."""
    deps = recorder.deps
    hospital = Hospital.from_row(deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL") or {})
    exam = deps.naming.exam(TENANT, accession_number="A1", study_uid="")
    bills.set_price(deps.table, TENANT, "2026-11", "3.50", by=FINANCE, now=deps.clock.now())
    said = {"reason": "患者重复登记", "by": FINANCE, "now": deps.clock.now()}
    bills.correct(deps.table, hospital, "2026-11", exam, amount=None, **said)
    recorder.events()
    deps.clock.advance((datetime(2026, 12, 2, 1, 0, tzinfo=UTC) - deps.clock.now()).total_seconds())
    bills.order_statement(deps.table, hospital, "2026-11", by=FINANCE, now=deps.clock.now())
    deps.clock.advance(SETTLE.total_seconds())
    for event in recorder.events():
        bill(event, deps)
    recorder.events()


def _retention(recorder: Recorder) -> None:
    """A hold and its end, other storage, a warning, and fifteen years later the end of the study and of its exam."""
    deps, study = recorder.deps, recorder.deps.naming.study(TENANT, Slices().study_uid)
    for action in ("hold", "unhold"):
        recorder.operator("study", action, "--tenant", TENANT, "--study", study, "--reason", "医疗纠纷")
    recorder.events()
    recorder.operator("hospital", "set", "--tenant", TENANT, "--retention", "CT=15", "default=10")
    deps.clock.advance(NEARLINE_AFTER_DAYS * 24 * 3600)
    settle({"tenant": TENANT, "study": study}, deps)
    recorder.events()
    ended = [{"tenant": TENANT, "study": deps.naming.study(TENANT, Slices(number=number).study_uid)} for number in (1, 6)]
    for day in (datetime(2041, 11, 1, tzinfo=UTC), datetime(2041, 11, 26, tzinfo=UTC), datetime(2041, 11, 27, tzinfo=UTC)):
        deps.clock.advance((day - deps.clock.now()).total_seconds())
        for message in ended:
            with contextlib.suppress(ServiceBusy):
                settle(message, deps)
    recorder.events()


def _notify(recorder: Recorder, released: dict[str, Any], provider: FakeProvider) -> None:
    message = {"detail-type": "exam_released", "detail": released}
    notify(message, Notifier(recorder.deps, provider, pause=lambda _: None))


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in record().items():
        event = document.get("body") if isinstance(document, dict) and "replayed" in document else None
        if event is not None:
            schemas.check(document, "event.v1")
        schemas.check(document if event is None else event, ".".join(name.split(".")[:2]))
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
