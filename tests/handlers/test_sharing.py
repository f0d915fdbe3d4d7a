"""A patient's shares and those who open them, by the fake clock [SHR-01 to SHR-05, SHR-07, PLUS-06, PLUS-07]."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.links import standing_link
from functions.core.access.cloudfront import CookieRefused, verify_cookies
from functions.core.access.scope import of_hospital
from functions.core.access.tokens import token_digest
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.core.times import epoch_s
from tests.fakes import SETTINGS
from tests.handlers.crowded_table import CrowdedTable
from tests.handlers.patient_world import LINK_KEY, PUBLIC_KEYS, WHOLE, Browser, Reply, World, guest, share, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


def patient(world: World, nick: str = "a") -> Browser:
    browser = Browser(world)
    assert browser.verify(world.token(nick), world.cases[nick].phone[-4:]).status == 201
    return browser


def opened(world: World, token: str, **body: Any) -> Reply:
    return Browser(world, guest=True).call("POST", "/sessions", {"token": token, **body})


def opens(reply: Reply, path: str, now: float) -> bool:
    """Whether the cookies of an answer open an address, as CloudFront checks it."""
    cookies = dict(one.split(";")[0].split("=", 1) for one in reply.cookies)
    try:
        verify_cookies(cookies, f"{SETTINGS.origin}{path}", now=now, public_keys=PUBLIC_KEYS)
    except CookieRefused:
        return False
    return True


def second_series(world: World, nick: str = "a", **values: Any) -> str:
    """Another series in the exam's study; its name."""
    case = world.cases[nick]
    name = world.deps.naming.series(case.tenant, f"1.2.{nick}.2")
    index = f"{keys.sha256_hex('second')}.index"
    thing = Series(case.tenant, case.study, name, f"1.2.{nick}.2", modality="MR", frames=3, received=3, index=index, marks=[])
    world.put(replace(thing, **values))
    return name


@pytest.mark.req("SHR-01")
def test_a_share_opens_in_a_strangers_browser_without_account_or_question(world: World) -> None:
    shared = share(world, "a")
    assert shared["share"]["link"].startswith(f"{SETTINGS.origin}/s#t=")
    door = Browser(world, guest=True).call("POST", "/links/open", {"token": shared["token"]})
    assert (door.status, door.body["state"], door.body["name"]) == (200, "open", "张*")
    inside = guest(world, shared)
    exam = inside.call("GET", "/exam").body
    assert exam["exam"] == world.cases["a"].exam
    assert exam["shows"] == {"report": True, "film": True, "images": True, "originals": True, "sharing": False}
    assert inside.call("GET", "/report").body["findings"] == "所见 a"
    assert inside.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series).status == 200
    assert inside.call("POST", "/derived/open", {"study": world.cases["a"].study}).status == 200


@pytest.mark.req("SHR-02")
@pytest.mark.parametrize("lasts_s", [3600, 7 * 3600, 86400, 7 * 86400, 5400, 180 * 86400])
def test_a_share_opens_a_second_before_its_end_and_is_dead_a_second_after(world: World, lasts_s: int) -> None:
    """Its link, its session and what it signed for pictures alike."""
    shared = share(world, "a", lasts_s=lasts_s)
    end = world.deps.clock.now() + timedelta(seconds=lasts_s)
    world.deps.clock.advance(lasts_s - 1)
    inside = guest(world, shared)
    case = world.cases["a"]
    reply = inside.call("POST", "/series/{series}/open", {}, series=case.series)
    picture = f"/pixels/{keys.parcel_prefix(case.tenant, case.study, case.series)}x.low"
    assert opens(reply, picture, epoch_s(end) - 1)
    assert not opens(reply, picture, epoch_s(end))
    assert reply.body["expires_at"] == shared["share"]["expires_at"]
    world.deps.clock.advance(2)
    for method, route, params in (
        ("GET", "/exam", {}),
        ("GET", "/report", {}),
        ("POST", "/series/{series}/open", {"series": case.series}),
    ):
        late = inside.call(method, route, {} if method == "POST" else None, **params)
        assert (late.status, late.body["code"], late.cookies) == (401, "session_missing", [])
    late = opened(world, shared["token"])
    assert (late.status, late.body["code"], late.body["hospital"]["name"]) == (410, "link_expired", "佛山市示例医院")


