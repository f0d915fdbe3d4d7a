"""What the demo says while it works: one line a step, in Chinese and English, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

WIDTH = 100


class Step:
    """A step under way; `progress` replaces what stands behind its name."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._shown = 0.0

    def progress(self, text: str) -> None:
        """Show how far it is. Cheap to call often: a terminal is redrawn ten times a second at most, a file never."""
        now = time.monotonic()
        if self._console.terminal and now - self._shown >= 0.1:
            self._shown = now
            self._console.redraw(f"  … {self._title}  {text}")


class Console:
    """Prints to `out`. steps: what was done and how long it took, in order."""

    def __init__(self, out: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self.terminal = out.isatty()
        self.steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Name a step, then tick it off with its time; a failure leaves its name standing."""
        started = self._clock()
        if self.terminal:
            self.redraw(f"  … {title}")
        try:
            yield Step(self, title)
        except BaseException:
            self.say(f"  ✗ {title}")
            raise
        seconds = self._clock() - started
        self.steps.append((title, seconds))
        self.say(f"  ✓ {_padded(title, 64)} {seconds:6.1f} s")

    def redraw(self, line: str) -> None:
        """Write over the current line."""
        self._out.write("\r\x1b[K" + _cut(line, WIDTH))
        self._out.flush()

    def say(self, text: str = "") -> None:
        """A line that stays."""
        self._out.write(("\r\x1b[K" if self.terminal else "") + text + "\n")
        self._out.flush()


def _columns(text: str) -> int:
    """Terminal columns: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - _columns(text))


def _cut(text: str, columns: int) -> str:
    while _columns(text) > columns:
        text = text[:-1]
    return text
