"""Desks of a hospital's staff in a real browser over the whole local cloud."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from functions.adapters import accounts
from functions.adapters.wiring import Deps
from functions.core.access.accounts import Account
from tests.browser.devices import Device, open_device
from tests.e2e.staff_client import PASSWORD


@dataclass(frozen=True)
class EntranceWords:
    """What the pages before the first one are called in a language."""

    hospital: str
    account: str
    password: str
    go: str
    first: str
    new: str
    repeated: str
    save: str


WORDS = {
    "zh-CN": EntranceWords("医院代码", "账号", "密码", "登录", "初始密码", "新密码", "再输入一次新密码", "保存新密码"),
    "en": EntranceWords(
        *("Hospital code", "Account", "Password", "Sign in", "First password", "New password"),
        *("New password again", "Save new password"),
    ),
}


def sit_down(
    browser: Browser,
    origin: str,
    deps: Deps,
    account: Account,
    device: Device,
    language: str = "zh-CN",
) -> Page:
    """A desk of its own, from the first password on: the account is made as an operator makes it."""
    _, first = accounts.add(deps, account, by="operator:test")
    words = WORDS[language]
    context = open_device(browser, device, locale=language)
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{origin}/staff")
    page.get_by_label(words.hospital).fill(account.tenant)
    page.get_by_label(words.account).fill(account.account)
    page.get_by_label(words.password).fill(first)
    page.get_by_role("button", name=words.go, exact=True).click()
    page.get_by_label(words.first).fill(first)
    page.get_by_label(words.new, exact=True).fill(PASSWORD)
    page.get_by_label(words.repeated).fill(PASSWORD)
    page.get_by_role("button", name=words.save).click()
    return page