@pytest.mark.req("SHR-02")
@pytest.mark.parametrize("lasts_s", [0, 59, 180 * 86400 + 1, -1, 1.5, "1h"])
def test_a_life_out_of_bounds_is_refused(world: World, lasts_s: Any) -> None:
    reply = patient(world).call("POST", "/shares", {**WHOLE, "lasts_s": lasts_s})
    assert (reply.status, reply.body["code"]) == (400, "document_invalid")


@pytest.mark.req("SHR-05", "PLUS-06")
def test_a_revoked_share_is_dead_at_once_and_the_journal_knew_first(world: World) -> None:
    shared = share(world, "a")
    inside, mine = guest(world, shared), patient(world)
    cookies = inside.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series)
    ended = mine.call("POST", "/shares/{serial}/revoke", {}, serial="1")
    assert (ended.status, ended.body["share"]["state"], ended.body["share"]["link"]) == (200, "revoked", None)
    assert [inside.call("GET", route).body["code"] for route in ("/exam", "/report")] == ["link_revoked"] * 2
    assert opened(world, shared["token"]).body["code"] == "link_revoked"
    case, now = world.cases["a"], epoch_s(world.deps.clock.now())
    picture = f"/pixels/{keys.parcel_prefix(case.tenant, case.study, case.series)}x.low"
    assert opens(cookies, picture, now + 59)
    assert not opens(cookies, picture, now + 60)
    (entry,) = [json.loads(one.body) for (_, key), one in world.deps.vault._objects.items() if key.startswith("journal/")]
    assert (entry["type"], entry["body"]["serial"]) == ("share_revoked", 1)


@pytest.mark.req("SHR-05", "PLUS-06")
def test_a_share_that_the_journal_could_not_end_is_not_said_to_have_ended(world: World) -> None:
    """Otherwise a rebuild would open it again."""
    shared, mine = share(world, "a"), patient(world)
    world.deps.vault = _NoVault()  # type: ignore[assignment]
    assert mine.call("POST", "/shares/{serial}/revoke", {}, serial="1").status == 500
    assert opened(world, shared["token"]).status == 201


class _NoVault:
    def put(self, *args: Any, **named: Any) -> None:
        raise OSError("storage is away")


@pytest.mark.req("SHR-05")
def test_unchosen_series_are_neither_listed_nor_opened_nor_on_a_film(world: World) -> None:
    other = second_series(world)
    case = world.cases["a"]
    inside = guest(world, share(world, "a", series=[case.series], report=False, film=False))
    exam = inside.call("GET", "/exam").body
    assert [one["series"] for study in exam["studies"] for one in study["series"]] == [case.series]
    assert (exam["films"], exam["report"], exam["studies"][0]["received"]) == ([], None, 214)
    assert inside.call("POST", "/series/{series}/open", {}, series=other).body["code"] == "not_in_exam"
    mine = inside.call("POST", "/series/{series}/open", {}, series=case.series)
    now = epoch_s(world.deps.clock.now())
    assert opens(mine, f"/pixels/{keys.parcel_prefix(case.tenant, case.study, case.series)}x.low", now)
    assert not opens(mine, f"/pixels/{keys.parcel_prefix(case.tenant, case.study, other)}x.thumb.jpg", now)
    for name in (case.study, case.exam):
        reply = inside.call("POST", "/derived/open", {"study": name})
        assert reply.cookies == []
    assert inside.call("GET", "/report").body["code"] == "not_in_exam"


@pytest.mark.req("SHR-05")
def test_a_share_of_the_report_alone_opens_no_picture(world: World) -> None:
    inside = guest(world, share(world, "a", series=[], film=False))
    assert inside.call("GET", "/exam").body["studies"][0]["series"] == []
    assert inside.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series).status == 404
    assert inside.call("GET", "/report").status == 200


