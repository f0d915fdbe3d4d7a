"""The commands: their arguments, what they call, and how the answer reads."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from typing import Any

from functions.adapters.wiring import Deps
from functions.core.access.masking import mask_phone
from functions.core.notice.notices import Notice
from functions.core.study.agents import is_silent
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.hospitals import Hospital
from functions.core.study.quarantine import advice
from iac.operator import exams, hospitals, notices
from iac.operator.arguments import ae_title, day, tenant
from iac.operator.output import Output
from iac.operator.reconcile import command as reconcile
from iac.operator.reconcile.closing import close


def register(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(title="things", required=True, metavar="THING")
    _hospital(
        things.add_parser("hospital", help="医院登记、注册码 · add, change, list, show or close hospitals; make enrolment codes")
    )
    _agent(things.add_parser("agent", help="前置机 · list, show or revoke agents"))
    _link(things.add_parser("link", help="患者链接 · send a patient's link anew, unlock it or revoke it"))
    _exam(things.add_parser("exam", help="检查 · show why an exam is held; hide it or show it again"))
    _notice(things.add_parser("notice", help="短信 · show an exam's messages; settle one whose fate nobody could tell"))
    _study(things.add_parser("study", help="影像检查 · list studies"))
    _quarantine(things.add_parser("quarantine", help="待处理 · list what waits for a person"))
    reconcile.register(
        things.add_parser("reconcile", help="从存储重建索引 · rebuild lost rows from the vault", description=reconcile.TEXT)
    )


def _action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument(
        "--tenant", required=True, type=tenant, help="医院短名 · the hospital's short name, a-z 0-9 -; `hospital list` has all"
    )
    return parser


# -- hospitals and agents ---------------------------------------------------------------------------------------------------


def _hospital(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = _action(actions, "add", _add_hospital, "登记医院 · Add a hospital.")
    add.add_argument("--name", required=True, help="患者熟悉的名称 · as patients know it")
    amend = _action(actions, "set", _set_hospital, "修改医院，未给出的不变 · Change a hospital; what is not given stays.")
    amend.add_argument("--name")
    for one in (add, amend):
        one.add_argument("--phone", help="患者拨打的电话 · whom patients call")
        one.add_argument("--hours", help="接听时间 · when they may call")
        one.add_argument("--time-zone", help="时区 · IANA name; Asia/Shanghai if not given")
        one.add_argument("--issuer", help="Issuer of Patient ID where images and reports give none; do not change it later")
        one.add_argument(
            "--release-rule", choices=["report_and_images", "report_alone"], help="发布条件 · when an exam is published"
        )
        one.add_argument("--sms-template", help="短信模板 · with {hospital} and {url} where these go")
        one.add_argument("--sms-language", choices=["zh-CN", "en"])
    _action(actions, "show", _show_hospital, "显示医院 · Show a hospital.")
    text = "列出所有医院 · List all hospitals."
    actions.add_parser("list", help=text, description=text).set_defaults(run=_list_hospitals)
    text = "关闭医院，直到 reconcile 重新开放 · Close hospitals until `reconcile` opens them: before a restored table is used."
    closing = actions.add_parser("close", help=text, description=text)
    closing.set_defaults(run=_close_hospitals)
    which = closing.add_mutually_exclusive_group(required=True)
    which.add_argument("--tenant", type=tenant, help="this hospital only")
    which.add_argument("--all", action="store_true", help="every hospital that the vault knows of")
    code = _action(
        actions,
        "enrolment-code",
        _new_code,
        "生成一次性注册码，15 分钟有效 · Make a one-time code for an agent; it lives 15 minutes.",
    )
    code.add_argument("--ae-title", required=True, type=ae_title, help="前置机的 AE title · the agent's AE title")


def _hospital_fields(chosen: argparse.Namespace, sms: dict[str, str]) -> dict[str, Any]:
    names = ("name", "phone", "hours", "time_zone", "issuer", "release_rule")
    fields = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    given = {"template": chosen.sms_template, "language": chosen.sms_language}
    return fields | {"sms": sms | {name: text for name, text in given.items() if text is not None}}


def _add_hospital(chosen: argparse.Namespace, deps: Deps) -> Output:
    hospital = hospitals.add(deps, Hospital(tenant=chosen.tenant, **_hospital_fields(chosen, {})))
    return Output(f"已登记 · Added.\n{_hospital_text(hospital)}", asdict(hospital))


def _set_hospital(chosen: argparse.Namespace, deps: Deps) -> Output:
    fields = _hospital_fields(chosen, hospitals.find(deps, chosen.tenant).sms)
    hospital = hospitals.amend(deps, chosen.tenant, **fields)
    return Output(f"已修改 · Changed.\n{_hospital_text(hospital)}", asdict(hospital))


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


def _hospital_text(hospital: Hospital) -> str:
    return _lines(
        tenant=hospital.tenant,
        name=hospital.name,
        phone=hospital.phone,
        hours=hospital.hours,
        time_zone=hospital.time_zone,
        issuer=hospital.issuer,
        release=hospital.release_rule,
        sms=", ".join(f"{name}: {text}" for name, text in hospital.sms.items()),
    )


def _new_code(chosen: argparse.Namespace, deps: Deps) -> Output:
    code = hospitals.new_code(deps, chosen.tenant, chosen.ae_title)
    text = (
        f"{code.code}\n一次有效，至 {code.expires_at} · "
        f"Once, until {code.expires_at}, for AE title {code.ae_title} of {code.tenant}."
    )
    return Output(text, asdict(code))


def _agent(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show_agent, "显示前置机及最近心跳 · Show an agent and its last heartbeat."),
        ("revoke", _revoke_agent, "吊销前置机 · End all keys of an agent, from its next request on."),
    ):
        _action(actions, name, run, text).add_argument("--ae-title", required=True, type=ae_title)
    text = "列出所有前置机；有失联的则退出码为 1 · List all hospitals' agents. Exit status 1 when one is silent."
    every = actions.add_parser("list", help=text, description=text)
    every.set_defaults(run=_list_agents)
    every.add_argument("--tenant", type=tenant, help="仅此医院 · of this hospital only")


SILENT = "失联：15 分钟没有心跳 · SILENT: not heard for 15 minutes"


def _list_agents(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = list(hospitals.agents(deps, chosen.tenant))
    lines = [
        f"{one.agent.tenant}  {one.agent.ae_title:16}  {one.heartbeat.at if one.heartbeat else 'never heard':20}"
        + (f"  {SILENT}" if one.silent else "  已吊销 · revoked" if one.agent.revoked_at else "")
        for one in found
    ]
    return Output(
        "\n".join(lines) or "没有前置机 · No agent.",
        [asdict(one) for one in found],
        int(any(one.silent for one in found)),
        SILENT,
    )


def _show_agent(chosen: argparse.Namespace, deps: Deps) -> Output:
    agent, beat = hospitals.show_agent(deps, chosen.tenant, chosen.ae_title)
    spool = beat.spool if beat else {}
    silent = is_silent(agent, beat, deps.clock.now())
    text = _lines(
        agent=agent.agent,
        ae_title=agent.ae_title,
        enrolled=agent.enrolled_at,
        revoked=agent.revoked_at or "no",
        last_heard=(beat.at if beat else "never") + (f", {SILENT}" if silent else ""),
        version=beat.version_text if beat else "",
        spool=", ".join(_spool_fact(name, count) for name, count in spool.items())
        + (", 已满，暂停接收 · FULL: senders are refused" if beat and beat.full else ""),
        parked=str(beat.parked) if beat else "",
        overdue=str(beat.overdue) if beat else "",
    )
    return Output(text, {**asdict(agent), "heartbeat": asdict(beat) if beat else None, "silent": silent}, urgent=SILENT)


def _spool_fact(name: str, count: int) -> str:
    """Bytes as people read them."""
    return (
        f"{name.removesuffix('bytes').strip('_') or 'size'} {count / 2**30:.2f} GiB"
        if name.endswith("bytes")
        else f"{name} {count}"
    )


def _revoke_agent(chosen: argparse.Namespace, deps: Deps) -> Output:
    agent = hospitals.revoke_agent(deps, chosen.tenant, chosen.ae_title)
    return Output(
        f"已吊销 · Agent {agent.agent} is revoked since {agent.revoked_at}; {len(agent.keys_held)} keys.", asdict(agent)
    )


# -- exams, links, studies --------------------------------------------------------------------------------------------------


def _which_exam(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--exam", help="检查在本系统中的名称 · the exam's name in this system")
    which.add_argument("--accession-number")
    which.add_argument("--study-uid", help="没有检查号时 · of an exam without accession number")


def _exam_name(chosen: argparse.Namespace, deps: Deps) -> str:
    if chosen.exam:
        return str(chosen.exam)
    return exams.exam_name(deps, chosen.tenant, accession_number=chosen.accession_number or "", study_uid=chosen.study_uid or "")


def _link(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("unlock", _unlock_link, "解锁链接 · Open a link again that wrong answers have locked."),
        ("revoke", _revoke_link, "撤销链接 · End a link and the sessions that it opened."),
    ):
        action = _action(actions, name, run, text)
        _which_exam(action)
        action.add_argument("--channel", choices=["sms", "paper"], default="sms")
        action.add_argument("--serial", type=int, default=1, help="链接序号 · 1 unless a second link was made")
    issue = _action(
        actions,
        "issue",
        _issue_link,
        "重发链接短信 · Send a published exam's link by SMS once more, a new one if the old one ended.",
    )
    _which_exam(issue)


def _issue_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    exam = exams.tell_again(deps, chosen.tenant, _exam_name(chosen, deps), f"operator:{getpass.getuser()}")
    return Output(
        "短信将发往登记的手机 · An SMS goes to the registered phone; `notice show` says what became of it.", _exam_value(exam)
    )


def _unlock_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    link = exams.find_link(deps, chosen.tenant, _exam_name(chosen, deps), chosen.channel, chosen.serial)
    link = exams.unlock_link(deps, link)
    return Output(
        "链接已解锁，可试五次 · The link is open: five tries.",
        {"link": link.digest, "exam": link.exam, "locked_until": link.locked_until},
    )


def _revoke_link(chosen: argparse.Namespace, deps: Deps) -> Output:
    link = exams.find_link(deps, chosen.tenant, _exam_name(chosen, deps), chosen.channel, chosen.serial)
    link = exams.revoke_link(deps, link)
    return Output("链接已撤销 · The link is revoked.", {"link": link.digest, "exam": link.exam, "revoked": link.revoked})


def _exam(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("status", _exam_status, "显示检查状态及未发布的原因 · Show an exam's states and why it is held."),
        ("hide", _exam_decision, "立即对患者隐藏 · Hide an exam from its patient, at once."),
        ("show", _exam_decision, "重新展示 · Show an exam again that was hidden or whose report was retracted."),
    ):
        action = _action(actions, name, run, text)
        action.set_defaults(action=name)
        _which_exam(action)


def _exam_status(chosen: argparse.Namespace, deps: Deps) -> Output:
    exam = exams.find(deps, chosen.tenant, _exam_name(chosen, deps))
    return Output(_exam_text(exam), _exam_value(exam))


def _exam_decision(chosen: argparse.Namespace, deps: Deps) -> Output:
    by = f"operator:{getpass.getuser()}"
    exam = exams.decide(deps, chosen.tenant, _exam_name(chosen, deps), chosen.action, by)
    return Output(_exam_text(exam), _exam_value(exam))


def _exam_text(exam: Any) -> str:
    return _lines(
        exam=exam.exam,
        images=exam.imaging,
        report=f"{exam.reporting} (version {exam.report_version})" if exam.report_version else exam.reporting,
        release=exam.release,
        because=", ".join(exam.reasons),
        studies=", ".join(exam.studies),
    )


def _exam_value(exam: Any) -> dict[str, Any]:
    names = ("exam", "imaging", "reporting", "report_version", "release", "release_serial", "reasons")
    return {name: getattr(exam, name) for name in names} | {"studies": sorted(exam.studies)}


def _notice(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _which_exam(
        _action(actions, "show", _show_notices, "显示检查的短信 · Show the messages about an exam and what became of them.")
    )
    settle = _action(
        actions, "settle", _settle_notice, "处理结果不明的短信 · Say what became of a held message, or send it once more."
    )
    _which_exam(settle)
    settle.add_argument(
        "--outcome", required=True, choices=list(notices.OUTCOMES), help="请先询问患者或短信商 · ask patient or provider first"
    )


def _show_notices(chosen: argparse.Namespace, deps: Deps) -> Output:
    return _notices_output(deps, notices.of_exam(deps, chosen.tenant, _exam_name(chosen, deps)))


def _settle_notice(chosen: argparse.Namespace, deps: Deps) -> Output:
    by = f"operator:{getpass.getuser()}"
    return _notices_output(deps, [notices.settle(deps, chosen.tenant, _exam_name(chosen, deps), chosen.outcome, by)])


def _notices_output(deps: Deps, found: list[Notice]) -> Output:
    patients = [exams.patient_of(deps, exams.find(deps, notice.tenant, notice.exam)) for notice in found]
    phones = [mask_phone(patient.phone) if patient else "" for patient in patients]  # as registered now
    lines = [
        f"{notice.channel} {notice.event[:12]}  {phone or 'no phone'}  {notice.state}, {notice.attempts} attempts"
        for notice, phone in zip(found, phones, strict=True)
    ]
    values = [{**asdict(notice), "phone": phone} for notice, phone in zip(found, phones, strict=True)]
    return Output("\n".join(lines) or "没有短信 · No message.", values)


def _study(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = _action(actions, "list", _list_studies, "列出某日的检查 · List the studies that were scanned on a day.")
    listing.add_argument("--day", required=True, type=day, help="检查日期 · the scan's day, yyyy-mm-dd, UTC")


def _list_studies(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = [(study, exams.state_of(deps, study).value) for study in exams.studies_of(deps, chosen.tenant, chosen.day)]
    lines = [
        f"{study.at or study.created_at}  {study.study}  {'/'.join(study.modalities):8}  {state:10}  {study.imaging:9}  "
        f"{study.received}/{study.declared if study.declared is not None else '?'}  exam {study.exam or '-'}"
        for study, state in found
    ]
    names = ("study", "exam", "at", "modalities", "imaging", "received", "declared")
    values = [{name: getattr(study, name) for name in names} | {"state": state} for study, state in found]
    return Output("\n".join(lines) or "没有检查 · No study.", values)


def _quarantine(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = _action(
        actions, "list", _list_quarantine, "列出待处理的事项和办法 · List what waits for a person, and what to do about it."
    )
    show.add_argument("--closed", action="store_true", help="包括已处理的 · also what was settled")


def _list_quarantine(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = list(exams.waiting(deps, chosen.tenant, closed=chosen.closed))
    lines = [f"{entry.at}  {_what_waits(entry, deps)}\n    {entry.reason}: {advice(entry.reason)}" for entry in found]
    return Output(
        "\n".join(lines) or "没有待处理的事项 · Nothing waits.",
        [{**asdict(entry), "advice": advice(entry.reason)} for entry in found],
    )


def _what_waits(entry: QuarantineEntry, deps: Deps) -> str:
    """By name; of a series also what a radiographer finds it by, none of it a person's."""
    text = f"{entry.subject} {entry.name}"
    found = exams.series_in_conflict(deps, entry) if entry.subject == "series" else None
    if found is None:
        return text
    study, series = found
    where = f"{study.at or '?'} {series.modality}, 序列 · series {series.number if series.number is not None else '?'}"
    return f"{text} of study {entry.study}: {where}, 影像 · images {entry.count}"


def _lines(**facts: str) -> str:
    """One fact a line, aligned; empty ones are left out."""
    shown = {name.replace("_", " "): text for name, text in facts.items() if text}
    width = max(map(len, shown), default=0)
    return "\n".join(f"{name:{width}}  {text}" for name, text in shown.items())
