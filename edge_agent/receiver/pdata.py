"""Bytes of an association, read as fast as they come. Layout: PS3.8 9.3; only what an established association needs."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge_agent.errors import ProtocolBroken

PDU_HEADER = struct.Struct(">BxI")
PDV_HEADER = struct.Struct(">IBB")
_TIMEVAL = struct.Struct("@ll")  # seconds, microseconds
P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = 0x04, 0x05, 0x06, 0x07
ASSOCIATE_RQ = 0x01

_COMMAND, _LAST = 0x01, 0x02
_BUFFER = 1 << 20
_FIRST_BUFFER = 1 << 16  # until a peer has shown that it speaks DICOM
NEGOTIATION_S = 10.0


class PeerGone(Exception):
    """The connection ended, or nothing came for the idle time."""


class Fragment(NamedTuple):
    """A piece of a message. data is valid until the next piece is asked for."""

    context_id: int
    is_command: bool
    ends: bool  # last piece of the command set or data set
    data: memoryview


class Wire:
    """A connected socket with a read buffer. Belongs to one thread."""

    def __init__(self, connection: socket.socket, now_s: Callable[[], float] = time.monotonic) -> None:
        """The whole request for an association must come within NEGOTIATION_S, however slowly its bytes drip."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._now_s = connection, now_s
        self._until_s: float | None = now_s() + NEGOTIATION_S
        connection.settimeout(NEGOTIATION_S)
        self._buffer = memoryview(bytearray(_FIRST_BUFFER))
        self._start = self._end = 0

    def established(self, idle_timeout_s: float) -> None:
        """The association stands: from now on a full buffer, and a time-out only for silence.

        The system waits, not Python, which would ask before each read and write whether it must.
        """
        self._until_s = None
        self._socket.settimeout(None)
        seconds = _TIMEVAL.pack(int(idle_timeout_s), int(idle_timeout_s % 1 * 1_000_000))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, seconds)
        self._make_room(_BUFFER)

    def _make_room(self, size: int) -> None:
        """Move what is not read yet to the front of a buffer of at least `size` bytes."""
        left = bytes(self._buffer[self._start : self._end])
        if size > len(self._buffer):
            self._buffer = memoryview(bytearray(_BUFFER))
        self._buffer[: len(left)] = left
        self._start, self._end = 0, len(left)

    def send(self, data: bytes) -> None:
        """Raises PeerGone."""
        try:
            self._socket.sendall(data)
        except (BlockingIOError, TimeoutError):
            raise PeerGone("takes no answer") from None
        except OSError as error:
            raise PeerGone(str(error)) from None

    def _fill(self) -> None:
        """Read more; what lies before `_start` is lost."""
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end == len(self._buffer):
            self._make_room(len(self._buffer))
        try:
            if self._until_s is not None:
                left_s = self._until_s - self._now_s()
                if left_s <= 0:
                    raise PeerGone(f"no whole request within {NEGOTIATION_S:g} s")
                self._socket.settimeout(left_s)
            count = self._socket.recv_into(self._buffer[self._end :])
        except (BlockingIOError, TimeoutError):
            raise PeerGone("silent for too long") from None
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not count:
            raise PeerGone("closed by the peer")
        self._end += count

    def exactly(self, count: int) -> memoryview:
        """The next `count` (≤ 1 MiB) bytes. Raises PeerGone, ProtocolBroken."""
        if count > _BUFFER:
            raise ProtocolBroken(reason=f"{count} bytes where at most {_BUFFER} are sensible")
        if self._start + count > len(self._buffer):
            self._make_room(count)
        while self._end - self._start < count:
            self._fill()
        self._start += count
        return self._buffer[self._start - count : self._start]

    def pieces(self, count: int) -> Iterator[memoryview]:
        """The next `count` bytes in pieces as they come."""
        while count:
            if self._start == self._end:
                self._fill()
            size = min(count, self._end - self._start)
            self._start += size
            count -= size
            yield self._buffer[self._start - size : self._start]


def fragments(wire: Wire) -> Iterator[Fragment]:
    """Message pieces until the peer releases (returns). Raises PeerGone (also after A-ABORT), ProtocolBroken.

    A PDV comes in as many pieces as the network made of it; only its last piece can end the set. PDUs larger than agreed
    are read all the same: nothing here depends on their size.
    """
    while True:
        pdu_type, pdu_length = PDU_HEADER.unpack(wire.exactly(PDU_HEADER.size))
        if pdu_type == RELEASE_RQ:
            wire.exactly(pdu_length)
            return
        if pdu_type == ABORT:
            raise PeerGone("aborted by the peer")
        if pdu_type != P_DATA:
            raise ProtocolBroken(reason=f"PDU type {pdu_type:#04x} in an established association")
        while pdu_length:
            if pdu_length < PDV_HEADER.size:
                raise ProtocolBroken(reason="PDV cut by its PDU")
            pdv_length, context_id, control = PDV_HEADER.unpack(wire.exactly(PDV_HEADER.size))
            pdu_length -= 4 + pdv_length
            if pdu_length < 0 or pdv_length < 2:
                raise ProtocolBroken(reason=f"PDV length {pdv_length} does not fit into its PDU")
            left = pdv_length - 2
            is_command, is_last = bool(control & _COMMAND), bool(control & _LAST)
            if not left:
                yield Fragment(context_id, is_command, is_last, memoryview(b""))
            for piece in wire.pieces(left):
                left -= len(piece)
                yield Fragment(context_id, is_command, is_last and not left, piece)


def data_pdu(context_id: int, command: bytes) -> bytes:
    """A whole command set as one P-DATA-TF PDU. Replies are far smaller than any agreed PDU."""
    pdv = PDV_HEADER.pack(len(command) + 2, context_id, _COMMAND | _LAST)
    return PDU_HEADER.pack(P_DATA, len(pdv) + len(command)) + pdv + command


def release_reply() -> bytes:
    return PDU_HEADER.pack(RELEASE_RP, 4) + bytes(4)


def abort(source: int = 2, reason: int = 0) -> bytes:
    """A-ABORT; source 2 = service provider; reason 2 = unexpected PDU, 6 = invalid parameter (PS3.8 table 9-26)."""
    return PDU_HEADER.pack(ABORT, 4) + bytes((0, 0, source, reason))
