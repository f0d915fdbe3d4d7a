"""The commands, one thing a file: its arguments, what they call, and how the answer reads."""

from __future__ import annotations

import argparse

from iac.operator.commands import account, agent, bill, exam, hospital, link, notice, quarantine, study
from iac.operator.reconcile import command as reconcile


def register(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(title="things", required=True, metavar="THING")
    hospital.register(
        things.add_parser("hospital", help="医院登记、注册码 · add, change, list, show or close hospitals; make enrolment codes")
    )
    agent.register(things.add_parser("agent", help="前置机 · list, show or revoke agents"))
    link.register(things.add_parser("link", help="患者链接 · send a patient's link anew, unlock it or revoke it"))
    exam.register(things.add_parser("exam", help="检查 · show why an exam is held; hide it or show it again"))
    notice.register(things.add_parser("notice", help="短信 · show an exam's messages; settle one whose fate nobody could tell"))
    study.register(things.add_parser("study", help="影像检查 · list studies"))
    quarantine.register(things.add_parser("quarantine", help="待处理 · list what waits for a person"))
    bill.register(things.add_parser("bill", help="账单 · list a hospital's bills, check them, rebuild them"))
    account.register(
        things.add_parser("account", help="员工账号 · add, list, reset, disable or unlock accounts of a hospital's staff")
    )
    reconcile.register(
        things.add_parser("reconcile", help="从存储重建索引 · rebuild lost rows from the vault", description=reconcile.TEXT)
    )
