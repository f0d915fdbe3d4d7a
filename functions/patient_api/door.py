"""Opening a link and answering its question: the only way to a session."""

from __future__ import annotations

import secrets as randomness

from functions.adapters import people
from functions.adapters.clock import Clock
from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.adapters.openings import note_opened
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.adapters.wiring import Deps
from functions.core.access import links, sessions, verification
from functions.core.access.exam_view import hospital_view
from functions.core.access.links import Link
from functions.core.access.progress import is_open
from functions.core.access.tokens import TOKEN_BYTES, exam_code, is_token, phone_name, session_token, token_digest
from functions.core.errors import AnswerWrong, LinkExpired, LinkLocked, LinkRevoked, LinkUnknown
from functions.core.study import correcting, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam
from functions.core.study.states import Release
from functions.core.times import epoch_s, iso
from functions.patient_api.closed import not_found, not_shown, open_hospital
from functions.patient_api.times import moment
from functions.patient_api.visit import forget_session


def open_link(request: Request, deps: Deps) -> Answer:
    """Say what the link asks for. Nothing is promised and no try is taken."""
    now = epoch_s(deps.clock.now())
    link, hospital = _link(deps, request, now)
    patient = people.patient_of(deps.table, _refuse_closed(deps, link, hospital, now))
    return Answer(
        {
            "state": "verify",
            "hospital": hospital_view(hospital),
            "modes": verification.modes(patient.id_card if patient else ""),
            "tries_left": links.tries_left(link, now),
            "phone_hint": None,
        }
    )


def start_session(request: Request, deps: Deps) -> Answer:
    """Take a try, compare the answer, open the session."""
    now = epoch_s(deps.clock.now())
    link, hospital = _link(deps, request, now)
    exam = _refuse_closed(deps, link, hospital, now)
    before, taken = _take_try(deps.table, link, hospital, now)
    patient = people.patient_of(deps.table, exam)
    asked = {"mode": request.json["mode"], "answer": request.json["answer"]}
    asked |= {"id_card": patient.id_card if patient else ""}
    asked |= {"code": exam_code(deps.secrets.values().link_key, tenant=link.tenant, exam=link.exam)}
    phone = people.phone_asked(deps.table, exam, patient)
    right = verification.is_right(**asked, phone=phone)
    count("Verification", result="right" if right else "wrong")
    if not right:
        _refuse_locked(_settle_wrong(deps.table, taken), hospital, now)
        raise AnswerWrong(tries_left=links.tries_left(taken, now))
    _forget_tries(deps.table, link, before)
    forget_session(request, deps.table)  # a browser holds one; what the old one opened ends with it
    is_early = exam.release != Release.RELEASED and asked["mode"] == verification.PHONE_TAIL
    answered = phone_name(deps.secrets.values().link_key, tenant=link.tenant, phone=phone) if is_early else ""
    return new_session(deps.table, deps.clock, link, correcting.last_at(patient.corrected) if patient else 0, answered)


def new_session(table: Table, clock: Clock, link: Link, since: int = 0, answered: str = "") -> Answer:
    """since: when the patient was corrected whose answer was right: it came after that, be it in the same second. answered: as
    `Session.answered`."""
    token = session_token(randomness.token_bytes(TOKEN_BYTES))
    at, number = iso(clock.now()), token_digest(token)
    note_opened(table, link.tenant, link.exam, link.patient, by="patient", at=at, number=number)
    session = sessions.start(
        digest=number,
        tenant=link.tenant,
        exam=link.exam,
        patient=link.patient,
        link=link.digest,
        now=max(epoch_s(clock.now()), since + 1),
        answered=answered,
    )
    table.put(session.to_row(), expect=None)
    return Answer({"expires_at": iso(moment(session.expires_at))}, status=201, cookies=[sessions.set_cookie(token)])


def _link(deps: Deps, request: Request, now: int) -> tuple[Link, Hospital]:
    """Raises HospitalRebuilding; LinkUnknown alike for what is no token, for one that was never made and for one long gone."""
    token = request.json["token"]
    if not is_token(token):
        raise LinkUnknown()
    row = deps.table.get(keys.link_pk(token_digest(token)), "LINK")
    if row is None:
        raise not_found(LinkUnknown(), deps)
    if now >= row["ttl"]:
        raise LinkUnknown()
    link = Link.from_row(row)
    request.note(tenant=link.tenant, exam=link.exam)
    return link, open_hospital(link.tenant, deps)


def _refuse_closed(deps: Deps, link: Link, hospital: Hospital, now: int) -> Exam:
    """The exam behind a link that may be answered now; else whom to call."""
    whom = hospital_view(hospital)
    if link.revoked:
        raise LinkRevoked(hospital=whom)
    if now >= link.expires_at:
        raise LinkExpired(hospital=whom)
    row = deps.table.get(keys.exam_pk(link.tenant, link.exam), "EXAM")
    exam = Exam.from_row(row) if row else None
    if exam is None or not (exam.release == Release.RELEASED or is_open(exam, people.registration_of(deps.table, exam))):
        raise not_shown(row, hospital)
    if exam.patient != link.patient:  # the exam turned out to be another's
        raise LinkRevoked(hospital=whom)
    _refuse_locked(link, hospital, now)
    return exam


def _refuse_locked(link: Link, hospital: Hospital, now: int) -> None:
    if links.is_locked(link, now):
        raise LinkLocked(until=iso(moment(links.closed_until(link))), hospital=hospital_view(hospital))


def _take_try(table: Table, link: Link, hospital: Hospital, now: int) -> tuple[Link, Link]:
    """(before, after) taking a try: written before anything is compared, so that parallel guesses share the five."""
    seen = [link]

    def decide(old: Row | None) -> Row:
        if old is None:
            raise LinkUnknown()
        standing = Link.from_row(old)
        if standing.revoked:
            raise LinkRevoked(hospital=hospital_view(hospital))
        _refuse_locked(standing, hospital, now)
        seen[0] = standing
        return links.take_try(standing, now).to_row()

    row = change(table, *link.key(), decide)
    return seen[0], Link.from_row(row or {})


def _settle_wrong(table: Table, taken: Link) -> Link:
    """Only the last try changes anything; the link as it stands now, which somebody may have unlocked meanwhile."""
    if not taken.shut_until:
        return taken

    def decide(old: Row | None) -> Row | None:
        return None if old is None or not old.get("shut_until") else links.answered_wrong(Link.from_row(old)).to_row()

    row = change(table, *taken.key(), decide)
    return Link.from_row(row) if row else taken


def _forget_tries(table: Table, link: Link, before: Link) -> None:
    def decide(old: Row | None) -> Row | None:
        return None if old is None else links.answered_right(Link.from_row(old), before).to_row()

    change(table, *link.key(), decide)
