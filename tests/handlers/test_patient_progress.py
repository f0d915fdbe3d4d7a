"""From registration to the exam, by one link and behind one door [NTF-03]."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters import schemas
from functions.adapters.links import standing_link
from functions.core.study import changes, keys
from functions.core.study.records import Exam
from functions.core.study.release import with_decision
from functions.core.times import iso
from functions.notify.notifying import Notifier, notify
from iac.operator import hospitals
from tests.fakes import NOW
from tests.handlers.ingest_world import exam_of, take
from tests.handlers.patient_world import LINK_KEY, Browser, World, fakes
from tests.handlers.test_consents import TEXTS
from tests.handlers.test_notify import FakeProvider
from tests.handlers.uploads import TENANT, Slices, add_hospital, declare, registration, report, upload


class Case:
    """A hospital that registers exam A1, and its patient's phone and browser."""

    def __init__(self) -> None:
        self.world = World(deps=fakes())
        self.deps, self.sms = self.world.deps, FakeProvider()
        add_hospital(self.deps)
        self.browser = Browser(self.world)

    def registers(self, **changes_: Any) -> None:
        """As it is taken, told and notified."""
        before = self.row()
        assert take(self.deps, registration(self.deps, **changes_)) == []
        for event in changes.events(before, self.row(), iso(self.deps.clock.now())):
            notify(event, Notifier(self.deps, self.sms, pause=lambda _: None))

    def releases(self) -> None:
        row = exam_of(self.deps).to_row()
        for event in changes.events({**row, "release": "held"}, row, iso(self.deps.clock.now())):
            if event["type"] == "exam_released":
                notify(event, Notifier(self.deps, self.sms, pause=lambda _: None))

    def row(self) -> Any:
        name = self.deps.naming.exam(TENANT, accession_number="A1", study_uid="")
        return self.deps.table.get(keys.exam_pk(TENANT, name), keys.exam_registration_sk())

    def token(self) -> str:
        return self.sms.delivered[-1].text.partition("#t=")[2].split()[0]

    def enters(self) -> None:
        assert self.browser.call("POST", "/links/open", {"token": self.token()}).status == 200
        assert self.browser.verify(self.token(), "1234").status == 201

    def progress(self) -> Any:
        reply = self.browser.call("GET", "/progress")
        if reply.status == 200:
            schemas.check(reply.body, "patient_progress.v1")
        return reply.body


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.mark.req("NTF-03")
def test_the_page_follows_each_step_and_the_same_link_becomes_the_exam(case: Case) -> None:
    case.registers()
    (message,) = case.sms.delivered
    assert (message.phone, message.occasion) == ("13800001234", "registered")
    case.enters()
    told = case.progress()
    assert (told["state"], told["item"], told["scheduled_at"]) == ("registered", "胸部CT平扫", "2026-11-24T06:30:00Z")
    assert (told["received"], told["declared"]) == (0, None)
    slices = Slices(count=2)
    take(case.deps, declare(case.deps, [(slices, 3)]), upload(case.deps, slices))
    told = case.progress()
    assert (told["state"], told["received"], told["declared"]) == ("imaging", 2, 3)
    refused = case.browser.call("GET", "/exam")
    assert (refused.status, refused.body["code"], refused.body["progress"]) == (409, "exam_not_released", True)
    take(case.deps, upload(case.deps, Slices(first=2, count=1)))
    assert case.progress()["state"] == "reporting"
    take(case.deps, report(case.deps, state="preliminary"))
    assert case.progress()["state"] == "reporting"
    take(case.deps, report(case.deps, version=2))
    assert case.progress()["state"] == "ready"
    assert case.browser.call("GET", "/exam").status == 200
    case.deps.clock.advance(60)
    case.releases()
    first, second = case.sms.delivered
    assert (second.occasion, second.url) == ("released", first.url)


@pytest.mark.req("NTF-03")
def test_the_progress_says_nothing_of_report_images_or_name(case: Case) -> None:
    case.registers()
    take(case.deps, upload(case.deps, Slices(count=2)), report(case.deps, state="preliminary"))
    case.enters()
    text = json.dumps(case.progress(), ensure_ascii=False)
    for secret in ("张三", "P1", "A1", "13800001234", "两肺", "1980", "index", "thumb"):
        assert secret not in text
    for method, route in (("GET", "/report"), ("POST", "/derived/open"), ("POST", "/series/{series}/open")):
        body = {"study": "x" * 32} if "derived" in route else {} if method == "POST" else None
        params = {"series": "x" * 32} if "{" in route else {}
        assert case.browser.call(method, route, body, **params).body["code"] == "exam_not_released"


