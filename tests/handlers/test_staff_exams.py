"""A doctor opens the hospital's exams, hides and shows their series, and corrects whom they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.adapters import schemas
from functions.core.access import links
from functions.core.access.cloudfront import CookieRefused, verify_cookies
from functions.core.access.tokens import token_digest
from functions.core.history.folding import fold
from functions.core.study import changes, keys
from functions.core.study.records import Exam, Patient, Series, Study
from functions.core.times import epoch_s
from functions.staff_api import exams
from iac.operator.reconcile.decisions import apply, decisions
from tests.fakes import Fakes
from tests.handlers.patient_world import PUBLIC_KEYS, WHOLE, World, guest, share
from tests.handlers.patient_world import Browser as PatientBrowser
from tests.handlers.staff_world import OTHER, Browser, Reply, StaffWorld
from tests.handlers.uploads import TENANT

OLD, NEW, ID_CARD = "13800001234", "13900005678", "11010519491231002X"
WORDS = {"id": "P1", "issuer": "his", "name": "张三丰", "sex": "M", "birth_date": "1963-05-01", "phone": OLD, "stamp": ""}


@pytest.fixture
def world() -> World:
    made = World()
    for tenant, name in ((TENANT, "示例医院"), (OTHER, "同仁医院")):
        made.hospital(tenant, name)
    for nick, tenant in (("P1", TENANT), ("P2", OTHER)):
        case = made.exam(nick, tenant)
        said = {case.exam: {**WORDS, "stamp": "2026-11-24T05:00:00Z|000001|a"}}
        made.change(Patient, *Patient(tenant, made.deps.naming.patient(tenant, issuer="his", patient_id=nick)).key(), said=said)
    return made


@pytest.fixture
def doctor(world: World) -> Browser:
    return StaffWorld(world.deps).browser("doctor")


def at(world: World, nick: str = "P1") -> dict[str, str]:
    return {"exam": world.cases[nick].exam, "series": world.cases[nick].series}


def answered(reply: Reply, schema: str) -> Any:
    assert reply.status == 200, reply.body
    schemas.check(reply.body, schema)
    return reply.body


def journal(deps: Fakes) -> list[dict[str, Any]]:
    return [json.loads(deps.vault.get("originals", key)) for key in deps.vault.keys("originals", f"journal/{TENANT}/")]


def patient(world: World, answer: str = OLD[-4:], mode: str = "phone_tail") -> PatientBrowser:
    browser = PatientBrowser(world)
    assert browser.verify(world.token("P1"), answer, mode).status == 201
    return browser


# -- looking -------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("PLUS-07")
def test_a_doctor_sees_who_opened_the_exam(world: World, doctor: Browser) -> None:
    """The patient and staff, each session once, the newest first; nothing of another hospital's."""
    patient(world).call("GET", "exam")
    doctor.call("GET", "exams/{exam}", params=at(world))
    doctor.call("GET", "exams/{exam}", params=at(world))
    told = answered(doctor.call("GET", "exams/{exam}/openings", params=at(world)), "staff_openings.v1")["openings"]
    assert sorted((one["by"], one["account"]) for one in told) == [("patient", None), ("staff", "doctor")]
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
    assert doctor.call("GET", "exams/{exam}/openings", params=at(world, "P2")).status == 404


@pytest.mark.req("PLUS-07")
def test_a_doctor_sees_what_the_patient_shared_without_its_link(world: World, doctor: Browser) -> None:
    """What, until when, how often it was used and when: whoever reads the page could else open it as a guest."""
    shared = share(world, "P1", film=False, limit=3, lasts_s=60)
    guest(world, shared)
    second = share(world, "P1", lasts_s=3600)
    world.deps.clock.advance(61)
    (new, old) = answered(doctor.call("GET", "exams/{exam}/shares", params=at(world)), "staff_shares.v1")["shares"]
    assert [new["serial"], old["serial"]] == [2, 1]
    assert (old["state"], old["used"], old["limit"], old["film"], len(old["opened"])) == ("expired", 1, 3, False, 1)
    assert (new["state"], new["used"], new["series"], new["opened"]) == ("open", 0, None, [])
    told = json.dumps([new, old])
    assert shared["token"] not in told
    assert second["token"] not in told
    assert doctor.call("GET", "exams/{exam}/shares", params=at(world, "P2")).status == 404


