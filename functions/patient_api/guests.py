"""Opening a share: with its pass code, where it has one, and as often as it may be."""

from __future__ import annotations

import hmac
import secrets as randomness

from functions.adapters import people
from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.adapters.openings import note_opened
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access import sessions, shares, tries
from functions.core.access.exam_view import hospital_view
from functions.core.access.masking import mask_name
from functions.core.access.shares import Share
from functions.core.access.tokens import TOKEN_BYTES, is_token, pass_code_hash, session_token, token_digest
from functions.core.access.verification import normalised
from functions.core.errors import AnswerWrong, LinkLocked, LinkUnknown, LinkUsedUp
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso
from functions.patient_api.closed import not_found, open_hospital
from functions.patient_api.times import moment
from functions.patient_api.visit import cookie_pk, forget_session, shared_exam


def open_share(request: Request, deps: Deps) -> Answer:
    """Say what the share asks for, who shared and until when. Nothing is taken."""
    now = epoch_s(deps.clock.now())
    share, hospital = _share(deps, request)
    exam = shared_exam(deps, share, hospital, now)
    is_inside = _is_inside(request, deps, share, now)
    if not is_inside:
        _refuse(share, hospital, now)
    patient = None if share.anonymous else people.patient_of(deps.table, exam)
    return Answer(
        {
            "state": "code" if share.code and not is_inside else "open",
            "hospital": hospital_view(hospital),
            "name": mask_name(patient.name) if patient else "",
            "expires_at": iso(moment(share.expires_at)),
            "tries_left": max(1, tries.tries_left(share, now)),
        }
    )


def start_guest(request: Request, deps: Deps) -> Answer:
    """Take a try where there is a pass code, compare, count the use, note the opening; only then there is a session.

    Whoever is in already goes on, and uses nothing: a page that is loaded again is no second opening.
    """
    now = epoch_s(deps.clock.now())
    share, hospital = _share(deps, request)
    shared_exam(deps, share, hospital, now)
    if _is_inside(request, deps, share, now):
        return Answer({"expires_at": iso(moment(share.expires_at))}, status=201)
    _refuse(share, hospital, now)
    before = _answer_code(request, deps, share, hospital, now) if share.code else share
    standing = _count_use(deps, share, before, hospital)
    forget_session(request, deps.table, guest=True)
    token = session_token(randomness.token_bytes(TOKEN_BYTES))
    digest, at = token_digest(token), iso(deps.clock.now())
    note_opened(deps.table, share.tenant, share.exam, share.patient, by="share", at=at, number=digest, share=standing)
    session = sessions.start(
        digest=digest,
        tenant=share.tenant,
        exam=share.exam,
        patient=share.patient,
        link=share.digest,
        now=now,
        guest=True,
        until=share.expires_at,
    )
    deps.table.put(session.to_row(), expect=None)
    count("ShareOpened")
    cookies = [sessions.set_cookie(token, guest=True)]
    return Answer({"expires_at": iso(moment(session.expires_at))}, status=201, cookies=cookies)


def _share(deps: Deps, request: Request) -> tuple[Share, Hospital]:
    """Raises HospitalRebuilding; LinkUnknown alike for what is no token and for one that was never made."""
    token = request.json["token"]
    if not is_token(token):
        raise LinkUnknown()
    row = deps.table.get(keys.share_pk(token_digest(token)), "SHARE")
    if row is None:
        raise not_found(LinkUnknown(), deps)
    share = Share.from_row(row)
    request.note(tenant=share.tenant, exam=share.exam)
    return share, open_hospital(share.tenant, deps)


def _is_inside(request: Request, deps: Deps, share: Share, now: int) -> bool:
    """Whether this browser's session is one of this share's already."""
    pk = cookie_pk(request, guest=True)
    row = deps.table.get(pk, "SESSION") if pk else None
    return row is not None and bool(row.get("guest")) and row["link"] == share.digest and now < row["expires_at"]


def _refuse(share: Share, hospital: Hospital, now: int) -> None:
    whom = hospital_view(hospital)
    if shares.is_used_up(share):
        raise LinkUsedUp(hospital=whom)
    if tries.is_locked(share, now):
        raise LinkLocked(until=iso(moment(tries.closed_until(share))), hospital=whom)


def _answer_code(request: Request, deps: Deps, share: Share, hospital: Hospital, now: int) -> Share:
    """The share before the try that was right. A try is written before anything is compared, so that guesses from many addresses
    share the five. Raises AnswerWrong, LinkLocked."""
    seen = [share]

    def take(old: Row | None) -> Row:
        standing = _standing(old)
        _refuse(standing, hospital, now)
        seen[0] = standing
        return tries.take_try(standing, now).to_row()

    taken = Share.from_row(change(deps.table, *share.key(), take) or {})
    given = normalised(request.json.get("code", ""))
    link_key = deps.secrets.values().link_key
    right = hmac.compare_digest(pass_code_hash(link_key, share=share.digest, code=given), share.code)
    count("PassCode", result="right" if right else "wrong")
    if right:
        return seen[0]
    if taken.shut_until:
        row = change(
            deps.table,
            *share.key(),
            lambda old: tries.answered_wrong(Share.from_row(old)).to_row() if old and old["shut_until"] else None,
        )
        taken = Share.from_row(row) if row else taken
    if tries.is_locked(taken, now):
        raise LinkLocked(until=iso(moment(tries.closed_until(taken))), hospital=hospital_view(hospital))
    raise AnswerWrong(tries_left=tries.tries_left(taken, now))


def _count_use(deps: Deps, share: Share, before: Share, hospital: Hospital) -> Share:
    """One use more, by a conditional write: of many at once none beyond the limit gets past here, and the right code's try is
    forgotten in the same write. Raises LinkUsedUp, and as `shared_exam`."""

    def decide(old: Row | None) -> Row:
        standing = _standing(old)
        shared_exam(deps, standing, hospital, epoch_s(deps.clock.now()))
        if shares.is_used_up(standing):
            raise LinkUsedUp(hospital=hospital_view(hospital))
        return shares.used(tries.answered_right(standing, before) if share.code else standing).to_row()

    return Share.from_row(change(deps.table, *share.key(), decide) or {})


def _standing(row: Row | None) -> Share:
    if row is None:
        raise LinkUnknown()
    return Share.from_row(row)
