"""Each role against the calls of a whole exam: nothing that it may do is unused, nothing that it does is missing [PLUS-11].

The local cloud enforces the policies (`AUTH=true`) and records what every role asked for; the judge in iam.py looks at the same
calls a second time, so that neither's mistake goes unseen.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from functions.adapters import agents, quarantine
from functions.adapters.links import standing_link
from functions.adapters.wiring import Production
from functions.core.access.agreements import Consent
from functions.core.billing.records import Statement
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.notice.records import EXAM, Binding, Bound, Due
from functions.core.retention.policy import DEFAULT_YEARS, WARNED_BEFORE_DAYS
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.event import event
from functions.core.study.hospitals import Hospital
from functions.core.study.receipts import Receipt
from functions.core.times import epoch_s
from iac.local import tiers
from iac.local.cloud import LocalCloud
from iac.local.demo.hospital import TENANT as DEMO
from iac.local.demo.phone import WECHAT_APP
from iac.operator import exams, hospitals
from tests.cloud import eventually, new_tenant
from tests.cloud_fixtures import Ran
from tests.e2e.patient_client import PatientClient
from tests.e2e.staff_client import StaffClient, signed_in
from tests.handlers import aging, uploads
from tests.handlers.http_agent import HttpAgent, packed, send
from tests.handlers.operator_deps import operator_deps
from tests.security.iam import Call, Excuse, Right, allows, deployed, recorded, rights, unused, with_keys
from tests.security.lending import lent, refused

pytestmark = [pytest.mark.cloud, pytest.mark.req("PLUS-11")]

LAMBDA_ITSELF = "Lambda calls it in the function's name, outside of it; the emulator hands records over by itself"
EXCUSES = [
    Excuse("*", "logs:*", "*", "*", LAMBDA_ITSELF),
    Excuse("*", "xray:*", "*", "*", "traces are off here, as where the region lacks X-Ray"),
    Excuse("*", "sqs:ReceiveMessage", "*Queue*", "*", LAMBDA_ITSELF),
    Excuse("*", "sqs:DeleteMessage", "*Queue*", "*", LAMBDA_ITSELF),
    Excuse("*", "sqs:GetQueueAttributes", "*Queue*", "*", LAMBDA_ITSELF),
    Excuse("PublishRole", "dynamodb:*", "*", "*", LAMBDA_ITSELF),
    Excuse("PublishRole", "kms:Decrypt", "*", "dynamodb.*", "Lambda reads the stream of a table that has a key of its own"),
    Excuse(
        "IngestRole",
        "dynamodb:DeleteItem",
        "*",
        "TENANT#*#STUDY#*",
        "a series too large: test_ingest_quarantine.py",
    ),
    Excuse("IngestRole", "s3:ListBucket", "*-originals-*", "*", "S3 says 404, not 403, of a document confirmed too early"),
]


@pytest.fixture(scope="module")
def cloud(journey: Ran) -> LocalCloud:
    """Where the demo's exam went its whole way, and a patient looked at all of it; besides, what goes less straight."""
    patient = PatientClient(journey.outcome.link.split("/e#")[0])
    assert patient.api("POST", "links/open", {"token": "x" * 27}).json()["code"] == "link_unknown"
    patient.sign_in(journey.outcome.link, journey.outcome.phone_tail)
    exam = patient.exam()
    assert patient.api("GET", "report").status_code == 200
    for study in exam["studies"]:
        assert patient.api("POST", "derived/open", {"study": study["study"]}).status_code == 200
        patient.series_index(study["series"][0]["series"])
    by_wechat(patient)
    share(patient)
    agree(journey.cloud, patient)
    assert patient.api("DELETE", "sessions").status_code == 204
    for deps in operator_deps(journey.cloud):
        detours(journey.cloud, deps)
    return journey.cloud


def by_wechat(patient: PatientClient) -> None:
    """The patient binds a WeChat account, comes by it from the hospital's menu, and ends that."""
    for query in ("", f"?hospital={DEMO}"):
        asked = patient.ask("GET", f"/api/patient/v1/wechat/start{query}")
        assert asked.status_code == 302, asked.text
        came = urlsplit(httpx.get(asked.headers["location"]).headers["location"])  # WeChat's page sends the browser back
        answer = patient.ask("GET", f"{came.path}?{came.query}")
        assert answer.headers["location"] == "/e#/", answer.text
        assert patient.api("GET", "wechat").json() == {"offered": True, "bound": True}
    assert patient.api("DELETE", "wechat").status_code == 204


