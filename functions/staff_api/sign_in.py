"""Signing in and out, the first password's change, and what a page asks of itself when it loads.

A try is taken before anything is compared, under the name that was given, whether there is such an account or not: neither the
answer nor its time nor a lock says which accounts there are.
"""

from __future__ import annotations

import secrets as randomness
from dataclasses import replace

from functions.adapters import accounts
from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access import passwords, rights, staff_sessions, tries
from functions.core.access.accounts import Account, SignInTries
from functions.core.access.exam_view import hospital_view
from functions.core.access.tokens import TOKEN_BYTES, session_token, token_digest
from functions.core.errors import AccountLocked, LightboxError, PasswordWeak, SignInWrong
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso_at
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller, caller, forget_session, known_hospital


def sign_in(request: Request, deps: Deps) -> Answer:
    """Take a try, compare the password, open a session."""
    asked = request.json
    hospital = known_hospital(asked["hospital"], deps)
    account = _believed(asked["hospital"], asked["account"], asked["password"], hospital, request, deps)
    assert hospital is not None  # nobody is believed without one
    forget_session(request, deps.table)  # a browser holds one, and never one that somebody else put there
    return _inside(account, hospital, deps, status=201)


def sign_out(request: Request, deps: Deps) -> Answer:
    """Forgets the session; the same answer without one."""
    forget_session(request, deps.table)
    return Answer(status=204, cookies=[staff_sessions.clear_cookie()], headers={"Clear-Site-Data": '"cache"'})


def show_me(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Who is signed in, and what they may do."""
    return Answer(_me(caller))


def change_password(caller: Caller, request: Request, deps: Deps) -> Answer:
    """The account's password, by whoever knows the old one. All its sessions end; this page gets a new one."""
    old, new = request.json["old"], request.json["new"]
    account = _believed(caller.tenant, caller.account, old, caller.hospital, request, deps)
    broken = passwords.broken_rules(new, account=account.account, before=account.password)
    if broken:
        raise PasswordWeak(rules=broken)
    kept = passwords.hashed(new, randomness.token_bytes(passwords.SALT_BYTES))
    stands = accounts.set_password(deps, account, kept, must_change=False, by=caller.by)
    forget_session(request, deps.table)
    return _inside(stands, caller.hospital, deps, status=200)


ROUTES = (
    StaffRoute("GET", "/staff/v1/me", show_me, right="self.read", answer="staff_me.v1"),
    StaffRoute(
        *("POST", "/staff/v1/password", change_password),
        right="self.password",
        schema="staff_password_request.v1",
        answer="staff_me.v1",
        refusals=(SignInWrong, AccountLocked, PasswordWeak),
    ),
)


def _believed(tenant: str, name: str, password: str, hospital: Hospital | None, request: Request, deps: Deps) -> Account:
    """The account, if this is its password. Raises SignInWrong, AccountLocked."""
    before, taken = _take_try(tenant, name, deps)
    row = deps.table.get(*Account(tenant, name).key()) if hospital else None
    account = Account.from_row(row) if row else None
    kept = account.password if account and not account.disabled else ""
    right = passwords.is_right(kept or passwords.DUMMY, password)
    if account is not None:
        request.note(tenant=tenant, account=name)
    if account is None or not kept or not right:
        count("StaffSignIn", result="wrong")
        raise _wrong(taken, account, deps)
    count("StaffSignIn", result="right")
    change(deps.table, *taken.key(), lambda row: _forgotten(row, before))
    if passwords.is_outdated(kept):
        accounts.keep_anew(deps, account, passwords.hashed(password, randomness.token_bytes(passwords.SALT_BYTES)))
    return account


def _take_try(tenant: str, name: str, deps: Deps) -> tuple[SignInTries, SignInTries]:
    """(before, after): written before anything is compared, so that parallel guesses share the five. Raises AccountLocked."""
    now = epoch_s(deps.clock.now())
    blank = SignInTries(tenant, name)
    seen = [blank]

    def decide(row: Row | None) -> Row:
        seen[0] = SignInTries.from_row(row) if row else blank
        if tries.is_locked(seen[0], now):
            raise AccountLocked(until=iso_at(tries.closed_until(seen[0])))
        return accounts.tried(tries.take_try(seen[0], now), now).to_row()

    row = change(deps.table, *blank.key(), decide)
    return seen[0], SignInTries.from_row(row or {})


def _wrong(taken: SignInTries, account: Account | None, deps: Deps) -> LightboxError:
    """AccountLocked after the last try, the only one that changes anything; else SignInWrong. The row's change tells of the lock:
    no answer takes longer, or fails, where there is an account."""
    now = epoch_s(deps.clock.now())
    stands, known = taken, account is not None

    def decide(row: Row | None) -> Row | None:
        locked = tries.answered_wrong(SignInTries.from_row(row)) if row and row["shut_until"] else None
        return replace(locked, known=known).to_row() if locked else None

    if taken.shut_until:
        row = change(deps.table, *taken.key(), decide)
        stands = SignInTries.from_row(row) if row else taken
    if tries.is_locked(stands, now):
        return AccountLocked(until=iso_at(tries.closed_until(stands)))
    return SignInWrong(tries_left=tries.tries_left(stands, now))


def _forgotten(row: Row | None, before: SignInTries) -> Row | None:
    return None if row is None else tries.answered_right(SignInTries.from_row(row), before).to_row()


def _inside(account: Account, hospital: Hospital, deps: Deps, *, status: int) -> Answer:
    """A new session for the account as it stands, with a token that nobody has seen before."""
    token = session_token(randomness.token_bytes(TOKEN_BYTES))
    now = epoch_s(deps.clock.now())
    about = {"tenant": account.tenant, "account": account.account, "serial": account.serial}
    session = staff_sessions.start(digest=token_digest(token), **about, now=now)  # type: ignore[arg-type]
    deps.table.put(session.to_row(), expect=None)
    return Answer(_me(caller(account, hospital, session)), status=status, cookies=[staff_sessions.set_cookie(token)])


def _me(caller: Caller) -> dict[str, object]:
    """events/schemas/staff_me.v1.json"""
    return {
        "account": caller.account,
        "name": caller.name,
        "roles": list(caller.roles),
        "rights": rights.all_of(roles=caller.roles, platform=caller.platform),
        "must_change": caller.must_change,
        "expires_at": iso_at(caller.session.expires_at),
        "hospital": {"tenant": caller.tenant, **hospital_view(caller.hospital)},
    }
