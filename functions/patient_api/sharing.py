"""What a patient shares of their exam, with what limits, and who opened it."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterator, Mapping
from typing import Any

from functions.adapters.http import Answer, Request
from functions.adapters.journal import journal_first
from functions.adapters.shares import shares_of, standing, token_of
from functions.adapters.table.changing import change
from functions.core.access import anonymity, shares, tokens
from functions.core.access.exam_view import is_shown
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.access.telling import share_revoked
from functions.core.errors import NotInExam, ShareRefused, VersionConflict
from functions.core.study import keys
from functions.core.study.records import Series
from functions.core.times import epoch_s, iso
from functions.patient_api.exam import names_patient, report_words
from functions.patient_api.times import moment
from functions.patient_api.visit import Visit

MOST_LISTED = 500


def list_shares(request: Request, seen: Visit) -> Answer:
    """Newest first, and of what can be seen what cannot be shared anonymously. Raises ShareRefused where the hospital shares
    nothing."""
    _require_sharing(seen)
    opened = _opened(seen)
    link_key = seen.deps.secrets.values().link_key
    listed = [_view(seen, share, token, opened) for token, share in shares_of(seen.deps.table, link_key, seen.exam)]
    refused = {one.series: reason for one in _series(seen) if (reason := anonymity.why_not(one))}
    return Answer({"shares": listed[::-1], "anonymous": {"series": refused, "report": _report_refused(seen)}})


def make_share(request: Request, seen: Visit) -> Answer:
    """Raises ShareRefused with the reason, NotInExam for a series that the patient does not see."""
    wanted = request.json
    given = _given(seen, wanted)
    link_key = seen.deps.secrets.values().link_key
    now = epoch_s(seen.deps.clock.now())
    code = wanted["code"]
    if code == "":
        code = tokens.pass_code(randomness.randbelow(10**tokens.CODE_LENGTH))
    for serial in range(1, shares.MOST + 1):
        token = _token(seen, serial)
        digest = tokens.token_digest(token)
        if seen.deps.table.get(keys.share_pk(digest), "SHARE") is not None:
            continue
        share = Share(
            digest=digest,
            tenant=seen.tenant,
            exam=seen.exam.exam,
            patient=seen.exam.patient,
            serial=serial,
            issued_at=now,
            expires_at=now + wanted["lasts_s"],
            made_by="patient",
            code="" if code is None else tokens.pass_code_hash(link_key, share=digest, code=code),
            limit=wanted["limit"],
            **given,
        )
        try:
            seen.deps.table.put(share.to_row(), expect=None)
        except VersionConflict:
            continue  # another share was made at the same moment
        return Answer({"share": _view(seen, share, token, []), "code": code}, status=201)
    raise ShareRefused(reason="too_many")


def end_share(request: Request, seen: Visit) -> Answer:
    """It opens nothing from now on, nor do the sessions that it opened: journalled first. Twice is once."""
    serial = request.params["serial"]
    if not serial.isascii() or not serial.isdigit() or not 0 < int(serial[:9]) <= shares.MOST:
        raise NotInExam()
    token = _token(seen, int(serial))
    row = seen.deps.table.get(keys.share_pk(tokens.token_digest(token)), "SHARE")
    if row is None:
        raise NotInExam()
    share = standing(seen.deps.table, seen.exam, row)
    if not share.revoked_at:
        now = epoch_s(seen.deps.clock.now())
        journal_first(share_revoked(shares.revoked(share, now).to_row()), seen.deps)
        ended = change(
            seen.deps.table, *share.key(), lambda old: shares.revoked(Share.from_row(old), now).to_row() if old else None
        )
        share = Share.from_row(ended) if ended else share
    return Answer({"share": _view(seen, share, token, _opened(seen)), "code": None})


def list_openings(request: Request, seen: Visit) -> Answer:
    """Who opened the exam and when, the newest first."""
    rows = _opened(seen)[:MOST_LISTED]
    return Answer({"openings": [{"at": one.at, "by": one.by, "serial": one.serial or None} for one in rows]})


def _require_sharing(seen: Visit) -> None:
    if not seen.scope.has("sharing"):
        raise ShareRefused(reason="sharing_off")


def _given(seen: Visit, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What of the exam the share gives, within what its patient sees. An anonymous one names its series: what arrives later was
    looked at by nobody."""
    _require_sharing(seen)
    visible = {one.series: one for one in _series(seen)}
    chosen = wanted["series"]
    if chosen is not None and not set(chosen) <= set(visible):
        raise NotInExam()
    names = sorted(visible if chosen is None else chosen)
    given = {
        "series": chosen,
        "report": wanted["report"] and seen.scope.sees_report,
        "film": wanted["film"] and seen.scope.sees_film,
        "anonymous": wanted["anonymous"],
    }
    if given["film"] and given["anonymous"]:
        raise ShareRefused(reason="film_names")
    if given["film"] and chosen is not None and set(chosen) != set(visible):
        raise ShareRefused(reason="film_shows_more")
    if given["anonymous"]:
        _refuse_named(seen, [visible[name] for name in names], report=given["report"])
        given["series"] = names
    if not (given["report"] or given["film"] or chosen is None or chosen):
        raise ShareRefused(reason="nothing_chosen")
    return given


def _refuse_named(seen: Visit, series: list[Series], *, report: bool) -> None:
    for one in series:
        if reason := anonymity.why_not(one):
            raise ShareRefused(reason=reason)
    if report and (why := _report_refused(seen)) == "names":
        raise ShareRefused(reason=f"report_{why}")


def _report_refused(seen: Visit) -> str | None:
    """Why the report cannot be shared anonymously: it names the patient, or there is none yet."""
    report = seen.report()
    if report is None or not is_shown(report):
        return "missing"
    return "names" if names_patient(seen, report, report_words(seen, report)) else None


def _series(seen: Visit) -> Iterator[Series]:
    return (one for _, series in seen.studies() for one in series if one.index and one.frames)


def _token(seen: Visit, serial: int) -> str:
    return token_of(seen.deps.secrets.values().link_key, seen.exam, serial)


def _opened(seen: Visit) -> list[Opening]:
    """By anybody, while the exam was this patient's; the newest first."""
    rows = seen.deps.table.rows(keys.opened_pk(seen.tenant, seen.exam.exam))
    return [one for one in map(Opening.from_row, rows) if one.patient == seen.exam.patient][::-1]


def _view(seen: Visit, share: Share, token: str, opened: list[Opening]) -> dict[str, Any]:
    state = shares.state(share, epoch_s(seen.deps.clock.now()))
    opens = state in ("open", "locked")
    return {
        "serial": share.serial,
        "state": state,
        "issued_at": iso(moment(share.issued_at)),
        "expires_at": iso(moment(share.expires_at)),
        "revoked_at": iso(moment(share.revoked_at)) if share.revoked_at else None,
        "link": f"{seen.deps.settings.origin}/s#t={token}" if opens else None,
        "series": share.series,
        "report": share.report,
        "film": share.film,
        "anonymous": share.anonymous,
        "code": bool(share.code),
        "limit": share.limit,
        "used": share.used,
        "opened": [one.at for one in opened if one.share == share.digest][:MOST_LISTED],
    }
