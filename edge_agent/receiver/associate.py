"""A-ASSOCIATE PDUs: what a request says, and how it is answered. Layout: PS3.8 9.3.2–9.3.4, annex D.

Reading takes a fraction of a millisecond for the 128 contexts that a general sender proposes; a toolkit's objects take fourteen.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent.errors import ProtocolBroken

ACCEPTED, USER_REJECTION, ABSTRACT_SYNTAX_REFUSED, TRANSFER_SYNTAXES_REFUSED = 0, 1, 3, 4

_PDU = struct.Struct(">BxI")
_FIXED = struct.Struct(">HH16s16s32s")  # protocol version, reserved, called and calling AE title, reserved
_ITEM = struct.Struct(">BxH")
_AC, _RJ = 0x02, 0x03
_APPLICATION, _PROPOSED, _ANSWERED, _ABSTRACT, _TRANSFER, _USER = 0x10, 0x20, 0x21, 0x30, 0x40, 0x50
_MAX_LENGTH, _IMPLEMENTATION_CLASS, _ROLES, _IMPLEMENTATION_VERSION = 0x51, 0x52, 0x54, 0x55


class Proposed(NamedTuple):
    """A presentation context as proposed; the sender's order of transfer syntaxes."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: list[str]


class Answered(NamedTuple):
    """A presentation context as answered. result: PS3.8 table 9-18."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    result: int


class Roles(NamedTuple):
    """What the sender may be for one SOP class."""

    scu: bool
    scp: bool


@dataclass(slots=True)
class Request:
    """An A-ASSOCIATE-RQ. AE titles without padding, printable ASCII; titles: both as they came, for the answer."""

    calling_ae_title: str
    called_ae_title: str
    titles: bytes
    application_context: str = ""
    contexts: list[Proposed] = field(default_factory=list)
    roles: dict[str, Roles] = field(default_factory=dict)


def read(raw: bytes) -> Request:
    """Read a whole PDU. What is not needed is passed over. Raises ProtocolBroken."""
    try:
        _, _, called, calling, _ = _FIXED.unpack_from(raw, _PDU.size)
        request = Request(_title(calling), _title(called), called + calling)
        for kind, body in _items(raw, _PDU.size + _FIXED.size):
            if kind == _APPLICATION:
                request.application_context = _text(body)
            elif kind == _PROPOSED:
                request.contexts.append(_proposed(body))
            elif kind == _USER:
                request.roles.update(_role(item) for sub, item in _items(body) if sub == _ROLES)
    except (struct.error, IndexError):
        raise ProtocolBroken(reason="A-ASSOCIATE-RQ cut") from None
    ids = {context.context_id for context in request.contexts}
    if len(ids) != len(request.contexts) or any(number % 2 == 0 for number in ids):
        raise ProtocolBroken(reason="A-ASSOCIATE-RQ with a context id that is even or used twice")
    return request


def accept(
    request: Request,
    contexts: Iterable[Answered],
    roles: dict[str, Roles],
    *,
    max_pdu_bytes: int,
    implementation: tuple[str, str],
) -> bytes:
    """An A-ASSOCIATE-AC. implementation: class UID and version name."""
    body = _FIXED.pack(1, 0, request.titles[:16], request.titles[16:], bytes(32))
    body += _item(_APPLICATION, request.application_context.encode("ascii"))
    for context in contexts:
        syntax = _item(_TRANSFER, context.transfer_syntax.encode("ascii", "replace"))
        body += _item(_ANSWERED, bytes((context.context_id, 0, context.result, 0)) + syntax)
    user = _item(_MAX_LENGTH, struct.pack(">I", max_pdu_bytes))
    user += _item(_IMPLEMENTATION_CLASS, implementation[0].encode("ascii"))
    for sop_class_uid, role in roles.items():
        uid = sop_class_uid.encode("ascii")
        user += _item(_ROLES, struct.pack(">H", len(uid)) + uid + bytes(role))
    user += _item(_IMPLEMENTATION_VERSION, implementation[1].encode("ascii"))
    body += _item(_USER, user)
    return _PDU.pack(_AC, len(body)) + body


def reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ; PS3.8 table 9-21."""
    return _PDU.pack(_RJ, 4) + bytes((0, result, source, reason))


def _items(raw: bytes, position: int = 0) -> Iterator[tuple[int, bytes]]:
    while position < len(raw):
        kind, length = _ITEM.unpack_from(raw, position)
        position += _ITEM.size + length
        if position > len(raw):
            raise ProtocolBroken(reason="A-ASSOCIATE-RQ with an item longer than itself")
        yield kind, raw[position - length : position]


def _item(kind: int, body: bytes) -> bytes:
    return _ITEM.pack(kind, len(body)) + body


def _proposed(body: bytes) -> Proposed:
    abstract_syntax, transfer_syntaxes = "", []
    for kind, value in _items(body, 4):
        if kind == _ABSTRACT:
            abstract_syntax = _text(value)
        elif kind == _TRANSFER:
            transfer_syntaxes.append(_text(value))
    return Proposed(body[0], abstract_syntax, transfer_syntaxes)


def _role(body: bytes) -> tuple[str, Roles]:
    (length,) = struct.unpack_from(">H", body)
    return _text(body[2 : 2 + length]), Roles(bool(body[2 + length]), bool(body[3 + length]))


def _text(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", "replace")


def _title(value: bytes) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in value.strip(b"\0 ").decode("latin-1"))