@pytest.mark.req("SHR-05")
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"series": [], "report": False, "film": False}, "nothing_chosen"),
        ({"series": [], "report": True, "film": True}, "film_shows_more"),
    ],
)
def test_a_share_that_gives_nothing_or_more_than_it_says_is_refused(world: World, wanted: dict[str, Any], reason: str) -> None:
    reply = patient(world).call("POST", "/shares", {**WHOLE, **wanted})
    assert (reply.status, reply.body["code"], reply.body["reason"]) == (409, "share_refused", reason)


@pytest.mark.req("SHR-04")
def test_a_pass_code_is_asked_for_and_a_wrong_one_refused(world: World) -> None:
    shared = share(world, "a", code="")
    assert len(shared["code"]) == 6
    assert Browser(world, guest=True).call("POST", "/links/open", {"token": shared["token"]}).body["state"] == "code"
    wrong = "000000" if shared["code"] != "000000" else "111111"
    assert opened(world, shared["token"], code=wrong).body["tries_left"] == 4
    assert opened(world, shared["token"]).body["code"] == "answer_wrong"
    full_width = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in shared["code"])
    assert opened(world, shared["token"], code=full_width).status == 201
    assert opened(world, shared["token"], code=wrong).body["tries_left"] == 4


@pytest.mark.req("SHR-04")
def test_guesses_lock_the_share_whoever_makes_them_and_longer_each_time(world: World) -> None:
    """From many addresses and browsers, two hundred at once: five are compared."""
    shared = share(world, "a", code="135790")
    crowd(world, shared["token"], 16)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda number: opened(world, shared["token"], code=f"{number:06d}"), range(200)))
    compared = [reply for reply in replies if reply.body["code"] == "answer_wrong"]
    assert len(compared) <= 4
    assert {reply.body["code"] for reply in replies} <= {"answer_wrong", "link_locked", "version_conflict"}
    assert opened(world, shared["token"], code="135790").status == 423
    world.deps.clock.advance(15 * 60)
    for _ in range(5):
        last = opened(world, shared["token"], code="000000")
    assert last.status == 423
    world.deps.clock.advance(29 * 60)
    assert opened(world, shared["token"], code="135790").status == 423
    world.deps.clock.advance(60)
    assert opened(world, shared["token"], code="135790").status == 201


@pytest.mark.req("PLUS-06")
def test_two_hundred_at_once_get_exactly_three_uses(world: World) -> None:
    """Of those who read that a use is left, before any has taken it, more want it than there are."""
    shared = share(world, "a", limit=3)
    crowd(world, shared["token"], 16)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: opened(world, shared["token"]), range(200)))
    assert [reply.status for reply in replies].count(201) == 3
    rest = {reply.body["code"] for reply in replies if reply.status != 201}
    assert rest <= {"link_used_up", "version_conflict"}
    sessions = [row for row in world.deps.table.everything() if row["kind"] == "session" and row["guest"]]
    assert len(sessions) == 3
    assert opened(world, shared["token"]).body["code"] == "link_used_up"


def crowd(world: World, token: str, threads: int) -> None:
    """So many read the share at the door, then all of them once more before any writes it."""
    key = keys.share_pk(token_digest(token)), "SHARE"
    world.deps.table = CrowdedTable(world.deps.table, key, threads=threads, rounds=2)


@pytest.mark.req("PLUS-06")
def test_a_page_that_is_loaded_again_is_no_second_use(world: World) -> None:
    shared = share(world, "a", limit=1, code="")
    inside = guest(world, shared)
    assert inside.call("POST", "/links/open", {"token": shared["token"]}).body["state"] == "open"
    assert inside.call("POST", "/sessions", {"token": shared["token"]}).status == 201
    assert inside.call("GET", "/exam").status == 200
    assert opened(world, shared["token"], code=shared["code"]).body["code"] == "link_used_up"


