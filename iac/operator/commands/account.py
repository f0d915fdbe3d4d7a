"""Accounts of a hospital's staff. A first password is said once, and opens nothing but its own change."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from typing import Any

from functions.adapters import accounts
from functions.adapters.wiring import Deps
from functions.core.access.accounts import Account, is_name
from functions.core.access.rights import ROLES
from functions.core.errors import RecordMissing
from functions.core.study import keys
from iac.operator import hospitals
from iac.operator.commands.saying import add_action
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = _of_one(actions, "add", _add, "新建账号，显示一次性初始密码 · Make an account; says its first password, once.")
    add.add_argument("--name", required=True, help="姓名 · the person's name, as the hospital writes it")
    roles = _of_one(actions, "roles", _set_roles, "修改角色；其会话立即结束 · Give other roles; sessions end at once.")
    for one in (add, roles):
        one.add_argument("--role", required=True, action="append", choices=ROLES, help="可重复 · may be given again")
        one.add_argument("--platform", action="store_true", help="平台运维：可看消息队列 · of the platform: sees its queues, too")
    _of_one(actions, "reset", _reset, "重置为新的初始密码，并解锁 · Give a new first password; ends sessions and a lock.")
    _of_one(actions, "disable", _disable, "停用账号，会话立即结束 · Let nobody in with it any more; sessions end at once.")
    _of_one(actions, "enable", _enable, "重新启用账号 · Let its owner in again, with the old password.")
    _of_one(actions, "unlock", _unlock, "解除错误密码造成的锁定 · End a lock after wrong passwords.")
    add_action(actions, "list", _list, "列出医院的账号 · List the hospital's accounts.")


def _of_one(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    action = add_action(actions, name, run, text)
    action.add_argument("--account", required=True, type=_account, help="登录名 · 2 to 32 of a-z, 0-9 and -")
    return action


def _account(text: str) -> str:
    if not is_name(text):
        raise argparse.ArgumentTypeError("2 to 32 of a-z, 0-9 and -, not beginning with -")
    return text


def _add(chosen: argparse.Namespace, deps: Deps) -> Output:
    hospitals.find(deps, chosen.tenant)
    wanted = Account(chosen.tenant, chosen.account, name=chosen.name, roles=chosen.role, platform=chosen.platform)
    return _with_password("已新建 · Added.", *accounts.add(deps, wanted, by=_by()))


def _set_roles(chosen: argparse.Namespace, deps: Deps) -> Output:
    about = {"roles": chosen.role, "platform": chosen.platform}
    return _said("已修改 · Changed.", accounts.amend(deps, *_which(chosen, deps), by=_by(), **about))


def _reset(chosen: argparse.Namespace, deps: Deps) -> Output:
    return _with_password("已重置 · Reset.", *accounts.reset(deps, *_which(chosen, deps), by=_by()))


def _disable(chosen: argparse.Namespace, deps: Deps) -> Output:
    return _said("已停用 · Disabled.", accounts.amend(deps, *_which(chosen, deps), by=_by(), disabled=True))


def _enable(chosen: argparse.Namespace, deps: Deps) -> Output:
    return _said("已启用 · Enabled.", accounts.amend(deps, *_which(chosen, deps), by=_by(), disabled=False))


def _unlock(chosen: argparse.Namespace, deps: Deps) -> Output:
    tenant, account = _which(chosen, deps)
    accounts.unlock(deps, tenant, account, by=_by())
    return _said("已解锁 · Unlocked: five tries.", accounts.find(deps, tenant, account))


def _list(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = list(accounts.every(deps, chosen.tenant))
    return Output("\n".join(map(_line, found)) or "没有账号 · No account.", [_value(one) for one in found])


def _which(chosen: argparse.Namespace, deps: Deps) -> tuple[str, str]:
    """Raises RecordMissing."""
    if deps.table.get(keys.accounts_pk(chosen.tenant), keys.account_sk(chosen.account)) is None:
        raise RecordMissing(kind="account")
    return chosen.tenant, chosen.account


def _by() -> str:
    return f"operator:{getpass.getuser()}"


def _said(text: str, account: Account) -> Output:
    return Output(f"{text}\n{_line(account)}", _value(account))


def _with_password(text: str, account: Account, first: str) -> Output:
    said = f"初始密码（仅显示一次，登录后须修改）· First password, said once, to be changed at sign-in: {first}"
    return Output(f"{text}\n{_line(account)}\n{said}", {**_value(account), "first_password": first})


def _line(account: Account) -> str:
    marks = list(account.roles)
    if account.platform:
        marks.append("平台 · platform")
    if account.disabled:
        marks.append("停用 · disabled")
    if not account.password:
        marks.append("无密码 · no password: `account reset`")
    elif account.must_change:
        marks.append("须修改密码 · must change its password")
    return f"{account.account:20}  {account.name}  {', '.join(marks)}"


def _value(account: Account) -> dict[str, Any]:
    """Without its password's hash."""
    return {name: value for name, value in asdict(account).items() if name != "password"}