@pytest.mark.req("NTF-03", "PAT-03")
def test_wrong_answers_lock_the_registrations_link_as_any_other(case: Case) -> None:
    case.registers()
    replies = [case.browser.verify(case.token(), "0000") for _ in range(6)]
    assert [reply.status for reply in replies] == [403, 403, 403, 403, 423, 423]
    assert case.browser.call("GET", "/progress").status == 401


@pytest.mark.req("NTF-03")
def test_a_change_is_seen_and_not_told_again_and_a_cancelled_exam_says_so(case: Case) -> None:
    case.registers()
    case.enters()
    case.deps.clock.advance(120)
    case.registers(changed_at="2026-11-24T05:50:00Z", scheduled_at="2026-11-25T01:00:00Z")
    assert len(case.sms.sent) == 1
    assert case.progress()["scheduled_at"] == "2026-11-25T01:00:00Z"
    case.registers(changed_at="2026-11-24T06:00:00Z", state="cancelled")
    assert (len(case.sms.sent), case.progress()["state"]) == (1, "cancelled")


@pytest.mark.req("NTF-03")
def test_an_exam_that_was_registered_for_the_wrong_person_closes_to_them(case: Case) -> None:
    """The right one gets a link of their own; the wrong one's opens nothing any more."""
    case.registers()
    case.enters()
    old = case.token()
    case.deps.clock.advance(120)
    right = {"id": "P2", "issuer": "", "name": "李四", "phone": "13900005678"}
    case.registers(changed_at="2026-11-24T06:00:00Z", patient=right)
    assert [message.phone for message in case.sms.delivered] == ["13800001234", "13900005678"]
    assert case.browser.call("GET", "/progress").status == 409
    assert case.browser.call("POST", "/links/open", {"token": old}).body["code"] == "link_revoked"
    assert case.browser.verify(case.token(), "5678").status == 201


@pytest.mark.req("NTF-03", "PAT-05")
def test_progress_stands_behind_a_forced_agreement_as_everything_else(case: Case) -> None:
    """Agreed to once, while the exam is only registered, and not asked for again when it is there."""
    case.registers()
    case.enters()
    version = hospitals.set_agreement(case.deps, TENANT, TEXTS, forced=True).agreement["version"]
    refused = case.browser.call("GET", "/progress")
    assert (refused.status, refused.body["code"], refused.body["version"]) == (403, "consent_needed", version)
    read = case.browser.call("GET", "/agreement").body
    assert (read["version"], read["forced"], read["agreed_at"]) == (version, True, None)
    assert case.browser.call("POST", "/consents", {"version": version}).status == 201
    assert case.progress()["state"] == "registered"
    take(case.deps, upload(case.deps, Slices(count=2)), report(case.deps))
    assert case.browser.call("GET", "/exam").status == 200


@pytest.mark.req("NTF-03", "PAT-05", "EDGE-07")
def test_no_agreement_is_shown_of_what_a_person_hid(case: Case) -> None:
    hospitals.set_agreement(case.deps, TENANT, TEXTS, forced=True)
    case.registers()
    case.enters()
    case.world.put(with_decision(exam_of(case.deps), "hide", by="operator:li", now=iso(NOW)))
    case.world.change(Exam, *exam_of(case.deps).key(), release="hidden")
    assert {case.browser.call("GET", route).body["code"] for route in ("/agreement", "/progress")} == {"exam_not_released"}


@pytest.mark.req("NTF-03", "EDGE-07")
def test_what_a_person_hid_shows_no_progress(case: Case) -> None:
    case.registers()
    case.enters()
    exam = exam_of(case.deps)
    case.world.put(with_decision(exam, "hide", by="operator:li", now=iso(NOW)))
    refused = case.browser.call("GET", "/progress")
    assert (refused.status, "progress" in refused.body) == (409, False)
    assert case.browser.call("POST", "/links/open", {"token": case.token()}).status == 409


@pytest.mark.req("NTF-04")
def test_an_exam_that_waits_for_its_time_looks_as_if_its_report_were_still_being_written(case: Case) -> None:
    case.registers()
    case.enters()
    take(case.deps, upload(case.deps, Slices(count=2)), report(case.deps))
    exam = exam_of(case.deps)
    case.world.put(Exam.from_row({**exam.to_row(), "release": "held", "release_serial": 0, "reasons": ["held_until"]}))
    assert case.progress()["state"] == "reporting"


def test_an_exam_without_registration_shows_no_progress(case: Case) -> None:
    take(case.deps, upload(case.deps, Slices(count=2)), report(case.deps, state="preliminary"))
    exam = exam_of(case.deps)
    about = {"tenant": TENANT, "exam": exam.exam, "patient": exam.patient, "channel": "sms"}
    token, _ = standing_link(case.deps.table, LINK_KEY, **about, now=int(NOW.timestamp()))
    refused = case.browser.call("POST", "/links/open", {"token": token})
    assert (refused.body["code"], "progress" in refused.body) == ("exam_not_released", False)