@pytest.mark.req("SHR-05")
@pytest.mark.parametrize(
    ("release", "reason", "code"),
    [
        ("held", "imaging_missing", "exam_not_released"),
        ("hidden", "hidden_by_person", "exam_not_released"),
        ("hidden", "expired", "exam_expired"),
    ],
)
def test_a_share_dies_with_its_exam_and_comes_back_with_it(world: World, release: str, reason: str, code: str) -> None:
    shared, case = share(world, "a"), world.cases["a"]
    inside = guest(world, shared)
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", release=release, reasons=[reason])
    assert inside.call("GET", "/exam").body["code"] == code
    assert opened(world, shared["token"]).body["code"] == code


def test_a_share_is_for_the_patient_whose_exam_it_was(world: World) -> None:
    shared, case = share(world, "a"), world.cases["a"]
    inside = guest(world, shared)
    other = world.deps.naming.patient(case.tenant, issuer="his", patient_id="b")
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", patient=other)
    assert inside.call("GET", "/exam").body["code"] == "link_revoked"


def test_a_hospital_that_allows_no_sharing_ends_shares_and_makes_none(world: World) -> None:
    shared, mine = share(world, "a"), patient(world)
    inside = guest(world, shared)
    world.change(Hospital, keys.hospital_pk("shiyi"), "HOSPITAL", shows={"sharing": False})
    assert mine.call("GET", "/exam").body["shows"]["sharing"] is False
    assert mine.call("POST", "/shares", WHOLE).body["reason"] == "sharing_off"
    assert inside.call("GET", "/exam").body["code"] == "link_revoked"
    assert not of_hospital({"sharing": False}).has("sharing")


@pytest.mark.req("SHR-05")
def test_a_share_gives_nothing_that_the_hospital_took_from_its_patient_since(world: World) -> None:
    case = world.cases["a"]
    inside = guest(world, share(world, "a"))
    hidden = {"by": "staff:1", "at": "2026-11-24T06:00:00Z", "reason": "x"}
    world.change(Series, keys.study_pk(case.tenant, case.study), keys.series_sk(case.series), hidden=hidden)
    world.change(Hospital, keys.hospital_pk("shiyi"), "HOSPITAL", shows={"report": False})
    assert inside.call("GET", "/exam").body["studies"][0]["series"] == []
    assert inside.call("GET", "/report").status == 404
    assert inside.call("POST", "/derived/open", {"study": case.study}).status == 404


def test_neither_cookie_opens_the_others_routes(world: World) -> None:
    """A guest's token under the patient's cookie would see the whole exam, and could share it on."""
    shared = share(world, "a", series=[], film=False)
    inside, mine = guest(world, shared), patient(world)
    posing, lost = Browser(world), Browser(world, guest=True)
    posing.session, lost.session = inside.session, mine.session
    for route in ("/exam", "/report", "/shares", "/openings"):
        assert posing.call("GET", route).body["code"] == "session_missing"
    assert lost.call("GET", "/exam").body["code"] == "session_missing"
    posing.call("DELETE", "/sessions")
    assert inside.call("GET", "/exam").status == 200


@pytest.mark.req("PLUS-06")
def test_random_tokens_and_torn_ones_get_the_same_answer(world: World) -> None:
    """Nothing tells a token that never was from one of another kind."""
    link, shared = world.token("a"), share(world, "a")
    tokens = ["x" * 27, "0" * 27, link, shared["token"][:-1], "", "a" * 128, shared["token"].swapcase()]
    answers = []
    for token in tokens:
        for route in ("/links/open", "/sessions"):
            reply = Browser(world, guest=True).call("POST", route, {"token": token})
            answers.append((reply.status, reply.body["code"], json.dumps({**reply.body, "request_id": ""}, sort_keys=True)))
    unknown = {answer for answer in answers if answer[1] != "document_invalid"}
    assert {answer[:2] for answer in unknown} == {(404, "link_unknown")}
    assert len(unknown) == 1, "equal to the byte"
    assert Browser(world).call("POST", "/links/open", {"token": shared["token"]}).body["code"] == "link_unknown"