def test_a_doctor_sees_the_whole_exam_with_phone_and_card_masked(world: World, doctor: Browser) -> None:
    seen = answered(doctor.call("GET", "exams/{exam}", params={"exam": at(world)["exam"]}), "staff_exam.v1")
    assert (seen["patient"]["name"], seen["patient"]["id"], seen["patient"]["phone"]) == ("张三丰", "P1", "138********")
    assert [one["series"] for one in seen["studies"][0]["series"]] == [at(world)["series"]]
    assert seen["films"]
    assert seen["report"] == {"state": "audited", "version": 1}
    assert OLD not in json.dumps(seen)


def test_a_doctors_look_is_noted_once_a_session(world: World, doctor: Browser) -> None:
    """Who opened an exam and when is the patient's to see."""
    for _ in range(2):
        doctor.call("GET", "exams/{exam}", params={"exam": at(world)["exam"]})
        world.deps.clock.advance(60)
    (noted,) = world.deps.table.rows(keys.opened_pk(TENANT, at(world)["exam"]))
    assert (noted["by"], noted["account"]) == ("staff", "doctor")


def test_the_doctors_cookies_open_the_exams_own_pictures_and_no_others(world: World, doctor: Browser) -> None:
    place = at(world)
    series = answered(doctor.call("POST", "exams/{exam}/series/{series}/open", {}, params=place), "patient_series_answer.v1")
    opened = doctor.call("POST", "exams/{exam}/series/{series}/open", {}, params=place)
    cookies = [one for one in opened.cookies if one.startswith("CloudFront-")]
    origin, now = world.deps.settings.origin, epoch_s(world.deps.clock.now())
    header = dict(one.split(";")[0].split("=", 1) for one in cookies)
    verify_cookies(header, url=f"{origin}{series['base']}{series['index']}", now=now, public_keys=PUBLIC_KEYS)
    with pytest.raises(CookieRefused):
        verify_cookies(header, url=f"{origin}/pixels/k1/{OTHER}/x/y.index", now=now, public_keys=PUBLIC_KEYS)
    film = doctor.call("POST", "exams/{exam}/derived/open", {"study": world.cases["P1"].study}, params={"exam": place["exam"]})
    assert film.status == 200
    assert any("/film/" in one for one in film.cookies)
    report = answered(doctor.call("GET", "exams/{exam}/report", params={"exam": place["exam"]}), "patient_report.v1")
    assert report["findings"] == "所见 P1"


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "exams/{exam}", None),
    ("GET", "exams/{exam}/report", None),
    ("GET", "exams/{exam}/shares", None),
    ("GET", "exams/{exam}/openings", None),
    ("POST", "exams/{exam}/series/{series}/open", {}),
    ("POST", "exams/{exam}/series/{series}/hide", {"reason": "x"}),
    ("POST", "exams/{exam}/series/{series}/show", {"reason": "x"}),
    ("POST", "exams/{exam}/patient", {"phone": NEW, "reason": "x"}),
    ("POST", "exams/{exam}/derived/open", {"study": "a" * 32}),
]


@pytest.mark.parametrize(("method", "route", "body"), ROUTES, ids=[f"{method} {route}" for method, route, _ in ROUTES])
def test_another_hospitals_exam_is_none(world: World, doctor: Browser, method: str, route: str, body: Any) -> None:
    """Nor does the answer differ from that for a name that nobody has."""
    theirs, nobodys = at(world, "P2"), {"exam": "a" * 32, "series": "b" * 32}
    before = world.deps.table.everything()
    replies = [doctor.call(method, route, body, params=_of(route, one)) for one in (theirs, nobodys)]
    assert [(one.status, one.code) for one in replies] == [(404, "not_found")] * 2
    assert world.deps.table.everything() == before


def test_each_route_of_an_exam_is_asked_above() -> None:
    assert {(method, f"/staff/v1/{route}") for method, route, _ in ROUTES} == {(one.method, one.path) for one in exams.ROUTES}


