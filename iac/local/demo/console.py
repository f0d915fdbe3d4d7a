"""What the demo says while it works: one line a step, in Chinese and English, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TextIO

WIDTH = 80
TICK_S = 0.5


class Step:
    """A step under way: its name, `progress` behind it, and the seconds it has taken so far."""

    def __init__(self, console: Console, title: str, clock: Callable[[], float]) -> None:
        self._console, self._title, self._clock = console, title, clock
        self._started, self._shown, self._text = clock(), 0.0, ""

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self._started

    def progress(self, text: str) -> None:
        """Show how far it is. Cheap to call often: a terminal is redrawn ten times a second at most, a file never."""
        self._text = text
        now = self._clock()
        if now - self._shown >= 0.1:
            self._shown = now
            self.show()

    def show(self) -> None:
        """Redraw its line, on a terminal."""
        if self._console.terminal:
            self._console.redraw(f"  … {_cut(f'{self._title}  {self._text}', WIDTH - 12)} {self.seconds:3.0f} s")

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Redrawn twice a second also while nothing is told: a line that stands still looks like a program that hangs."""
        over = Event()

        def redraw() -> None:
            while not over.wait(TICK_S):
                self.show()

        ticking = Thread(target=redraw, daemon=True)
        if self._console.terminal:
            ticking.start()
        try:
            yield
        finally:
            over.set()
            if self._console.terminal:
                ticking.join()


class Console:
    """Prints to `out`. steps: what was done and how long it took, in order."""

    def __init__(self, out: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self.terminal = out.isatty()
        self.steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Name a step, then tick it off with its time; a failure leaves its name standing."""
        step = Step(self, title, self._clock)
        step.show()
        try:
            with step.moving():
                yield step
        except BaseException:
            self.say(f"  ✗ {title}")
            raise
        seconds = step.seconds
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