@pytest.mark.req("SHR-05", "SEC-07")
@pytest.mark.parametrize("end", ["stopped", "over"])
def test_a_share_that_ended_tells_nothing_of_what_it_was_of(world: World, end: str) -> None:
    """Of two patients' shares the answers are equal to the byte: which exam it was, or whose, stands in neither."""
    bodies = set()
    for nick in ("a", "b"):
        shared = share(world, nick)
        if end == "stopped":
            patient(world, nick).call("POST", "/shares/{serial}/revoke", {}, serial=str(shared["share"]["serial"]))
        else:
            world.deps.clock.advance(2 * 86400)
        answer = Browser(world, guest=True).call("POST", "/links/open", {"token": shared["token"]})
        assert answer.status == 410
        bodies.add(json.dumps({**answer.body, "request_id": ""}, sort_keys=True))
    assert len(bodies) == 1


@pytest.mark.req("SHR-07", "PLUS-07")
def test_three_shares_and_five_openings_are_all_listed_with_their_times(world: World) -> None:
    made = [share(world, "a", limit=2), share(world, "a"), share(world, "a", anonymous=True, report=False, film=False)]
    times = []
    for number in (0, 0, 1, 2, 2):
        world.deps.clock.advance(60)
        times.append(world.deps.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        guest(world, made[number])
    mine = patient(world)
    listed = {one["serial"]: one for one in mine.call("GET", "/shares").body["shares"]}
    assert [listed[serial]["used"] for serial in (1, 2, 3)] == [2, 1, 2]
    assert [listed[serial]["opened"] for serial in (1, 2, 3)] == [times[1::-1], times[2:3], times[:2:-1]]
    assert [listed[serial]["state"] for serial in (1, 2, 3)] == ["used_up", "open", "open"]
    openings = mine.call("GET", "/openings").body["openings"]
    assert [(one["at"], one["serial"]) for one in openings if one["by"] == "share"] == list(
        zip(times, (1, 1, 2, 3, 3), strict=True)
    )[::-1]
    assert [one["by"] for one in openings].count("patient") == 4


@pytest.mark.req("SHR-01")
def test_the_patient_sees_the_same_link_again(world: World) -> None:
    """A QR that was shown yesterday can be shown again today; nothing of it stands in the table."""
    shared = share(world, "a", code="")
    again = patient(world).call("GET", "/shares").body["shares"][0]
    assert again["link"] == shared["share"]["link"]
    rows = json.dumps([dict(row) for row in world.deps.table.everything()], ensure_ascii=False)
    assert shared["token"] not in rows
    assert f'"{shared["code"]}"' not in rows
    assert patient(world, "b").call("GET", "/shares").body["shares"] == []


def test_no_log_line_holds_a_token_or_a_pass_code(world: World, caplog: pytest.LogCaptureFixture) -> None:
    shared = share(world, "a", code="")
    guest(world, shared).call("GET", "/exam")
    opened(world, shared["token"], code="000000")
    text = json.dumps([vars(one) for one in caplog.records], default=str)
    assert shared["token"] not in text
    assert shared["code"] not in text


@pytest.mark.req("SHR-07", "SEC-07")
def test_who_an_exam_turns_out_to_be_of_does_not_read_when_the_former_patient_and_their_guests_looked(world: World) -> None:
    guest(world, share(world, "a"))
    case = world.cases["a"]
    other = world.deps.naming.patient(case.tenant, issuer="his", patient_id="b")
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", patient=other)
    world.change(Study, keys.study_pk(case.tenant, case.study), "STUDY", patient=other)
    world.change(ReportVersion, keys.exam_pk(case.tenant, case.exam), keys.exam_report_sk(1), patient=other)
    about = {"tenant": case.tenant, "exam": case.exam, "patient": other, "channel": "sms"}
    token, _ = standing_link(world.deps.table, LINK_KEY, **about, now=epoch_s(world.deps.clock.now()))
    theirs = Browser(world)
    assert theirs.verify(token, world.cases["b"].phone[-4:]).status == 201
    assert [one["by"] for one in theirs.call("GET", "/openings").body["openings"]] == ["patient"]
