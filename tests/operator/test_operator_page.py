"""docs/operator.md shows every command, and every command that it shows is one."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.adapters.settings import from_environment
from iac.operator.commands import register

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operator.md").read_text(encoding="utf-8")
COMMAND = "    .venv/bin/python -m iac.operator "
EXAMPLES = [line.removeprefix(COMMAND) for line in PAGE.splitlines() if line.startswith(COMMAND)]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    made.add_argument("--json", action="store_true")
    register(made)
    return made


def commands(within: argparse.ArgumentParser, said: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every thing and action that the parser knows."""
    below = [action for action in within._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield said
    for action in below:
        for name, one in action.choices.items():
            yield from commands(one, (*said, name))


@pytest.mark.parametrize("command", list(commands(parser())), ids=" ".join)
def test_every_command_has_an_example(command: tuple[str, ...]) -> None:
    assert [example for example in EXAMPLES if f"{' '.join(command)} " in example]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "--help" not in example])
def test_every_example_is_a_command_that_the_parser_takes(example: str) -> None:
    chosen = parser().parse_args(shlex.split(example, comments=True))
    assert callable(chosen.run)


def test_the_page_names_every_variable_that_the_command_needs() -> None:
    needed: dict[str, str] = {}
    while True:
        try:
            from_environment(needed)
            break
        except KeyError as missing:
            needed[missing.args[0]] = "x"
    assert len(needed) > 5
    assert [name for name in needed if f"`{name}`" not in PAGE] == []
