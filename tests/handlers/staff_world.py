"""Hospitals with staff, as their pages see them: who is signed in, and calls of staff_api in process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from functions.adapters import accounts
from functions.core.access.accounts import Account
from functions.core.access.staff_sessions import COOKIE
from functions.core.study.hospitals import Hospital
from functions.staff_api import app as staff
from tests.fakes import Fakes, LambdaContext, rest_event
from tests.handlers.uploads import TENANT

OTHER = "tongren"
PASSWORD = "Rontgen-1895"


@dataclass
class Reply:
    status: int
    body: Any
    cookies: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return str((self.body or {}).get("code", ""))


@dataclass
class Browser:
    """One browser of a member of staff. token: what its cookie holds."""

    world: StaffWorld
    token: str = ""

    def call(
        self,
        method: str,
        route: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """route: below /staff/v1, with its names in braces. headers: in place of those that a page sends."""
        sent = {"Origin": self.world.deps.settings.origin, "Content-Type": "application/json"} if headers is None else headers
        if self.token:
            sent = {**sent, "Cookie": f"{COOKIE}={self.token}"}
        text = json.dumps(body) if body is not None else None
        event = rest_event(method, f"/staff/v1/{route}", text, params=params, headers=sent, query=query)
        answer = self.world.api.app(event, LambdaContext())
        cookies = answer.get("multiValueHeaders", {}).get("Set-Cookie", [])
        for cookie in cookies:
            if cookie.startswith(f"{COOKIE}="):
                self.token = cookie.partition("=")[2].partition(";")[0]
        return Reply(answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, cookies)

    def sign_in(self, account: str, password: str, hospital: str = TENANT) -> Reply:
        return self.call("POST", "sessions", {"hospital": hospital, "account": account, "password": password})


class StaffWorld:
    """Two hospitals; `add` makes accounts, `browser` signs one in with a password of its own."""

    def __init__(self, deps: Fakes | None = None) -> None:
        self.deps = deps or Fakes()
        for tenant, name in ((TENANT, "示例医院"), (OTHER, "同仁医院")):
            row = Hospital(tenant=tenant, name=name, phone="010-00000000", hours="8–17").to_row()
            if self.deps.table.get(row["pk"], row["sk"]) is None:
                self.deps.table.put(row, expect=None)
        self.api = staff.make(lambda: self.deps)

    def add(self, account: str, *roles: str, tenant: str = TENANT, platform: bool = False) -> str:
        """Its first password."""
        made = Account(tenant, account, name="王医生", roles=list(roles), platform=platform)
        return accounts.add(self.deps, made, by="operator:test")[1]

    def browser(self, *roles: str, tenant: str = TENANT, platform: bool = False, account: str = "") -> Browser:
        """Somebody with these roles, inside."""
        name = account or "-".join(roles)
        first = self.add(name, *roles, tenant=tenant, platform=platform)
        browser = Browser(self)
        assert browser.sign_in(name, first, tenant).status == 201
        assert browser.call("POST", "password", {"old": first, "new": PASSWORD}).status == 200
        return browser