@pytest.mark.req("LIFE-03")
@pytest.mark.parametrize(("method", "route", "body"), ROUTES, ids=[f"{method} {route}" for method, route, _ in ROUTES])
def test_an_exam_that_ended_is_closed_to_doctors_too(world: World, doctor: Browser, method: str, route: str, body: Any) -> None:
    """It is removed when the signatures that were given before have ended: none may be given after."""
    case = world.cases["P1"]
    world.change(Study, keys.study_pk(TENANT, case.study), "STUDY", tier="expired", expired_at="2029-11-25T16:00:00Z")
    world.change(Exam, keys.exam_pk(TENANT, case.exam), "EXAM", release="hidden", reasons=["expired"])
    before = world.deps.table.everything()
    reply = doctor.call(method, route, body, params=_of(route, at(world)))
    assert (reply.status, reply.code, reply.cookies) == (410, "exam_expired", [])
    assert world.deps.table.everything() == before


@pytest.mark.req("LIFE-03")
def test_of_an_exam_that_ended_in_part_the_rest_opens(world: World, doctor: Browser) -> None:
    case = world.cases["P1"]
    world.change(Study, keys.study_pk(TENANT, case.study), "STUDY", tier="expired", expired_at="2029-11-25T16:00:00Z")
    params = {"exam": case.exam}
    film = doctor.call("POST", "exams/{exam}/derived/open", {"study": case.study}, params=params)
    assert (film.status, film.cookies) == (404, [])
    assert doctor.call("POST", "exams/{exam}/series/{series}/open", {}, params=at(world)).status == 404
    assert doctor.call("GET", "exams/{exam}", params=params).body["films"] == []
    assert doctor.call("POST", "exams/{exam}/derived/open", {"study": case.exam}, params=params).cookies != []


def _of(route: str, names: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in names.items() if f"{{{name}}}" in route}


# -- hiding --------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("DOC-11")
def test_a_hidden_series_is_gone_for_the_patient_at_once_and_comes_back(world: World, doctor: Browser) -> None:
    place, theirs = at(world), patient(world)
    told = answered(
        doctor.call("POST", "exams/{exam}/series/{series}/hide", {"reason": "定位像"}, params=place), "staff_series_answer.v1"
    )
    assert told["hidden"]["by"] == "staff:doctor"
    assert told["hidden"]["reason"] == "定位像"
    exam = theirs.call("GET", "/exam").body
    assert [study["series"] for study in exam["studies"]] == [[]]
    assert exam["films"] == []
    assert theirs.call("POST", "/series/{series}/open", {}, series=place["series"]).status == 404
    assert theirs.call("POST", "/derived/open", {"study": world.cases["P1"].study}).status == 404
    assert theirs.call("GET", "/report").status == 200  # the report is no picture
    (shown,) = doctor.call("GET", "exams/{exam}", params={"exam": place["exam"]}).body["studies"][0]["series"]
    assert shown["hidden"]["reason"] == "定位像"

    answered(
        doctor.call("POST", "exams/{exam}/series/{series}/show", {"reason": "误操作"}, params=place), "staff_series_answer.v1"
    )
    assert theirs.call("POST", "/series/{series}/open", {}, series=place["series"]).status == 200
    assert len(theirs.call("GET", "/exam").body["studies"][0]["series"]) == 1


@pytest.mark.req("DOC-11", "PLUS-04")
def test_what_was_hidden_stands_in_the_journal_first_and_is_given_back(world: World, doctor: Browser) -> None:
    place = at(world)
    doctor.call("POST", "exams/{exam}/series/{series}/hide", {"reason": "定位像"}, params=place)
    told = [one for one in journal(world.deps) if one["type"] == "series_hidden"]
    for one in told:
        schemas.check(one["body"], "series_hidden.v1")
    key = keys.study_pk(TENANT, world.cases["P1"].study), keys.series_sk(place["series"])
    row = world.deps.table.get(*key) or {}
    assert [one["id"] for one in told] == [one["id"] for one in changes.events(None, row, "2026-11-24T06:05:00Z")][-1:]
    world.change(Series, *key, hidden=None, hiding=None)
    for decision in decisions(fold(TENANT, told)):
        apply(decision, world.deps.table)
    assert (world.deps.table.get(*key) or {})["hidden"] == row["hidden"]


