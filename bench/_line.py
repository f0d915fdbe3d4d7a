"""A line of a given speed and round trip in front of a server on this machine, for everything that a browser asks for.

Chromium's own throttling forgets workers and the codec that they load; a line forgets nothing, and counts what it carries.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

CHUNK = 4096


class Line:
    """Bytes towards the browser queue up at `bytes_per_s`, whatever connection they come on. port: of the browser's end."""

    def __init__(self, host: str, port: int, bytes_per_s: float, round_trip_s: float) -> None:
        self.port = 0
        self._host, self._server_port = host, port
        self._bytes_per_s, self._half_trip_s = bytes_per_s, round_trip_s / 2
        self._free_at = 0.0
        self._times: list[float] = []  # epoch seconds of each delivery
        self._totals: list[int] = []  # bytes delivered by then

    def carried_bytes(self, until: float | None = None) -> int:
        """Bytes that reached the browser by `until` (epoch seconds; now unless given), headers included."""
        place = len(self._times) if until is None else bisect.bisect_right(self._times, until)
        return self._totals[place - 1] if place else 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        await asyncio.sleep(2 * self._half_trip_s)  # SYN, SYN-ACK
        up_reader, up_writer = await asyncio.open_connection(self._host, self._server_port)
        with contextlib.suppress(asyncio.CancelledError):  # the line is taken down
            await asyncio.gather(self._carry(reader, up_writer, shaped=False), self._carry(up_reader, writer, shaped=True))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, shaped: bool) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)
        delivery = asyncio.ensure_future(self._deliver(queue, writer, counted=shaped))
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                leaves = loop.time()
                if shaped:
                    self._free_at = max(self._free_at, leaves) + len(data) / self._bytes_per_s
                    leaves = self._free_at
                await queue.put((leaves + self._half_trip_s, data))
        await queue.put((0.0, b""))
        await delivery

    async def _deliver(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, *, counted: bool) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while (item := await queue.get())[1]:
                await asyncio.sleep(max(0.0, item[0] - loop.time()))
                if counted:
                    self._totals.append(self.carried_bytes() + len(item[1]))
                    self._times.append(time.time())
                writer.write(item[1])
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()


@contextmanager
def line(port: int, *, mbit_s: float, round_trip_ms: float, host: str = "127.0.0.1") -> Iterator[Line]:
    """The line, up. port: of the server. mbit_s: towards the browser, all connections together."""
    shaped = Line(host, port, mbit_s * 1e6 / 8, round_trip_ms / 1000)
    ready: Future[int] = Future()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(shaped.accept, host, 0)
        ready.set_result(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        shaped.port = ready.result(20)
        yield shaped
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
