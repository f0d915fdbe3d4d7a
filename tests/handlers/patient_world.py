"""Two hospitals with three exams, in memory, and a browser's way of asking the patient API about them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from functions.adapters import links as link_rows
from functions.adapters.secrets import FixedSecrets, SecretValues
from functions.core.access.tokens import exam_code
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient, ReportVersion, Series, Study
from functions.core.times import epoch_s
from functions.patient_api.app import make
from tests.fakes import NAMING_KEY, SETTINGS, Fakes, LambdaContext, rest_event

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC_KEYS = {"K1": KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)}
LINK_KEY = bytes(range(32, 64))
JSON_HEADERS = {"Content-Type": "application/json", "Origin": SETTINGS.origin}

REPORT = {
    "schema": "report.v1",
    "patient": {"id": "P1", "issuer": "his", "name": "张三丰", "sex": "M", "birth_date": "1963-05-01", "phone": "13800001234"},
    "accession_number": "A1",
    "state": "audited",
    "version": 1,
    "item": "胸部CT平扫",
    "findings": "双肺纹理清晰。",
    "impression": "未见明显异常。",
    "people": [{"role": "reporter", "name": "李医生"}, {"role": "auditor", "name": "王主任"}],
    "audited_at": "2026-11-24T05:00:00Z",
    "language": "zh-CN",
}


def fakes() -> Fakes:
    values = SecretValues(naming_key=NAMING_KEY, link_key=LINK_KEY, signing_key=PRIVATE_PEM.decode(), signing_key_id="K1")
    return Fakes(secrets=FixedSecrets(values))


@dataclass(frozen=True)
class Case:
    """One exam with what stands in the table about it."""

    tenant: str
    exam: str
    study: str
    series: str
    phone: str


@dataclass
class World:
    deps: Fakes = field(default_factory=fakes)
    cases: dict[str, Case] = field(default_factory=dict)

    def hospital(self, tenant: str, name: str) -> None:
        self.put(Hospital(tenant, name, phone="0757-88880000", hours="每天 8:00–17:30"))

    def put(self, record: Any) -> None:
        row = record.to_row()
        old = self.deps.table.get(row["pk"], row["sk"])
        self.deps.table.put(row, expect=None if old is None else old["version"])

    def change(self, kind: Any, pk: str, sk: str, **values: Any) -> None:
        self.put(replace(kind.from_row(self.deps.table.get(pk, sk)), **values))

    def exam(
        self, nick: str, tenant: str, *, phone: str = "13800001234", name: str = "张三丰", release: str = "released"
    ) -> Case:
        naming = self.deps.naming
        study, series = naming.study(tenant, f"1.2.{nick}"), naming.series(tenant, f"1.2.{nick}.1")
        exam = naming.exam(tenant, accession_number=f"A-{nick}", study_uid="")
        patient = naming.patient(tenant, issuer="his", patient_id=nick)
        document = json.dumps({**REPORT, "tenant": tenant, "findings": f"所见 {nick}"}).encode()
        digest = keys.sha256_hex(document)
        self.deps.vault.put("originals", keys.report_object(tenant, digest), document, content_type="application/json")
        self.put(Patient(tenant, patient, id=nick, issuer="his", name=name, sex="M", birth_date="1963-05-01", phone=phone))
        self.put(
            Series(
                *(tenant, study, series, f"1.2.{nick}.1"),
                number=2,
                modality="CT",
                description="胸部 1mm",
                received=214,
                frames=214,
                declared=300,
                index=f"{keys.sha256_hex(nick)}.index",
                pages=[f"{keys.sha256_hex(nick)}.index", f"{keys.sha256_hex(nick + '2')}.index"],
                thumbnail=f"{keys.sha256_hex(nick)}.thumb.jpg",
                marks=[],
            )
        )
        self.put(
            Study(
                *(tenant, study, f"1.2.{nick}"),
                exam=exam,
                patient=patient,
                description="CHEST",
                at="2026-11-24T01:00:00Z",
                modalities=["CT"],
                received=214,
                frames=214,
                declared=300,
                imaging="viewable",
                films={
                    "pages": [f"film/{keys.sha256_hex(nick)}.jpg"],
                    "pdf": f"film/{keys.sha256_hex(nick)}.pdf",
                    "width": 2480,
                    "height": 3508,
                },
            )
        )
        document_name = {"exam": exam, "name": f"report/{keys.sha256_hex(nick)}.pdf"}
        self.put(ReportVersion(tenant, exam, 1, [digest], "audited", patient, item="胸部CT平扫", document=document_name))
        self.put(
            Exam(
                *(tenant, exam),
                accession_number=f"A-{nick}",
                patient=patient,
                item="胸部CT平扫",
                modalities=["CT"],
                at="2026-11-24T01:00:00Z",
                studies={study: {"imaging": "viewable"}},
                imaging="viewable",
                reporting="audited",
                release=release,
                release_serial=1,
                report_version=1,
            )
        )
        self.cases[nick] = Case(tenant, exam, study, series, phone)
        return self.cases[nick]

    def token(self, nick: str, channel: str = "sms") -> str:
        case = self.cases[nick]
        now = epoch_s(self.deps.clock.now())
        patient = self.deps.naming.patient(case.tenant, issuer="his", patient_id=nick)
        about = {"tenant": case.tenant, "exam": case.exam, "patient": patient, "channel": channel}
        return link_rows.standing_link(self.deps.table, LINK_KEY, **about, now=now)[0]

    def code(self, nick: str) -> str:
        case = self.cases[nick]
        return exam_code(LINK_KEY, tenant=case.tenant, exam=case.exam)


@dataclass
class Reply:
    status: int
    body: Any
    cookies: list[str]
    headers: dict[str, str]


class Browser:
    """Keeps the session cookie as a browser does; headers can be set per call. guest: of a share, with its cookie and routes."""

    def __init__(self, world: World, *, guest: bool = False) -> None:
        self.api = make(lambda: world.deps)
        self.session: str | None = None
        self.base, self.cookie = ("/guest/v1", "__Host-lightbox-guest") if guest else ("/patient/v1", "__Host-lightbox")

    def call(self, method: str, route: str, body: Any = None, headers: dict[str, str] | None = None, **params: str) -> Reply:
        sent = dict(JSON_HEADERS if method != "GET" else {}) if headers is None else dict(headers)
        if self.session:
            sent["Cookie"] = f"{self.cookie}={self.session}"
        text = None if body is None else json.dumps(body)
        raw = self.api.app(rest_event(method, f"{self.base}{route}", text, params=params, headers=sent), LambdaContext())
        cookies = raw.get("multiValueHeaders", {}).get("Set-Cookie", [])
        for cookie in cookies:
            name, _, value = cookie.split(";")[0].partition("=")
            if name == self.cookie:
                self.session = value or None
        return Reply(raw["statusCode"], json.loads(raw["body"]) if raw["body"] else None, cookies, raw.get("headers", {}))

    def verify(self, token: str, answer: str, mode: str = "phone_tail") -> Reply:
        return self.call("POST", "/sessions", {"token": token, "mode": mode, "answer": answer})


WHOLE: dict[str, Any] = {
    "lasts_s": 86400,
    "series": None,
    "report": True,
    "film": True,
    "anonymous": False,
    "code": None,
    "limit": 0,
}


def share(world: World, nick: str, **wanted: Any) -> dict[str, Any]:
    """What the patient is told of a share that they make: {share, code}, with its `token`."""
    browser = Browser(world)
    assert browser.verify(world.token(nick), world.cases[nick].phone[-4:]).status == 201
    reply = browser.call("POST", "/shares", {**WHOLE, **wanted})
    assert reply.status == 201, reply.body
    return {**reply.body, "token": reply.body["share"]["link"].split("#t=")[1]}


def guest(world: World, shared: dict[str, Any]) -> Browser:
    """Somebody else's browser, in which the share is open."""
    browser = Browser(world, guest=True)
    code = {"code": shared["code"]} if shared["code"] else {}
    assert browser.call("POST", "/sessions", {"token": shared["token"], **code}).status == 201
    return browser


def world_of_three() -> World:
    """`a` and `b` in one hospital, `c` in another; b has another person, c the same accession number form."""
    world = World()
    world.hospital("shiyi", "佛山市示例医院")
    world.hospital("eryuan", "第二示例医院")
    world.exam("a", "shiyi")
    world.exam("b", "shiyi", phone="13900005678", name="李四")
    world.exam("c", "eryuan", phone="13700009999", name="王五")
    return world


def let_in(world: World, nick: str = "a") -> Browser:
    """The browser of somebody who answered the identity check."""
    browser = Browser(world)
    assert browser.verify(world.token(nick), world.cases[nick].phone[-4:]).status == 201
    return browser
