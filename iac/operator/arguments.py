"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
import re
from datetime import date


def tenant(text: str) -> str:
    if not re.fullmatch("[a-z0-9-]{2,32}", text):
        raise argparse.ArgumentTypeError("2 to 32 of a-z, 0-9 and -")
    return text


def ae_title(text: str) -> str:
    if not re.fullmatch(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?", text):
        raise argparse.ArgumentTypeError("1 to 16 printable characters without backslash")
    return text


def retention(text: str) -> tuple[str, int]:
    """`CT=15`; whether so many years may be is the policy's to say."""
    found = re.fullmatch(r"([A-Z]{2,8}|default)=([0-9]{1,3})", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r}: 例 · such as CT=15 or default=10")
    return found[1], int(found[2])


def day(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} 不是日期 · is no day; yyyy-mm-dd, such as 2026-11-24")


def clock(text: str) -> str:
    """A time of day; empty for none."""
    if text and not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} 不是时间 · is no time; HH:MM, such as 22:00")
    return text


def clock_span(text: str) -> tuple[str, str]:
    """Two times of day; empty for none."""
    begins, _, ends = text.partition("-")
    if bool(begins) != bool(ends):
        raise argparse.ArgumentTypeError(f"{text!r} 不是时段 · is no span; HH:MM-HH:MM, such as 22:00-07:00")
    return clock(begins), clock(ends)


def pause(text: str) -> int:
    """Seconds, none to an hour."""
    if not re.fullmatch("[0-9]{1,4}", text, re.ASCII) or int(text) > 3600:
        raise argparse.ArgumentTypeError(f"{text!r} 不是间隔 · is no pause; 0 to 3600 seconds, such as 60")
    return int(text)


def notice_template(text: str) -> tuple[str, str]:
    """`occasion/channel/language=words or id`."""
    name, _, words = text.partition("=")
    if not re.fullmatch("(released|registered|ending)/(sms|wechat)/(zh-CN|en)", name) or len(words) > 256:
        hint = "released|registered|ending / sms|wechat / zh-CN|en = text of at most 256 characters"
        raise argparse.ArgumentTypeError(f"{name!r} 不是模板名 · is no template's name; {hint}")
    return name, words