def test_hiding_what_is_hidden_changes_nothing(world: World, doctor: Browser) -> None:
    place = at(world)
    for reason in ("一", "二"):
        reply = doctor.call("POST", "exams/{exam}/series/{series}/hide", {"reason": reason}, params=place)
    assert reply.body["hidden"]["reason"] == "一"


def test_only_a_doctor_hides_and_corrects(world: World) -> None:
    staff = StaffWorld(world.deps)
    for role in ("operator", "finance"):
        browser = staff.browser(role)
        for method, route, body in ROUTES:
            assert browser.call(method, route, body, params=_of(route, at(world))).code == "right_missing", (role, route)


# -- correcting ----------------------------------------------------------------------------------------------------------------


def correct(doctor: Browser, world: World, **values: str) -> Reply:
    return doctor.call("POST", "exams/{exam}/patient", {"reason": "患者换号", **values}, params={"exam": at(world)["exam"]})


@pytest.mark.req("DOC-10", "PAT-03")
def test_a_patient_enters_with_the_corrected_phone_and_not_with_the_old_one(world: World, doctor: Browser) -> None:
    told = answered(correct(doctor, world, phone="+86 139-0000-5678"), "staff_patient_answer.v1")
    assert told["phone"] == "139********"
    assert PatientBrowser(world).verify(world.token("P1"), OLD[-4:]).body["code"] == "answer_wrong"
    patient(world, NEW[-4:])


@pytest.mark.req("DOC-10", "PAT-03")
def test_a_corrected_id_card_is_a_further_answer_at_the_door(world: World, doctor: Browser) -> None:
    token = world.token("P1")
    assert PatientBrowser(world).call("POST", "/links/open", {"token": token}).body["modes"] == ["phone_tail", "code"]
    assert PatientBrowser(world).verify(token, ID_CARD[-4:], "id_tail").body["code"] == "answer_wrong"
    correct(doctor, world, id_card=ID_CARD.lower())
    assert PatientBrowser(world).call("POST", "/links/open", {"token": token}).body["modes"] == ["phone_tail", "code", "id_tail"]
    patient(world, "002x", "id_tail")


@pytest.mark.req("DOC-10", "SHR-05")
@pytest.mark.parametrize("values", [{"phone": NEW}, {"id_card": ID_CARD}])
def test_whoever_came_in_by_the_wrong_number_is_out_with_all_that_they_shared(
    world: World, doctor: Browser, values: dict[str, str]
) -> None:
    """The usual case of a correction is that the SMS went to somebody else."""
    holder, shared = patient(world), share(world, "P1", code="")
    visitor = guest(world, shared)
    assert [one.call("GET", "/exam").status for one in (holder, visitor)] == [200, 200]
    world.deps.clock.advance(60)
    answered(correct(doctor, world, **values), "staff_patient_answer.v1")
    assert [one.call("GET", "/exam").status for one in (holder, visitor)] == [401, 410]
    again = PatientBrowser(world, guest=True).call("POST", "/sessions", {"token": shared["token"], "code": shared["code"]})
    assert again.body["code"] == "link_revoked"
    mine = patient(world, NEW[-4:] if "phone" in values else OLD[-4:])
    assert mine.call("GET", "/exam").status == 200
    (old,) = mine.call("GET", "/shares").body["shares"]
    assert (old["state"], old["link"]) == ("revoked", None)
    world.deps.clock.advance(1)
    fresh = mine.call("POST", "/shares", WHOLE).body["share"]
    assert fresh["state"] == "open"
    token = fresh["link"].split("#t=")[1]
    assert PatientBrowser(world, guest=True).call("POST", "/sessions", {"token": token}).status == 201


