"""What every command's arguments and answer share."""

from __future__ import annotations

import argparse
from typing import Any

from iac.operator.arguments import tenant


def add_action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument(
        "--tenant", required=True, type=tenant, help="医院短名 · the hospital's short name, a-z 0-9 -; `hospital list` has all"
    )
    return parser


def aligned(**facts: str) -> str:
    """One fact a line, aligned; empty ones are left out."""
    shown = {name.replace("_", " "): text for name, text in facts.items() if text}
    width = max(map(len, shown), default=0)
    return "\n".join(f"{name:{width}}  {text}" for name, text in shown.items())
