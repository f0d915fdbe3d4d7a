"""Into the patient's exams by WeChat, once they have said that the account is theirs [PAT-02].

Who is at an exam may bind; who comes from the official account's menu gets in without typing when they did. The page of WeChat
that says who a browser is comes back with a state that this browser was given, once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from dataclasses import replace

from functions.adapters import links as link_rows
from functions.adapters import people
from functions.adapters.http import Answer, Request
from functions.adapters.journal import journal_first
from functions.adapters.observability import count, logger
from functions.adapters.sms.port import SmsBusy
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wechat.official_account import OfficialAccount, account_of
from functions.adapters.wiring import Deps
from functions.core.access.exam_view import hospital_view
from functions.core.access.tokens import TOKEN_BYTES, is_token, session_token, token_digest
from functions.core.errors import NotInExam, ServiceBusy, SessionMissing, VersionConflict, WechatNotOffered, WechatRefused
from functions.core.notice.records import Binding, Bound, LoginChoice, LoginState
from functions.core.notice.telling import wechat_unbound
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam
from functions.core.study.states import Release
from functions.core.times import epoch_s
from functions.patient_api.closed import not_found, open_hospital
from functions.patient_api.door import new_session
from functions.patient_api.visit import Visit, forget_session, visit

COOKIE = "__Host-lightbox-wechat"
MOST = 50  # exams to choose from, the newest
LIFE_S = 600
EXAM_PAGE, FRONT_PAGE, CHOICE_PAGE, REFUSED_PAGE = "/e#/", "/", "/#/wechat", "/#/wechat/refused"


def show_binding(request: Request, seen: Visit) -> Answer:
    """Whether the hospital has an official account, and whether a WeChat account is bound to the patient."""
    account = _account(seen.tenant, seen.deps)
    return Answer({"offered": account is not None, "bound": bool(_bindings(seen))})


def start_login(request: Request, deps: Deps) -> Answer:
    """To WeChat's page: from an exam to bind the account to its patient, else from a hospital's menu to get in."""
    tenant, patient = request.query.get("hospital", ""), ""
    if not tenant:
        seen = visit(request, deps)
        tenant, patient = seen.tenant, seen.exam.patient
    else:
        _known_hospital(tenant, deps)
    account = _account(tenant, deps)
    if account is None:
        raise WechatNotOffered()
    state, browser = (session_token(randomness.token_bytes(TOKEN_BYTES)) for _ in range(2))
    until = epoch_s(deps.clock.now()) + LIFE_S
    login = LoginState(token_digest(state), token_digest(browser), tenant, until, patient=patient)
    deps.table.put(login.to_row(), expect=None)
    return _to(account.login_url(f"{deps.settings.origin}/api/patient/v1/wechat/callback", state), _cookie(browser))


def _known_hospital(tenant: str, deps: Deps) -> None:
    """Of a name that anybody may give. Raises WechatNotOffered, HospitalRebuilding."""
    if deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") is None:
        raise not_found(WechatNotOffered(), deps)
    open_hospital(tenant, deps)


def end_login(request: Request, deps: Deps) -> Answer:
    """Back from WeChat's page. A state or code that is forged, over, another browser's or used leads to a page that says so:
    it is a person who comes here."""
    try:
        return _end_login(request, deps)
    except WechatRefused as error:
        logger.info("wechat refused", extra={"reason": error.details["reason"]})
        count("WechatEntry", result="refused")
        return _to(REFUSED_PAGE)


def _end_login(request: Request, deps: Deps) -> Answer:
    login = _take(request, deps)
    open_hospital(login.tenant, deps)
    account = _account(login.tenant, deps)
    if account is None:
        raise WechatNotOffered()
    try:
        open_id = account.open_id(request.query.get("code", ""))
    except SmsBusy:
        raise ServiceBusy(service="WeChat") from None
    name = _name(account, open_id, deps)
    if login.patient:
        _bind(login, account, open_id, name, deps)
        return _to(EXAM_PAGE, _cleared())
    exams = _exams(login.tenant, name, deps)
    count("WechatEntry", result="known" if exams else "unknown")
    if not exams:
        return _to(FRONT_PAGE, _cleared())
    if len(exams) == 1:
        return _to(EXAM_PAGE, _cleared(), *_session(exams[0], deps).cookies)
    browser, until = session_token(randomness.token_bytes(TOKEN_BYTES)), epoch_s(deps.clock.now()) + LIFE_S
    choice = LoginChoice(token_digest(browser), login.tenant, name, until)
    deps.table.put(choice.to_row(), expect=None)
    return _to(CHOICE_PAGE, _cookie(browser))


def list_choice(request: Request, deps: Deps) -> Answer:
    """The exams of whoever has just come by WeChat, the newest first. Raises SessionMissing when that is too long ago."""
    choice, hospital = _choice(request, deps)
    exams = _exams(choice.tenant, choice.wechat, deps)
    listed = [{"exam": one.exam, "item": one.item, "modalities": list(one.modalities), "at": one.at or None} for one in exams]
    return Answer({"hospital": hospital_view(hospital), "exams": listed})


def choose(request: Request, deps: Deps) -> Answer:
    """A session of one of them. Raises SessionMissing, and NotInExam for what is not, or no longer, among them."""
    choice, _ = _choice(request, deps)
    wanted = request.json["exam"]
    exam = next((one for one in _exams(choice.tenant, choice.wechat, deps) if one.exam == wanted), None)
    if exam is None:
        raise NotInExam()
    forget_session(request, deps.table)
    return _session(exam, deps)


def _choice(request: Request, deps: Deps) -> tuple[LoginChoice, Hospital]:
    browser = request.cookie(COOKIE)
    row = deps.table.get(keys.wechat_state_pk(token_digest(browser)), "CHOICE") if browser and is_token(browser) else None
    if row is None or row["expires_at"] <= epoch_s(deps.clock.now()):
        raise SessionMissing()
    choice = LoginChoice.from_row(row)
    return choice, open_hospital(choice.tenant, deps)


def _session(exam: Exam, deps: Deps) -> Answer:
    link_key = deps.secrets.values().link_key
    about = {"tenant": exam.tenant, "exam": exam.exam, "patient": exam.patient, "channel": "sms"}
    _, link = link_rows.standing_link(deps.table, link_key, **about, now=epoch_s(deps.clock.now()))
    return new_session(deps.table, deps.clock, link)


def unbind(request: Request, seen: Visit) -> Answer:
    """No WeChat account opens this patient's exams any more, nor is told of them."""
    now = epoch_s(seen.deps.clock.now())
    for binding in _bindings(seen):
        journal_first(wechat_unbound({**binding.to_row(), "unbound_at": now}), seen.deps)

        def decide(row: Row | None, ended: Binding = binding) -> Row | None:
            standing = Binding.from_row(row) if row else None
            return replace(ended, unbound_at=now).to_row() if standing == ended else None

        change(seen.deps.table, *binding.key(), decide)
    return Answer(status=204)


