"""The demo's staff: an operator, a doctor and an accountant, made as an operator makes them, with first passwords said once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iac.local.cloud import LocalCloud
from iac.local.demo.hospital import TENANT, operate

STAFF = {"operator": ("陈工", "--platform"), "doctor": ("李医生",), "finance": ("赵会计",)}  # role and account → name, options


@dataclass(frozen=True)
class Staff:
    """passwords: account → its first password, which its first sign-in changes."""

    page: str
    passwords: dict[str, str]

    def said(self) -> str:
        place = f"  工作人员 · staff    {self.page}  医院 · hospital {TENANT}"
        listed = (f"{account:10}{password}" for account, password in self.passwords.items())
        heads = ("  初始密码 · password ", *[" " * 22] * len(self.passwords))
        return "\n".join([place, *(head + line for head, line in zip(heads, listed, strict=False))])


def ensure_staff(cloud: LocalCloud, state: Path, tmp: Path) -> Staff:
    """Made at the first start; their first passwords are kept beside the demo's other notes, for who has not signed in yet."""
    kept = state / "staff.json"
    if not kept.is_file():

        def add(account: str) -> str:
            name, *options = STAFF[account]
            given = ("--account", account, "--role", account, "--name", name, *options)
            return str(operate(cloud, tmp, "account", "add", "--tenant", TENANT, *given)["first_password"])

        with ThreadPoolExecutor(2) as pool:
            passwords = dict(zip(STAFF, pool.map(add, STAFF), strict=True))
        kept.write_text(json.dumps(passwords))
        kept.chmod(0o600)
    return Staff(f"{cloud.origin}/staff", json.loads(kept.read_text()))
