"""Who asks: the session behind the cookie, its account and its hospital, read at every request.

An account that was disabled, or whose roles or password changed, ends its sessions at once: they hold the serial it had.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.adapters.http import Request
from functions.adapters.table.port import Table
from functions.adapters.wiring import Deps
from functions.core.access import rights, sessions
from functions.core.access.accounts import Account
from functions.core.access.staff_sessions import COOKIE, StaffSession
from functions.core.access.tokens import is_token, token_digest
from functions.core.errors import HospitalRebuilding, StaffSessionMissing, VersionConflict
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_any_closed, is_closed
from functions.core.times import epoch_s

TRY_AGAIN_S = 60


@dataclass(frozen=True, eq=False, repr=False)
class Caller:
    """A member of a hospital's staff who has proved who it is. Everything that a handler names lies under `tenant`."""

    tenant: str
    account: str
    name: str
    roles: tuple[str, ...]
    hospital: Hospital
    platform: bool
    must_change: bool
    session: StaffSession

    @property
    def by(self) -> str:
        """The cause of what this caller decides, for rows and events."""
        return f"staff:{self.account}"

    def has(self, right: str) -> bool:
        return rights.has(right, roles=self.roles, platform=self.platform)


def caller_of(request: Request, deps: Deps) -> Caller:
    """Raises StaffSessionMissing (none, ended, or its account changed since), HospitalRebuilding."""
    now = epoch_s(deps.clock.now())
    pk = cookie_pk(request)
    row = deps.table.get(pk, "SESSION") if pk else None
    if row is None or now >= row["expires_at"]:
        raise StaffSessionMissing()
    session = StaffSession.from_row(row)
    request.note(tenant=session.tenant, account=session.account)
    hospital = open_hospital(session.tenant, deps)
    found = deps.table.get(*Account(session.tenant, session.account).key())
    if found is None or found["disabled"] or found["serial"] != session.serial:
        raise StaffSessionMissing()
    _prolong(deps.table, session, row["version"], now)
    return caller(Account.from_row(found), hospital, session)


def caller(account: Account, hospital: Hospital, session: StaffSession) -> Caller:
    return Caller(
        *(account.tenant, account.account, account.name, tuple(account.roles), hospital),
        *(account.platform, account.must_change, session),
    )


def open_hospital(tenant: str, deps: Deps) -> Hospital:
    """Raises HospitalRebuilding: while its rows are lost or being rebuilt none of them says who may do what."""
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None or is_closed(row):
        raise HospitalRebuilding(after_s=TRY_AGAIN_S)
    return Hospital.from_row(row)


def known_hospital(tenant: str, deps: Deps) -> Hospital | None:
    """None for one that nobody has added. Raises HospitalRebuilding also while it may be one whose row is lost."""
    if deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") is None and not is_any_closed(deps.table.get(*keys.REBUILDING)):
        return None
    return open_hospital(tenant, deps)


def cookie_pk(request: Request) -> str | None:
    """Partition of the session that the cookie names, or None."""
    token = request.cookie(COOKIE)
    return keys.staff_session_pk(token_digest(token)) if token is not None and is_token(token) else None


def forget_session(request: Request, table: Table) -> None:
    """Remove the session that the cookie names, if there is one."""
    pk = cookie_pk(request)
    while pk and (row := table.get(pk, "SESSION")) is not None:
        try:
            table.delete(pk, "SESSION", expect=row["version"])
        except VersionConflict:
            continue  # prolonged meanwhile


def _prolong(table: Table, session: StaffSession, version: int, now: int) -> None:
    longer = sessions.renewed(session, now)
    if longer is None:
        return
    try:
        table.put(longer.to_row(), expect=version)
    except VersionConflict:
        return  # another request of the same page has just prolonged or ended it