def _account(tenant: str, deps: Deps) -> OfficialAccount | None:
    return account_of(deps.secrets.values().wechat, tenant, deps.clock, deps.table)


def _bindings(seen: Visit) -> list[Binding]:
    return people.bindings_of(seen.deps.table, seen.tenant, seen.exam.patient)


def _take(request: Request, deps: Deps) -> LoginState:
    """The delete is the check: of two that bring the same state one is refused."""
    state, browser = request.query.get("state", ""), request.cookie(COOKIE)
    row = deps.table.get(keys.wechat_state_pk(token_digest(state)), "STATE") if is_token(state) else None
    if row is None or browser is None or not hmac.compare_digest(row["browser"], token_digest(browser)):
        raise WechatRefused(reason="state")
    try:
        deps.table.delete(row["pk"], row["sk"], expect=row["version"])
    except VersionConflict:
        raise WechatRefused(reason="state") from None
    if row["expires_at"] <= epoch_s(deps.clock.now()):
        raise WechatRefused(reason="state")
    return LoginState.from_row(row)


def _name(account: OfficialAccount, open_id: str, deps: Deps) -> str:
    """Keyed: an open id stands in no key."""
    text = f"wechat\n{account.app_id}\n{open_id}"
    return hmac.new(deps.secrets.values().link_key, text.encode(), hashlib.sha256).hexdigest()


def _bind(login: LoginState, account: OfficialAccount, open_id: str, name: str, deps: Deps) -> None:
    bound_at, since = epoch_s(deps.clock.now()), people.corrected_at(deps.table, login.tenant, login.patient)
    if login.expires_at - LIFE_S <= since:  # who asked for it is out meanwhile
        raise WechatRefused(reason="state")
    fresh = Binding(login.tenant, login.patient, name, account.app_id, open_id, bound_at)

    def decide(row: Row | None) -> Row | None:
        if row is None:
            return fresh.to_row()
        return replace(fresh, serial=row["serial"] + 1).to_row() if row["unbound_at"] or row["bound_at"] <= since else None

    change(deps.table, *fresh.key(), decide)
    bound = Bound(login.tenant, login.patient, name)
    change(deps.table, *bound.key(), lambda row: row or bound.to_row())
    count("WechatBound")


def _exams(tenant: str, name: str, deps: Deps) -> list[Exam]:
    """The published exams of whoever bound the account, the newest first; the patient's own row says whether they still do."""
    found: list[Exam] = []
    for known in deps.table.rows(keys.wechat_pk(tenant, name), "PATIENT#"):
        if name not in {one.wechat for one in people.bindings_of(deps.table, tenant, known["patient"])}:
            continue
        theirs = map(Exam.from_row, deps.table.by_person(tenant, known["patient"]))
        found += [exam for exam in theirs if exam.release == Release.RELEASED and exam.patient == known["patient"]]
    return sorted(found, key=lambda exam: (exam.at, exam.exam), reverse=True)[:MOST]


def _to(place: str, *cookies: str) -> Answer:
    return Answer(status=302, headers={"Location": place}, cookies=cookies)


def _cookie(browser: str) -> str:
    return f"{COOKIE}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={LIFE_S}"


def _cleared() -> str:
    return f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
