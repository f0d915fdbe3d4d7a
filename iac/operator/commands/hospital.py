"""Hospitals, and the codes that agents enrol with."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Any

from functions.adapters import agents
from functions.adapters.wiring import Deps
from functions.core.access.agreements import LANGUAGES, LONGEST
from functions.core.access.scope import SWITCHES
from functions.core.errors import RequestError
from functions.core.notice import rules
from functions.core.retention.policy import DEFAULT, DEFAULT_YEARS
from functions.core.study.hospitals import Hospital
from iac.operator import hospitals
from iac.operator.arguments import ae_title, clock, clock_span, day, notice_template, pause, retention, tenant
from iac.operator.commands.saying import add_action, aligned
from iac.operator.output import Output
from iac.operator.reconcile.closing import close


class AgreementUnreadable(RequestError):
    message = "读不了 {file}（{why}） · Cannot read {file} ({why})."
    hint = "请用 UTF-8 文本，不超过 50000 字 · Give UTF-8 texts of at most 50,000 characters."


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = add_action(actions, "add", _add_hospital, "登记医院 · Add a hospital.")
    add.add_argument("--name", required=True, help="患者熟悉的名称 · as patients know it")
    amend = add_action(actions, "set", _set_hospital, "修改医院，未给出的不变 · Change a hospital; what is not given stays.")
    amend.add_argument("--name")
    for one in (add, amend):
        one.add_argument("--phone", help="患者拨打的电话 · whom patients call")
        one.add_argument("--hours", help="接听时间 · when they may call")
        one.add_argument("--time-zone", help="时区 · IANA name; Asia/Shanghai if not given")
        one.add_argument("--issuer", help="Issuer of Patient ID where images and reports give none; do not change it later")
        one.add_argument(
            "--release-rule", choices=["report_and_images", "report_alone"], help="发布条件 · when an exam is published"
        )
        one.add_argument(
            "--retention",
            nargs="+",
            type=retention,
            metavar="MODALITY=YEARS",
            help="保存年限，default 为其余 · years kept, at least 3; `default` for what is not named",
        )
        archive = "几年后归档，0 为不归档 · years after which full images go to the archive, at least 3; 0: never"
        one.add_argument("--archive-after", type=int, metavar="YEARS", help=archive)
        billed = "计费首日，此前的检查 reconcile 不补计 · first day of billing: what was earned before it is never billed"
        one.add_argument("--billed-from", type=day, metavar="YYYY-MM-DD", help=billed)
        one.add_argument("--sms-template", help="短信模板 · with {hospital} and {url} where these go")
        one.add_argument("--sms-language", choices=["zh-CN", "en"])
        what = f"WHAT: {', '.join(SWITCHES)}"
        for option, says in (("--hide", f"不让患者看到 · patients do not see {what}"), ("--show", "让患者看到 · they see it")):
            one.add_argument(option, nargs="+", choices=SWITCHES, default=[], metavar="WHAT", help=says)
        _add_notice_options(one)
    agreement = add_action(actions, "agreement", _set_agreement, "设置用户协议 · Set the agreement that patients read.")
    source = agreement.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", nargs=2, type=Path, metavar=("ZH", "EN"), help="中文与英文文本 · two texts in UTF-8")
    source.add_argument("--withdraw", action="store_true", help="取消协议 · there is none any more")
    says = "读完并同意后才能打开检查 · nothing opens before it is agreed to"
    agreement.add_argument("--forced", action="store_true", help=says)
    add_action(actions, "show", _show_hospital, "显示医院 · Show a hospital.")
    text = "列出所有医院 · List all hospitals."
    actions.add_parser("list", help=text, description=text).set_defaults(run=_list_hospitals)
    text = "关闭医院，直到 reconcile 重新开放 · Close hospitals until `reconcile` opens them: before a restored table is used."
    closing = actions.add_parser("close", help=text, description=text)
    closing.set_defaults(run=_close_hospitals)
    which = closing.add_mutually_exclusive_group(required=True)
    which.add_argument("--tenant", type=tenant, help="this hospital only")
    which.add_argument("--all", action="store_true", help="every hospital that the vault knows of")
    code = add_action(
        actions,
        "enrolment-code",
        _new_code,
        "生成一次性注册码，15 分钟有效 · Make a one-time code for an agent; it lives 15 minutes.",
    )
    code.add_argument("--ae-title", required=True, type=ae_title, help="前置机的 AE title · the agent's AE title")


def _add_notice_options(parser: argparse.ArgumentParser) -> None:
    quiet = "免打扰时段，如 22:00-07:00，空则无 · quiet hours, in the hospital's zone; empty for none"
    parser.add_argument("--quiet", type=clock_span, metavar="HH:MM-HH:MM", help=quiet)
    publish = "每日发布时间，空则即时 · exams are published daily at this time; empty: at once"
    parser.add_argument("--publish-at", type=clock, metavar="HH:MM", help=publish)
    limit = "每个手机每日最多条数 · messages to one phone a day; 10 if not given"
    parser.add_argument("--daily-limit", type=int, choices=range(1, 101), metavar="N", help=limit)
    between = "同一手机两条短信的最短间隔秒数 · seconds between two messages to one phone; 60 if not given"
    parser.add_argument("--between", type=pause, metavar="S", help=between)
    both = "微信之外也发短信 · SMS also where WeChat told"
    parser.add_argument("--wechat-and-sms", choices=["yes", "no"], help=both)
    words = "通知模板 · released/wechat/zh-CN=ID; words, or the provider's id; empty for the usual; may be given often"
    parser.add_argument("--notice-template", type=notice_template, action="append", metavar="NAME=TEXT", help=words)


def _notice_fields(chosen: argparse.Namespace, before: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if chosen.quiet is not None:
        given |= {"quiet_from": chosen.quiet[0], "quiet_to": chosen.quiet[1]}
    if chosen.publish_at is not None:
        given["publish_at"] = chosen.publish_at
    if chosen.daily_limit is not None:
        given["daily_limit"] = chosen.daily_limit
    if chosen.between is not None:
        given["between_s"] = chosen.between
    if chosen.wechat_and_sms is not None:
        given["both"] = chosen.wechat_and_sms == "yes"
    if chosen.notice_template:
        templates = before.get("templates", {}) | dict(chosen.notice_template)
        given["templates"] = {name: text for name, text in templates.items() if text}
    return before | given


def _hospital_fields(chosen: argparse.Namespace, sms: dict[str, str], notice: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "phone", "hours", "time_zone", "issuer", "release_rule", "billed_from")
    fields = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    if chosen.retention is not None:
        fields["retention"] = dict(chosen.retention)
    if chosen.archive_after is not None:
        fields["archive_after_years"] = chosen.archive_after
    given = {"template": chosen.sms_template, "language": chosen.sms_language}
    return fields | {
        "sms": sms | {name: text for name, text in given.items() if text is not None},
        "shows": dict.fromkeys(chosen.show, True) | dict.fromkeys(chosen.hide, False),  # of one that is given twice: hidden
        "notice": _notice_fields(chosen, notice),
    }


def _add_hospital(chosen: argparse.Namespace, deps: Deps) -> Output:
    hospital = hospitals.add(deps, Hospital(tenant=chosen.tenant, **_hospital_fields(chosen, {}, {})))
    return Output(f"已登记 · Added.\n{_hospital_text(hospital)}", asdict(hospital))


def _set_hospital(chosen: argparse.Namespace, deps: Deps) -> Output:
    before = hospitals.find(deps, chosen.tenant)
    fields = _hospital_fields(chosen, before.sms, before.notice)
    hospital = hospitals.amend(deps, chosen.tenant, **fields)
    return Output(f"已修改 · Changed.\n{_hospital_text(hospital)}", asdict(hospital))


def _set_agreement(chosen: argparse.Namespace, deps: Deps) -> Output:
    texts = {} if chosen.withdraw else dict(zip(LANGUAGES, map(_text_of, chosen.file), strict=True))
    hospital = hospitals.set_agreement(deps, chosen.tenant, texts, forced=chosen.forced)
    return Output(f"已修改 · Changed.\n{_hospital_text(hospital)}", asdict(hospital))


def _text_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AgreementUnreadable(file=path.name, why=type(error).__name__) from None
    if not 0 < len(text) <= LONGEST:
        raise AgreementUnreadable(file=path.name, why=f"{len(text)} characters")
    return text


def _show_hospital(chosen: argparse.Namespace, deps: Deps) -> Output:
    hospital = hospitals.find(deps, chosen.tenant)
    return Output(_hospital_text(hospital), asdict(hospital))


def _list_hospitals(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = hospitals.every(deps)
    lines = [f"{name:20}  " + _standing(hospital) for name, hospital in found.items()]
    values = [asdict(hospital) if hospital else {"tenant": name, "lost": True} for name, hospital in found.items()]
    return Output("\n".join(lines) or "没有医院 · No hospital.", values)


def _standing(hospital: Hospital | None) -> str:
    if hospital is None:
        return "索引中没有，请运行 reconcile · its row is lost: run `reconcile`"
    closed = f"  关闭 · closed since {hospital.rebuilding}: run `reconcile`" if hospital.rebuilding else ""
    return hospital.name + closed


def _close_hospitals(chosen: argparse.Namespace, deps: Deps) -> Output:
    closed = close(deps, None if chosen.all else chosen.tenant)
    names = ", ".join(closed) or "—"
    return Output(f"已关闭，直到 reconcile 开放 · Closed until `reconcile` opens them: {names}", closed)


def _agreement_text(agreement: dict[str, Any]) -> str:
    if not agreement.get("sha256"):
        return "—"
    return f"{agreement['version']}" + (" 强制 · forced" if agreement["forced"] else "")


def _hospital_text(hospital: Hospital) -> str:
    return aligned(
        tenant=hospital.tenant,
        name=hospital.name,
        phone=hospital.phone,
        hours=hospital.hours,
        time_zone=hospital.time_zone,
        issuer=hospital.issuer,
        release=hospital.release_rule,
        retention=", ".join(f"{kind} {years}" for kind, years in {DEFAULT: DEFAULT_YEARS, **hospital.retention}.items()),
        archive=f"{hospital.archive_after_years} years" if hospital.archive_after_years else "—",
        billed_from=hospital.billed_from or "—",
        hidden=", ".join(name for name in SWITCHES if not hospital.shows.get(name, True)) or "—",
        agreement=_agreement_text(hospital.agreement),
        sms=", ".join(f"{name}: {text}" for name, text in hospital.sms.items()),
        **_notice_text(hospital.notice),
    )


def _notice_text(notice: dict[str, Any]) -> dict[str, Any]:
    quiet = f"{notice['quiet_from']}-{notice['quiet_to']}" if notice.get("quiet_from") else "—"
    return {
        "quiet": quiet,
        "publish_at": notice.get("publish_at") or "—",
        "daily_limit": rules.limit_of(notice),
        "between": f"{rules.between_s_of(notice)} s",
        "wechat": "SMS also · 短信同发" if notice.get("both") else "SMS where WeChat refuses · 微信失败时发短信",
        "templates": ", ".join(f"{name}={text}" for name, text in sorted(notice.get("templates", {}).items())) or "—",
    }


def _new_code(chosen: argparse.Namespace, deps: Deps) -> Output:
    code = agents.new_code(deps, chosen.tenant, chosen.ae_title, by=f"operator:{getpass.getuser()}")
    text = (
        f"{code.code}\n一次有效，至 {code.expires_at} · "
        f"Once, until {code.expires_at}, for AE title {code.ae_title} of {code.tenant}."
    )
    return Output(text, asdict(code))
