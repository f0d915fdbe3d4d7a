"""A loopback TCP link that is slow, narrow, cut in the middle or down: between the agent and its cloud or a sender."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import NamedTuple

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST, as a firewall does
_CHUNK = 16 << 10


class Fate(NamedTuple):
    """What one connection meets. rate: bytes/s, 0 = any; cut_up, cut_down: cut after so many bytes to or from the far side."""

    delay_s: float = 0.0
    rate: float = 0.0
    cut_up: int | None = None
    cut_down: int | None = None


CALM = Fate()


def rough(chance: Random, usual_bytes: int) -> Fate:
    """None lives long, so that each run meets many: slow, narrow, cut while asking, cut while answering, or only cut in the end.

    usual_bytes: how much a connection would carry from the near side if it were left alone.
    """
    kind = chance.randrange(8)
    if kind < 2:
        return Fate(cut_up=chance.randrange(usual_bytes // 2, 2 * usual_bytes))
    if kind == 2:
        return Fate(delay_s=chance.uniform(0.01, 0.15), cut_up=2 * usual_bytes)
    if kind == 3:
        return Fate(rate=chance.uniform(20_000, 500_000), cut_up=2 * usual_bytes)
    if kind < 6:
        return Fate(cut_up=chance.randrange(1, usual_bytes // 2))
    return Fate(delay_s=chance.uniform(0.0, 0.02), cut_down=chance.randrange(0, 2_000))  # half an answer, or none


class Link:
    """`rough`: connections get fates by chance; `down`: none works. Both may be changed at any time."""

    def __init__(self, port: int, chance: Random, usual_bytes: int) -> None:
        self._far, self._chance, self._usual_bytes = port, chance, usual_bytes
        self.rough = False
        self._down = False
        self.cuts = self.carried = 0  # connections cut by fate; bytes carried to the far side
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def down(self) -> bool:
        return self._down

    @down.setter
    def down(self, value: bool) -> None:
        self._down = value
        if value:
            with self._lock:
                for end in list(self._open):
                    self._break(end)

    def close(self) -> None:
        self.down = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                fate = rough(self._chance, self._usual_bytes) if self.rough else CALM
            if self._down:
                self._break(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._far))
            except OSError:
                self._break(near)
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=(*ends, fate), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool, fate: Fate) -> None:
        cut = fate.cut_up if is_up else fate.cut_down
        done, pause = 0, threading.Event()
        try:
            while data := source.recv(_CHUNK):
                pause.wait(fate.delay_s + (len(data) / fate.rate if fate.rate else 0))
                if cut is not None and done + len(data) > cut:
                    self.cuts += 1
                    sink.sendall(data[: cut - done])
                    break
                sink.sendall(data)
                done += len(data)
                self.carried += len(data) if is_up else 0
        except OSError:
            pass
        for end in (source, sink):
            with self._lock:
                self._open.discard(end)
                self._break(end)

    @staticmethod
    def _break(end: socket.socket) -> None:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def linked(port: int, chance: Random, usual_bytes: int) -> Iterator[Link]:
    """A link to a loopback port, for as long as the block lasts."""
    link = Link(port, chance, usual_bytes)
    try:
        yield link
    finally:
        link.close()
