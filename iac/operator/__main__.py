"""`python -m iac.operator <thing> <action> …`: parse, call, print. With --json, one JSON value on standard output."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

try:
    from functions.adapters import wiring
    from functions.adapters.wiring import Deps
    from functions.core import plain_text
    from functions.core.errors import LightboxError
    from iac.operator.commands import register
    from iac.operator.output import Output
except ModuleNotFoundError as missing:  # the system's Python, most likely
    if __name__ != "__main__":
        raise
    sys.exit(
        f"缺少 Python 库 {missing.name}：请先 make setup，再用 .venv/bin/python -m iac.operator · "
        f"Python library {missing.name} is missing: run `make setup`, then `.venv/bin/python -m iac.operator`."
    )


def main(arguments: Sequence[str] | None = None, deps: Callable[[], Deps] = wiring.production) -> int:
    """Returns the exit status: 0 done, 1 refused with the reason, 2 misuse (argparse); `reconcile`'s 3: not all was rebuilt."""
    parser = argparse.ArgumentParser(
        prog="python -m iac.operator",
        description="医院、前置机、链接、检查；使用您的 AWS 凭证和部署的 LIGHTBOX_… 变量 · "
        "Hospitals, agents, links, exams. Uses your AWS credentials and the deployment's LIGHTBOX_… variables.",
    )
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 值 · print one JSON value instead of text")
    register(parser)
    chosen = parser.parse_args(arguments)
    try:
        with _without_function_output():
            output: Output = chosen.run(chosen, deps())
    except LightboxError as error:
        print(f"{error}\n{error.advice}", file=sys.stderr)
        return 1
    except KeyError as missing:
        if not str(missing.args[0]).startswith("LIGHTBOX_"):
            raise
        print(
            f"没有设置 · {missing.args[0]} is not set.\n请先导出部署的 LIGHTBOX_… 变量 · Export the deployment's "
            "LIGHTBOX_… variables first "
            "(docs/operator.md).",
            file=sys.stderr,
        )
        return 1
    print(_json(output.value) if chosen.json else _text(output, colours=sys.stdout.isatty()))
    return output.status


@contextmanager
def _without_function_output() -> Iterator[None]:
    """Logs and metrics of the functions' code go nowhere: standard output is the command's answer alone."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            yield
    finally:
        logging.disable(before)


def _text(output: Output, *, colours: bool) -> str:
    text = plain_text.lines(output.text)
    return text.replace(output.urgent, f"\x1b[31m{output.urgent}\x1b[0m") if colours and output.urgent else text


def _json(value: Any) -> str:
    """What a terminal would take for a command, and what turns the reading direction, stands escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return plain_text.NOT_SHOWN.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


if __name__ == "__main__":
    sys.exit(main())
