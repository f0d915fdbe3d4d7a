"""Presigning keeps a client for each hospital, and never more of them than it needs."""

from __future__ import annotations

from typing import Any

from functions.adapters.vault.presign import GRANT_S, MOST_CLIENTS, ROLE_S, S3Presigner, Upload
from tests.fakes import SETTINGS, Fakes

UPLOAD = Upload("pixels", "k1/t/s/x/a.low", "0" * 64, 5, "application/octet-stream")


class Role:
    """STS and S3 as far as presigning asks them. assumed: for which hospitals, in order."""

    def __init__(self) -> None:
        self.assumed: list[str] = []

    def client(self, service: str, **options: Any) -> Any:
        return self

    def assume_role(self, *, RoleSessionName: str, **wanted: Any) -> dict[str, Any]:
        self.assumed.append(RoleSessionName.removeprefix("grants-"))
        return {"Credentials": {"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}}

    def generate_presigned_url(self, operation: str, **wanted: Any) -> str:
        return "https://signed.example"


def test_a_hospital_s_client_is_made_once_and_anew_before_its_grants_could_outlive_it() -> None:
    """A grant is good for 15 minutes, and no longer than the role's session that signed it."""
    role, clock = Role(), Fakes().clock
    presigner = S3Presigner(SETTINGS, clock, role.client)
    for _ in range(3):
        presigner.put("tongren", UPLOAD)
    assert role.assumed == ["tongren"]
    clock.advance(ROLE_S - GRANT_S)
    presigner.put("tongren", UPLOAD)
    assert role.assumed == ["tongren", "tongren"]


def test_clients_that_ended_and_those_of_too_many_hospitals_are_let_go() -> None:
    """A function lives for hours and may serve any hospital; what it keeps of each is credentials and some megabytes."""
    role, clock = Role(), Fakes().clock
    presigner = S3Presigner(SETTINGS, clock, role.client)
    for number in range(MOST_CLIENTS + 1):
        presigner.put(f"t-{number}", UPLOAD)
        assert len(presigner._kept) <= MOST_CLIENTS
    presigner.put(f"t-{MOST_CLIENTS}", UPLOAD)
    assert len(role.assumed) == MOST_CLIENTS + 1
    presigner.put("t-0", UPLOAD)  # the oldest was let go
    assert len(role.assumed) == MOST_CLIENTS + 2
    clock.advance(ROLE_S)
    presigner.put("tongren", UPLOAD)
    assert list(presigner._kept) == ["tongren"]
