"""python -m edge_agent run | status | doctor | enrol | release"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge_agent import __version__, tools
from edge_agent.errors import AgentError


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 good, 2 wrong usage, 1 an error, told on standard error.

    `doctor` and `status --drained` also end with 1; what they print says why.
    """
    options = command_line().parse_args(arguments)
    try:
        if options.command == "doctor":
            return _doctor(options.config, options.json)
        tools.require()
        from edge_agent import config

        settings = config.load(options.config)
        if options.command == "run":
            from edge_agent.run import run

            run(settings)
        elif options.command == "enrol":
            from edge_agent.enrol import enrol

            who = enrol(settings, options.code)
            print(f"已登记 · enrolled: {who.hospital} (tenant {who.tenant}), agent {who.agent}")
        elif options.command == "release":
            from edge_agent.status import discard_damaged, release

            if options.discard_damaged:
                gone = discard_damaged(settings)
                print(f"已丢弃损坏的 {gone} 项 · {gone} damaged discarded")
            count = release(settings)
            print(f"已放行 {count} 项 · {count} released")
        else:
            from edge_agent.status import as_json, look, waiting
            from edge_agent.status_text import as_text, as_waiting

            view = look(settings)
            if options.drained:
                print(as_waiting(view))
                return 1 if any(waiting(view).values()) else 0
            print(as_json(view) if options.json else as_text(view))
    except AgentError as error:
        print(error.line(), file=sys.stderr)
        return 1
    except OSError as error:
        what = f"{error.filename or 'network'}: {error.strerror or error}"
        print(f"操作系统拒绝：{what}。请运行 doctor。 · The system refused: {what}. Run doctor.", file=sys.stderr)
        return 1
    return 0


def _doctor(config: Path, as_json: bool) -> int:
    from edge_agent import doctor
    from edge_agent.doctor import table

    findings = doctor.examine(config)
    print(table.as_json(findings) if as_json else table.as_text(findings))
    return 0 if table.is_well(findings) else 1


def command_line() -> argparse.ArgumentParser:
    """What may be typed."""
    parser = argparse.ArgumentParser(prog="python -m edge_agent", description="Lightbox's agent in the hospital.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in (
        ("run", "receive, pack and send until stopped"),
        ("status", "what the spool holds, of a running agent too"),
        ("doctor", "check settings, machine and cloud, and say what to do; changes nothing"),
        ("enrol", "trade a one-time code for an identity"),
        ("release", "let what is parked try again; the agent must be stopped"),
    ):
        command = commands.add_parser(name, help=told, description=told)
        command.add_argument("--config", type=Path, required=True, help="settings file (YAML)")
        if name in ("status", "doctor"):
            command.add_argument("--json", action="store_true", help="for programs")
        if name == "status":
            command.add_argument(
                "--drained", action="store_true", help="only whether the cloud has everything; exit status 1 if not"
            )
        if name == "release":
            command.add_argument(
                "--discard-damaged", action="store_true", help="and give up the objects whose bytes are damaged: they are deleted"
            )
        if name == "enrol":
            command.add_argument("--code", required=True, help="one-time code from the operator")
    return parser


if __name__ == "__main__":
    sys.exit(main())
