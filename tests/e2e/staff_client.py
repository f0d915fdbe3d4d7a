"""A browser of a hospital's staff without a browser: what its pages ask for, with the cookies that they would have."""

from __future__ import annotations

from typing import Any

import httpx

from functions.adapters import accounts
from functions.adapters.wiring import Deps
from functions.core.access.accounts import Account
from iac.local.patient_client import PatientClient

PASSWORD = "Rontgen-1895"


class StaffClient(PatientClient):
    """The cookies' keeping is the same."""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the staff API, `path` after /api/staff/v1/."""
        return self.ask(method, f"/api/staff/v1/{path}", json_body=body if body is not None or method == "GET" else {})


def signed_in(origin: str, deps: Deps, tenant: str, *roles: str, platform: bool = False, account: str = "") -> StaffClient:
    """Somebody with these roles, with a new account, inside. deps: an operator's; account: its name, else that of the roles."""
    name = account or "-".join(roles)
    _, first = accounts.add(deps, Account(tenant, name, name="王小明", roles=list(roles), platform=platform), by="operator:test")
    client = StaffClient(origin)
    asked = {"hospital": tenant, "account": name, "password": first}
    assert client.call("POST", "sessions", asked).status_code == 201
    assert client.call("POST", "password", {"old": first, "new": PASSWORD}).status_code == 200
    return client
