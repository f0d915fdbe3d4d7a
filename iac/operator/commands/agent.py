"""Agents: who they are, when they were heard, and the end of one."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict

from functions.adapters import agents
from functions.adapters.wiring import Deps
from functions.core.study.enrolment import agent_id
from iac.operator.arguments import ae_title, tenant
from iac.operator.commands.saying import add_action, aligned
from iac.operator.output import Output


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show_agent, "显示前置机及最近心跳 · Show an agent and its last heartbeat."),
        ("revoke", _revoke_agent, "吊销前置机 · End all keys of an agent, from its next request on."),
    ):
        add_action(actions, name, run, text).add_argument("--ae-title", required=True, type=ae_title)
    text = "列出所有前置机；有失联的则退出码为 1 · List all hospitals' agents. Exit status 1 when one is silent."
    every = actions.add_parser("list", help=text, description=text)
    every.set_defaults(run=_list_agents)
    every.add_argument("--tenant", type=tenant, help="仅此医院 · of this hospital only")


SILENT = "失联：两分钟没有心跳 · SILENT: not heard for two minutes"


def _list_agents(chosen: argparse.Namespace, deps: Deps) -> Output:
    found = list(agents.every(deps, chosen.tenant))
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
    one = agents.show(deps, chosen.tenant, agent_id(chosen.tenant, chosen.ae_title))
    agent, beat, silent = one.agent, one.heartbeat, one.silent
    spool = beat.spool if beat else {}
    text = aligned(
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
    named = agent_id(chosen.tenant, chosen.ae_title)
    agent = agents.revoke(deps, chosen.tenant, named, by=f"operator:{getpass.getuser()}")
    return Output(
        f"已吊销 · Agent {agent.agent} is revoked since {agent.revoked_at}; {len(agent.keys_held)} keys.", asdict(agent)
    )
