"""The patient's way on the local cloud: the SMS on the phone, the link, the answer, the exam, pixels, film and report."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from functions.adapters import agents
from functions.adapters.wiring import Production
from functions.core.study.hospitals import Hospital
from iac.local.cloud import LocalCloud
from iac.local.demo.phone import Phone
from iac.operator import exams, hospitals
from tests.cloud import eventually, new_tenant
from tests.handlers import uploads
from tests.handlers.operator_deps import operator_deps
from tests.handlers.test_ingest_cloud import HttpAgent, packed, send

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

FIRST, SECOND = "13800001234", "13900005678"


@dataclass
class Patient:
    """A browser as far as cookies go: each with its path, Secure ones over loopback too (as Chromium does)."""

    origin: str
    jar: dict[str, tuple[str, str]] = field(default_factory=dict)

    def call(self, method: str, route: str, body: Any = None) -> httpx.Response:
        headers = {"Origin": self.origin, "Content-Type": "application/json"} if method != "GET" else {}
        answer = httpx.request(
            method,
            f"{self.origin}/api/patient/v1{route}",
            content=None if body is None else json.dumps(body),
            headers={**headers, **self._cookies("/")},
            timeout=30,
        )
        self._keep(answer)
        return answer

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.origin}{path}", headers=self._cookies(path), timeout=30)

    def _cookies(self, path: str) -> dict[str, str]:
        sent = "; ".join(f"{key.split('@')[0]}={value}" for key, (value, place) in self.jar.items() if path.startswith(place))
        return {"Cookie": sent} if sent else {}

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            pair, *attributes = line.split("; ")
            name, _, value = pair.partition("=")
            path = next(one.removeprefix("Path=") for one in attributes if one.startswith("Path="))
            self.jar[f"{name}@{path}"] = (value, path)


@dataclass
class Stage:
    """A cloud of its own, with a phone: two exams of two people in one hospital."""

    cloud: LocalCloud
    phone: Phone
    deps: Production
    tenant: str


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("patient")
    phone = Phone(folder, folder)
    try:
        with LocalCloud.start(folder, sms=phone.provider) as cloud:
            for deps in operator_deps(cloud):
                tenant = new_tenant()
                hospitals.add(deps, Hospital(tenant=tenant, name="示例医院", phone="010-12345678", notice={"between_s": 0}))
                agent = HttpAgent(cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
                for number, number_called in ((1, FIRST), (2, SECOND)):
                    _deliver(agent, deps, tenant, number, number_called)
                yield Stage(cloud, phone, deps, tenant)
    finally:
        phone.stop()


def _deliver(agent: HttpAgent, deps: Production, tenant: str, number: int, phone: str) -> None:
    slices = uploads.Slices(number=number, count=6, patient_id=f"P{number}", accession_number=f"A{number}")
    patient = {"id": f"P{number}", "issuer": "", "name": "欧阳娜娜", "sex": "F", "birth_date": "1980-01-02", "phone": phone}
    fakes = packed(
        deps,
        tenant,
        lambda f, t: uploads.upload(f, slices, t),
        lambda f, t: uploads.declare(f, [(slices, 6)], t),
        lambda f, t: uploads.report(f, t, patient=patient, accession_number=f"A{number}"),
    )
    send(agent, fakes, tenant, slices)


def sms_to(stage: Stage, phone: str) -> list[str]:
    return [message["text"] for message in stage.phone.messages() if message["phone"] == phone]


def token_of(stage: Stage, phone: str) -> str:
    def arrived() -> str | None:
        """an SMS on the phone"""
        return next((found[1] for text in sms_to(stage, phone) if (found := re.search(r"/e#t=(\w+) ", text))), None)

    return eventually(arrived, 150)


def inside(stage: Stage, phone: str) -> Patient:
    patient = Patient(stage.cloud.origin)
    token = token_of(stage, phone)
    opened = patient.call("POST", "/links/open", {"token": token})
    assert opened.status_code == 200, opened.text
    entered = patient.call("POST", "/sessions", {"token": token, "mode": "phone_tail", "answer": phone[-4:]})
    assert entered.status_code == 201, entered.text
    return patient


def rendered(patient: Patient) -> dict[str, Any]:
    def ready() -> dict[str, Any] | None:
        """films, thumbnails and the report's PDF"""
        exam: dict[str, Any] = patient.call("GET", "/exam").json()
        report = patient.call("GET", "/report").json()
        series = [one for study in exam["studies"] for one in study["series"]]
        return exam if exam["films"] and report.get("pdf") and all(one["thumbnail"] for one in series) else None

    return eventually(ready, 200)