@pytest.mark.req("DOC-10")
def test_a_correction_that_changes_nothing_puts_nobody_out(world: World, doctor: Browser) -> None:
    holder, shared = patient(world), share(world, "P1")
    world.deps.clock.advance(60)
    correct(doctor, world, phone=OLD)
    assert [one.call("GET", "/exam").status for one in (holder, guest(world, shared))] == [200, 200]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"phone": "12345"}, "phone_wrong"),
        ({"phone": "1380000123"}, "phone_wrong"),
        ({"phone": "+0123456789"}, "phone_wrong"),
        ({"id_card": "110105194912310021"}, "id_card_wrong"),
        ({"id_card": "110105194913310020"}, "id_card_wrong"),
        ({}, "document_invalid"),
    ],
)
def test_what_cannot_be_right_is_refused_and_changes_nothing(
    world: World, doctor: Browser, values: dict[str, str], code: str
) -> None:
    before = world.deps.table.everything()
    reply = correct(doctor, world, **values)
    assert (reply.status, reply.code) == (400, code)
    assert not any(value in json.dumps(reply.body) for value in values.values())
    assert world.deps.table.everything() == before


@pytest.mark.req("DOC-10")
def test_links_that_the_old_phone_had_locked_open_again(world: World, doctor: Browser) -> None:
    token = world.token("P1")
    for _ in range(links.MAX_TRIES):
        reply = PatientBrowser(world).verify(token, NEW[-4:])
    assert reply.body["code"] == "link_locked"
    correct(doctor, world, phone=NEW)
    assert (world.deps.table.get(keys.link_pk(token_digest(token)), "LINK") or {})["locked_until"] == 0
    patient(world, NEW[-4:])


@pytest.mark.req("DOC-10", "SEC-07")
def test_the_bus_and_the_log_never_carry_the_number(world: World, doctor: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    correct(doctor, world, phone=NEW, id_card=ID_CARD)
    (told,) = [one for one in journal(world.deps) if one["type"] == "patient_corrected"]
    schemas.check(told["body"], "patient_corrected.v1")
    row = next(one for one in world.deps.table.everything() if one["kind"] == "patient" and one["corrected"])
    (on_the_bus,) = changes.events(None, row, "2026-11-24T06:05:00Z")
    assert on_the_bus["id"] == told["id"]
    text = json.dumps(on_the_bus) + "".join(capfd.readouterr())
    assert NEW not in text
    assert ID_CARD not in text
    assert told["body"]["phone"] == NEW
    assert told["body"]["id_card"] == ID_CARD


@pytest.mark.req("DOC-10", "PLUS-04")
def test_a_lost_correction_is_given_back_from_the_journal(world: World, doctor: Browser) -> None:
    holder = patient(world)
    correct(doctor, world, phone=NEW)
    world.deps.clock.advance(60)
    correct(doctor, world, id_card=ID_CARD)
    name = world.deps.naming.patient(TENANT, issuer="his", patient_id="P1")
    key = keys.patient_pk(TENANT, name), "PATIENT"
    row = world.deps.table.get(*key) or {}
    told = [one for one in journal(world.deps) if one["type"] == "patient_corrected"]
    for order in (told, told[::-1]):
        world.change(Patient, *key, corrected={}, id_card="", phone=OLD)
        for decision in decisions(fold(TENANT, order)):
            apply(decision, world.deps.table)
        back = world.deps.table.get(*key) or {}
        assert {**back, "version": 0} == {**row, "version": 0}
        assert holder.call("GET", "/exam").status == 401


def said(phone: str, signed_at: str) -> Iterator[dict[str, Any]]:
    yield {**WORDS, "phone": phone, "stamp": f"{signed_at}|000002|b"}


@pytest.mark.req("DOC-10", "ING-05")
@pytest.mark.parametrize(
    ("phone", "signed_at", "stands"),
    [
        (OLD, "2026-11-25T05:00:00Z", NEW),  # the hospital's system goes on naming the old one
        ("13700009999", "2026-11-24T05:30:00Z", NEW),  # signed before it was corrected
        ("13700009999", "2026-11-25T05:00:00Z", "13700009999"),  # a newer word than the doctor's
    ],
)
def test_a_correction_stands_until_a_newer_signature_names_another_phone(
    world: World, doctor: Browser, phone: str, signed_at: str, stands: str
) -> None:
    from functions.core.study import people

    correct(doctor, world, phone=NEW)
    name = world.deps.naming.patient(TENANT, issuer="his", patient_id="P1")
    row = Patient.from_row(world.deps.table.get(keys.patient_pk(TENANT, name), "PATIENT") or {})
    (words,) = said(phone, signed_at)
    assert people.with_report(row, TENANT, name, "another exam", words).phone == stands