def share(patient: PatientClient) -> None:
    """The patient gives the exam to somebody with a pass code, sees who looked, and takes it back."""
    whole = {"lasts_s": 3600, "series": None, "report": True, "film": True, "anonymous": False, "code": "", "limit": 3}
    made = patient.api("POST", "shares", whole)
    assert made.status_code == 201, made.text
    guest = PatientClient(patient.origin)
    token = {"token": made.json()["share"]["link"].partition("#t=")[2]}
    door, way = "/api/guest/v1/links/open", "/api/guest/v1/sessions"
    assert guest.ask("POST", door, json_body=token).json()["state"] == "code"
    assert guest.ask("POST", way, json_body=token).status_code == 403
    assert guest.ask("POST", way, json_body={**token, "code": made.json()["code"]}).status_code == 201
    assert guest.ask("GET", "/api/guest/v1/exam").status_code == 200
    assert patient.api("GET", "shares").json()["shares"][0]["used"] == 1
    assert len(patient.api("GET", "openings").json()["openings"]) >= 2
    serial = made.json()["share"]["serial"]  # the journey is shared: another test may have made the first
    assert patient.api("POST", f"shares/{serial}/revoke").json()["share"]["state"] == "revoked"
    assert guest.ask("GET", "/api/guest/v1/exam").status_code == 410
    assert guest.ask("DELETE", way, json_body={}).status_code == 204


def agree(cloud: LocalCloud, patient: PatientClient) -> None:
    """The hospital's agreement is set, read and agreed to. Not forced: whoever looks at the demo's exam later is not asked."""
    for deps in operator_deps(cloud):
        texts = {"zh-CN": "# 用户协议", "en": "# User agreement"}
        version = hospitals.set_agreement(deps, DEMO, texts, forced=False).agreement["version"]
        assert patient.api("GET", "agreement").json()["version"] == version
        assert patient.api("POST", "consents", {"version": version}).status_code == 201