@pytest.mark.req("PAT-01", "NTF-02", "EDGE-07", "ING-02")
def test_the_sms_leads_to_report_film_and_images(stage: Stage) -> None:
    patient = inside(stage, FIRST)
    exam = rendered(patient)
    assert exam["state"] == "published"
    assert exam["patient"]["name"] == "欧阳*"
    study = exam["studies"][0]
    series = study["series"][0]
    opened = patient.call("POST", f"/series/{series['series']}/open", {}).json()
    index = patient.get(opened["base"] + opened["index"])
    assert index.status_code == 200
    assert len(json.loads(gzip.decompress(index.content))["columns"]["frame"]) == 6
    thumbnail = patient.get(opened["base"] + series["thumbnail"])
    assert Image.open(io.BytesIO(thumbnail.content)).width == 256
    derived = patient.call("POST", "/derived/open", {"study": study["study"]}).json()
    film = exam["films"][0]
    page = Image.open(io.BytesIO(patient.get(derived["base"] + film["pages"][0]).content))
    assert page.size == (film["width"], film["height"])
    assert patient.get(derived["base"] + film["pdf"]).content.startswith(b"%PDF")
    report = patient.call("GET", "/report").json()
    assert report["findings"] == "两肺纹理清晰。"
    assert patient.get(report["pdf"]).content.startswith(b"%PDF")
    (code,) = zxingcpp.read_barcodes(page)
    paper = code.text.partition("#t=")[2]
    assert code.text.startswith(stage.cloud.origin)
    assert Patient(stage.cloud.origin).call("POST", "/links/open", {"token": paper}).status_code == 200


@pytest.mark.req("SEC-04", "PAT-01")
def test_one_patients_cookies_open_nothing_of_the_other(stage: Stage) -> None:
    first, second = inside(stage, FIRST), inside(stage, SECOND)
    names = {}
    for key, patient in (("first", first), ("second", second)):
        exam = rendered(patient)
        study = exam["studies"][0]
        opened = patient.call("POST", f"/series/{study['series'][0]['series']}/open", {}).json()
        derived = patient.call("POST", "/derived/open", {"study": study["study"]}).json()
        names[key] = [opened["base"] + opened["index"], derived["base"] + exam["films"][0]["pdf"]]
    for path in names["second"]:
        assert second.get(path).status_code == 200
        stolen = {key.split("@")[0]: value for key, (value, _) in first.jar.items()}
        cookie = "; ".join(f"{name}={value}" for name, value in stolen.items())
        assert httpx.get(stage.cloud.origin + path, headers={"Cookie": cookie}).status_code == 403
        assert httpx.get(stage.cloud.origin + path).status_code == 403


@pytest.mark.req("NTF-05")
def test_the_same_event_again_sends_no_second_sms(stage: Stage) -> None:
    token_of(stage, FIRST)
    events = [json.loads(body["Body"].read()) for body in _journal(stage)]
    (released, *_) = [event for event in events if event["type"] == "exam_released"]
    bus = stage.cloud.session("root").client("events")
    entry = {"EventBusName": stage.cloud.outputs["BusName"], "Source": "lightbox", "DetailType": "exam_released"}
    before = len(stage.phone.messages())
    for _ in range(3):
        assert bus.put_events(Entries=[{**entry, "Detail": json.dumps(released)}])["FailedEntryCount"] == 0
    queue = stage.cloud.session("root").client("sqs")
    url = stage.cloud.outputs["NotifyQueueUrl"]

    def drained() -> bool:
        """the notify queue empty"""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return set(queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()) == {"0"}

    eventually(drained, 60)
    assert len(stage.phone.messages()) == before


def test_a_revoked_link_gives_way_to_a_new_sms_with_a_link_that_opens(stage: Stage) -> None:
    """What an operator does when somebody else has the link; the journal knows who did it."""
    old, before = token_of(stage, SECOND), len(sms_to(stage, SECOND))
    exam = exams.exam_name(stage.deps, stage.tenant, accession_number="A2")
    exams.revoke_link(stage.deps, exams.find_link(stage.deps, stage.tenant, exam, "sms", 1))
    exams.tell_again(stage.deps, stage.tenant, exam, "operator:test")

    def arrived() -> str | None:
        """one more SMS on the phone"""
        new = sms_to(stage, SECOND)[before:]
        return new[0] if new else None

    (fresh,) = re.findall(r"/e#t=(\w+) ", eventually(arrived, 60))
    assert fresh != old
    patient = Patient(stage.cloud.origin)
    assert patient.call("POST", "/links/open", {"token": old}).status_code == 410
    assert patient.call("POST", "/links/open", {"token": fresh}).status_code == 200
    events = [json.loads(body["Body"].read()) for body in _journal(stage)]
    assert {event["type"] for event in events if event["cause"] == "operator:test"} == {"exam_decided", "exam_released"}


def _journal(stage: Stage) -> Iterator[Any]:
    s3 = stage.cloud.session("root").client("s3")
    bucket = stage.cloud.outputs["OriginalsBucket"]
    for item in s3.list_objects_v2(Bucket=bucket, Prefix=f"journal/{stage.tenant}/").get("Contents", []):
        yield s3.get_object(Bucket=bucket, Key=item["Key"])


@pytest.mark.req("SEC-07", "PLUS-06")
def test_no_log_holds_a_token_a_phone_or_a_name(stage: Stage) -> None:
    """The token lives in the fragment and in a POST's body: no server's log has it."""
    inside(stage, FIRST)
    secrets = [token_of(stage, FIRST), token_of(stage, SECOND), FIRST, SECOND, "欧阳", "张^三", "两肺纹理"]
    logs = [path for path in Path(stage.cloud.state_dir, "logs").rglob("*") if path.is_file()]
    assert logs
    for path in logs:
        text = path.read_text(encoding="utf-8", errors="replace")
        escaped = text.encode().decode("unicode_escape", errors="replace") if "\\u" in text else ""
        for secret in secrets:
            assert secret not in text, f"{path.name} holds what it must not"
            assert secret not in escaped, f"{path.name} holds what it must not"