def detours(cloud: LocalCloud, deps: Production) -> None:
    """What a function needs its other rights for: a study that a report puts into another exam, a manifest that cannot be right,
    one that comes before its parcels, a message and a row that nobody understands."""
    tenant = new_tenant()
    hospitals.add(deps, Hospital(tenant=tenant, name="协和医院", phone="010-12345678"))
    agent = HttpAgent(cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    enrolled, agent.key = agent.key, "unknown"
    assert agent.call("tokens", {}).json()["code"] == "key_unknown"
    agent.key = enrolled
    plain, poison, early = (uploads.Slices(n, count=1, accession_number=name) for n, name in enumerate(("", "A2", "A3"), 1))
    (sent,) = send(agent, packed(deps, tenant, lambda f, t: uploads.upload(f, plain, t)), tenant, plain)
    eventually(lambda: state_of(agent, sent) == "indexed", 120)
    nobody = {"id": "P1", "issuer": ""}  # without a phone no SMS goes out
    listing = {"accession_number": "A9", "study_uids": [plain.study_uid], "patient": nobody}
    send(agent, packed(deps, tenant, lambda f, t: uploads.report(f, t, **listing)), tenant, plain)
    send(agent, packed(deps, tenant, lambda f, t: uploads.upload(f, poison, t, series_uid="9.9.9")), tenant, poison)
    eventually(lambda: list(quarantine.waiting(deps, tenant)), 120)

    register(cloud, deps, tenant, agent)

    # a month that was ordered long ago; billing's clock rings every hour only
    deps.table.put(Statement(tenant, "2026-10", "4.00", "2026-11-02T00:00:00Z", "billing").to_row(), expect=None)
    function = f"{cloud.outputs['TableName']}-billing"
    assert "FunctionError" not in cloud.session("root").client("lambda").invoke(FunctionName=function, Payload="{}")

    pay(cloud, deps, DEMO)
    operate(cloud, deps, tenant)
    let_end(cloud, deps, tenant, agent)
    consult(cloud, deps, tenant)

    late = packed(deps, tenant, lambda f, t: uploads.upload(f, early, t))
    parcels = {place: stored for place, stored in late.vault._objects.items() if place[0] == "pixels"}
    for place in parcels:
        del late.vault._objects[place]
    send(agent, late, tenant, early)
    eventually(lambda: asked(cloud, "IngestRole", "sqs:ChangeMessageVisibility"), 60)
    late.vault._objects = parcels
    send(agent, late, tenant, early)

    root, sqs = cloud.session("root"), cloud.session("root").client("sqs")
    row = {"pk": {"S": f"TENANT#{tenant}#EXAM#torn"}, "sk": {"S": "EXAM"}, "kind": {"S": "exam"}, "version": {"N": "1"}}
    root.client("dynamodb").put_item(TableName=cloud.outputs["TableName"], Item=row)
    for name in ("Lake", "Render", "Notify", "Billing"):
        url = cloud.outputs[f"{name}QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        eventually(lambda role=f"{name}Role": asked(cloud, role, "sqs:ChangeMessageVisibility"), 60)  # type: ignore[misc]
        sqs.purge_queue(QueueUrl=url)
    eventually(lambda: asked(cloud, "PublishRole", "sqs:SendMessage"), 60)
    eventually(lambda: asked(cloud, "IngestRole", "dynamodb:DeleteItem"), 120)


def consult(cloud: LocalCloud, deps: Production, tenant: str) -> None:
    """What a doctor does with an exam, and what the lake's clock, which rings every half hour, does with its lines."""
    exam = deps.naming.exam(tenant, accession_number="A9", study_uid="")
    doctor = signed_in(cloud.origin, deps, tenant, "doctor")
    eventually(lambda: doctor.call("GET", "studies?state=released").json()["total"] == 1, 120)
    month = ring_the_lakes_clock(cloud, deps, tenant)
    assert doctor.call("GET", "studies").json()["total"] >= 1  # from the file
    for _ in range(2):  # the second reads a file that nobody has fetched yet
        name = keys.sha256_hex(tenant)[:32].translate(str.maketrans("0189", "abcd"))
        row = deps.table.get(*StudyLine(tenant, name, month).key())
        line = StudyLine(tenant, name, month, gone=True).to_row()
        deps.table.put(line, expect=row["version"] if row else None)
        ring_the_lakes_clock(cloud, deps, tenant)
    seen = doctor.call("GET", f"exams/{exam}").json()
    place = f"exams/{exam}/series/{seen['studies'][0]['series'][0]['series']}"
    assert doctor.call("GET", f"exams/{exam}/report").status_code == 200
    assert doctor.call("GET", f"exams/{exam}/shares").status_code == 200
    for action in ("hide", "show"):
        assert doctor.call("POST", f"{place}/{action}", {"reason": "x"}).status_code == 200
    link_key, patient = deps.secrets.values().link_key, (deps.table.get(keys.exam_pk(tenant, exam), "EXAM") or {})["patient"]
    about = {"tenant": tenant, "exam": exam, "patient": patient, "channel": "paper", "now": epoch_s(deps.clock.now())}
    token, _ = standing_link(deps.table, link_key, **about)
    wrong = {"token": token, "mode": "phone_tail", "answer": "0000"}
    assert PatientClient(cloud.origin).api("POST", "sessions", wrong).json()["code"] == "answer_wrong"
    assert doctor.call("POST", f"exams/{exam}/patient", {"phone": "13800001234", "reason": "x"}).status_code == 200
    recall(cloud, deps, tenant, seen["studies"][0], {**wrong, "answer": "1234"})


def recall(cloud: LocalCloud, deps: Production, tenant: str, study: dict[str, Any], entry: dict[str, Any]) -> None:
    """Three years later it lies in the archive, and its patient opens it."""
    name, series = study["study"], study["series"][0]["series"]
    hospitals.amend(deps, tenant, archive_after_years=3)
    aging.is_years_old(deps, tenant, name, 3)
    aging.next_night(cloud, deps)
    eventually(lambda: aging.study(deps, tenant, name).tier == "offline", 60)
    assert tiers.pass_night(cloud.session("root"), cloud.outputs) >= 1
    patient = PatientClient(cloud.origin)
    assert patient.api("POST", "sessions", entry).status_code == 201
    assert patient.api("POST", f"series/{series}/open").json()["tier"] == "offline"
    eventually(lambda: patient.api("POST", f"series/{series}/open").json()["tier"] == "online", 60)


def ring_the_lakes_clock(cloud: LocalCloud, deps: Production, tenant: str) -> str:
    """A month that has a file afterwards. An old file of another is there to be removed."""
    month = LakeMonth(tenant, "2020-01", before=[{"file": "0" * 64, "at": "2020-01-01T00:00:00Z"}])
    if deps.table.get(*month.key()) is None:
        deps.table.put(month.to_row(), expect=None)
        bucket, key = cloud.outputs["OriginalsBucket"], keys.lake_file(tenant, month.month, "0" * 64)
        cloud.session("root").client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    function = f"{cloud.outputs['TableName']}-lake"
    assert "FunctionError" not in cloud.session("root").client("lambda").invoke(FunctionName=function, Payload="{}")
    found = [row["month"] for row in deps.table.rows(keys.lake_pk(tenant), "MONTH#") if row["file"]]
    assert found
    return str(found[0])


def register(cloud: LocalCloud, deps: Production, tenant: str, agent: HttpAgent) -> None:
    """An exam is registered, its patient told by WeChat; then the time comes that another and a notice were to wait for."""
    patient = deps.naming.patient(tenant, issuer="", patient_id="R1")
    binding = Binding(tenant, patient, keys.sha256_hex(f"{tenant}/wechat"), WECHAT_APP, "o-demo", 1)
    deps.table.put(binding.to_row(), expect=None)
    person = {"id": "R1", "issuer": "", "phone": "13800009999"}
    order = packed(deps, tenant, lambda f, t: uploads.registration(f, t, patient=person, accession_number="R1"))
    (sha256,) = send(agent, order, tenant, uploads.Slices())
    told = lambda: agent.call("registrations/status", {"sha256": [sha256]}).json()["states"][sha256]["state"]  # noqa: E731
    eventually(lambda: told() == "indexed", 60)
    exam = deps.naming.exam(tenant, accession_number="R1", study_uid="")
    eventually(
        lambda: [one["channel"] for one in deps.table.rows(keys.exam_pk(tenant, exam), "NOTICE#") if one["state"] == "sent"]
    )

    late = event("exam_released", tenant, f"exam/{exam}", "0", "2026-11-24T06:05:00Z", {"exam": exam, "serial": 0})
    for due in (Due(tenant, exam, EXAM, "2026-11-24T06:05:00Z"), Due(tenant, exam, late["id"], "2026-11-24T06:05:00Z", late)):
        deps.table.put(due.to_row(), expect=None)
    function = f"{cloud.outputs['TableName']}-watch"  # its own clock rings every minute only
    assert "FunctionError" not in cloud.session("root").client("lambda").invoke(FunctionName=function)
    assert list(deps.table.rows(keys.exam_pk(tenant, exam), "DUE#")) == []


def operate(cloud: LocalCloud, deps: Production, tenant: str) -> None:
    """What an operator of the platform does with a hospital where something waits."""
    stranger = StaffClient(cloud.origin)
    asked = {"hospital": "nowhere", "account": "nobody", "password": "x"}
    assert stranger.call("POST", "sessions", asked).json()["code"] == "sign_in_wrong"
    operator = signed_in(cloud.origin, deps, tenant, "operator", platform=True)
    assert operator.call("GET", "bills").json()["code"] == "right_missing"
    code = operator.call("POST", "agents/codes", {"ae_title": "OLDBOX"}).json()["code"]
    HttpAgent(cloud, tenant, code, "OLDBOX")
    old = next(one for one in operator.call("GET", "agents").json()["agents"] if one["ae_title"] == "OLDBOX")
    assert operator.call("POST", f"agents/{old['agent']}/revoke", {"reason": "x"}).status_code == 200
    for subject in (
        "manifest",
        "report",
        "registration",
    ):  # confirmed and never stored: such a thing waits after ten minutes only
        name = keys.sha256_hex(f"{tenant}/{subject}")
        study = keys.sha256_hex("x")[:32].translate(str.maketrans("01289", "abcde"))
        receipt = Receipt(tenant, subject, name, "quarantined", "object_missing", study=study, series=study, agent="a")
        for row in (
            receipt.to_row(),
            QuarantineEntry(tenant, subject, name, "object_missing", at="2026-11-24T06:05:00Z").to_row(),
        ):
            deps.table.put(row, expect=None)
        assert operator.call("POST", f"quarantine/{subject}/{name}/retry", {}).status_code == 202
        assert operator.call("POST", f"quarantine/{subject}/{name}/settle", {"note": "x"}).status_code == 200
    root = cloud.session("root").client("sqs")
    for queue in operator.call("GET", "queues").json()["queues"]:
        name = queue["name"].title()
        if queue["may_redrive"]:
            root.send_message(QueueUrl=cloud.outputs[f"{name}DeadUrl"], MessageBody="{}")
            assert operator.call("POST", f"queues/{queue['name']}/redrive", {}).json()["moved"] >= 1
            root.purge_queue(QueueUrl=cloud.outputs[f"{name}QueueUrl"])
    assert operator.call("GET", "alarms").status_code == 200
    assert operator.call("DELETE", "sessions").status_code == 204


def let_end(cloud: LocalCloud, deps: Production, tenant: str, agent: HttpAgent) -> None:
    """A study whose retention ends: warned of, closed, removed, and with it the only exam of its patient."""
    old = uploads.Slices(4, count=1, accession_number="A4", patient_id="P4")
    said = {"accession_number": "A4", "patient": {"id": "P4", "issuer": ""}}
    order = lambda f, t: uploads.registration(f, t, **said)  # noqa: E731
    made = packed(deps, tenant, order, lambda f, t: uploads.upload(f, old, t), lambda f, t: uploads.report(f, t, **said))
    send(agent, made, tenant, old)
    name = deps.naming.study(tenant, old.study_uid)
    patient = deps.naming.patient(tenant, issuer="", patient_id="P4")
    eventually(lambda: (deps.table.get(keys.study_pk(tenant, name), "STUDY") or {}).get("films"), 120)
    exam = aging.study(deps, tenant, name).exam
    eventually(lambda: exams.find(deps, tenant, exam).release == "released", 60)
    aging.ends_in(deps, tenant, name, WARNED_BEFORE_DAYS[0] - 1)
    aging.next_night(cloud, deps)
    eventually(lambda: aging.study(deps, tenant, name).warned, 60)
    hospitals.amend(deps, tenant, retention={"default": DEFAULT_YEARS})  # another policy, though of as many years
    binding = Binding(tenant, patient, keys.sha256_hex(f"{tenant}/ended"), WECHAT_APP, "o-ended", 1)
    consent = Consent(tenant, patient, exam, 1, "a" * 64, False, "patient", "b" * 64, "2026-11-24T06:00:00Z")
    for record in (binding, Bound(tenant, patient, binding.wechat), consent):
        deps.table.put(record.to_row(), expect=None)
    aging.ends_in(deps, tenant, name, aging.OVER_DAYS)
    aging.next_night(cloud, deps)
    eventually(lambda: exams.find(deps, tenant, exam).release == "hidden", 60)
    aging.signatures_ended(deps, tenant, name)
    aging.next_night(cloud, deps)
    eventually(lambda: exams.find(deps, tenant, exam).removed, 60)
    assert not list(deps.table.rows(binding.key()[0]))
    late = packed(deps, tenant, order)
    (digest,) = send(agent, late, tenant, old)
    asked_for = {"Bucket": cloud.outputs["OriginalsBucket"], "Prefix": keys.registration_object(tenant, digest)}
    eventually(lambda: "Versions" not in cloud.session("root").client("s3").list_object_versions(**asked_for), 60)


def pay(cloud: LocalCloud, deps: Production, tenant: str) -> None:
    """What finance does with the bill of a hospital that has a case."""
    finance = signed_in(cloud.origin, deps, tenant, "finance", account="ledger")
    month = eventually(lambda: [one for one in finance.call("GET", "bills").json()["months"] if one["count"]], 60)[0]["month"]
    (line, *_) = finance.call("GET", f"bills/{month}").json()["lines"]
    asked = {"exam": line["exam"], "amount": "-1.00", "reason": "x"}
    assert finance.call("POST", f"bills/{month}/corrections", asked).status_code == 201
    assert finance.call("POST", "prices", {"from_month": month, "price": "3.50"}).status_code == 200
    deps.table.put(Statement(tenant, "2026-09", "4.00", "2026-10-02T00:00:00Z", "billing").to_row(), expect=None)
    eventually(lambda: finance.call("GET", "bills/2026-09/file?format=csv").status_code == 200, 60)
    assert finance.call("DELETE", "sessions").status_code == 204


def state_of(agent: HttpAgent, sha256: str) -> str:
    return str(agent.call("manifests/status", {"sha256": [sha256]}).json()["states"][sha256]["state"])


def asked(cloud: LocalCloud, role: str, action: str) -> list[Call]:
    return [call for call in recorded(cloud) if (call.role, call.action) == (role, action)]


def all_rights(cloud: LocalCloud) -> list[Right]:
    return [right for role, documents in deployed(cloud).items() for document in documents for right in rights(role, document)]


def test_nothing_that_a_function_did_was_refused(cloud: LocalCloud) -> None:
    """By the emulator, which enforces the deployed policies, nor by the second judge."""
    calls = recorded(cloud)
    assert {call.role for call in calls} == set(deployed(cloud))
    assert [call for call in calls if not call.allowed] == []
    every = all_rights(cloud)
    assert [call for call in with_keys(calls, cloud) if not any(right.covers(call) for right in every)] == []


def test_every_right_was_used(cloud: LocalCloud) -> None:
    """What nobody needs is there for a thief only."""
    assert unused(all_rights(cloud), with_keys(recorded(cloud), cloud), EXCUSES) == []


def test_every_excuse_is_of_use(cloud: LocalCloud) -> None:
    """One that no right needs would excuse the next that nobody uses."""
    every = all_rights(cloud)
    assert [excuse for excuse in EXCUSES if not any(excuse.excuses(right) for right in every)] == []


def without(documents: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    """The policies less one action."""
    kept = []
    for document in documents:
        statements = [{**one, "Action": [name for name in one["Action"] if name != action]} for one in document["Statement"]]
        kept.append({**document, "Statement": [one for one in statements if one["Action"]]})
    return kept


def test_the_local_cloud_refuses_what_a_policy_leaves_out(cloud: LocalCloud) -> None:
    """Otherwise the tests above would prove nothing: an action, a folder, a row."""
    policies = deployed(cloud)["PatientApiRole"]
    table, bucket = cloud.outputs["TableName"], cloud.outputs["OriginalsBucket"]
    for key in ("reports/t-probe/a", "journal/t-probe/a"):
        cloud.session("root").client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    session = {"pk": {"S": "SESSION#probe"}, "sk": {"S": "SESSION"}}
    token = {"pk": {"S": "TOKEN#probe"}, "sk": {"S": "TOKEN"}}
    with lent(cloud, policies) as mine:
        mine.client("dynamodb").get_item(TableName=table, Key=session)
        mine.client("s3").get_object(Bucket=bucket, Key="reports/t-probe/a")
        assert refused(lambda: mine.client("dynamodb").get_item(TableName=table, Key=token))
        assert refused(lambda: mine.client("dynamodb").put_item(TableName=table, Item={**token, "version": {"N": "1"}}))
        assert refused(lambda: mine.client("dynamodb").scan(TableName=table))
        assert refused(lambda: mine.client("s3").get_object(Bucket=bucket, Key="journal/t-probe/a"))
    with lent(cloud, without(policies, "dynamodb:GetItem")) as mine:
        assert refused(lambda: mine.client("dynamodb").get_item(TableName=table, Key=session))
        mine.client("s3").get_object(Bucket=bucket, Key="reports/t-probe/a")


@pytest.mark.parametrize("role", ["PatientApiRole", "RenderRole", "NotifyRole", "BillingRole", "IngestRole", "PublishRole"])
def test_only_the_agents_api_touches_what_agents_sign_in_with(cloud: LocalCloud, role: str) -> None:
    """A function that is broken into makes no agent and no token; the record of sessions is the patients' API's alone."""
    documents = deployed(cloud)[role]
    table = f"arn:aws:dynamodb:us-east-1:000000000000:table/{cloud.outputs['TableName']}"
    for row in ("KEY#1", "TOKEN#1", "ENROLMENT#1", "NONCE#1#2", *(["SESSION#1"] if role != "PatientApiRole" else [])):
        for verb in ("GetItem", "PutItem", "DeleteItem", "Query"):
            assert not any(allows(document, Call(role, f"dynamodb:{verb}", table, row)) for document in documents), (verb, row)
