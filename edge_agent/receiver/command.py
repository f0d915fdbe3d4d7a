"""DIMSE command sets: implicit VR little endian, group 0000 (PS3.7 6.3.1). Only what a Storage SCP reads and answers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from edge_agent.errors import ProtocolBroken

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
RESPONSE = 0x8000
NO_DATA_SET = 0x0101

SUCCESS = 0x0000
UNRECOGNIZED_OPERATION = 0x0211

_ELEMENT = struct.Struct("<HHI")
_U16 = struct.Struct("<H")

AFFECTED_SOP_CLASS_UID = 0x0002
COMMAND_FIELD = 0x0100
MESSAGE_ID = 0x0110
MESSAGE_ID_RESPONDED_TO = 0x0120
DATA_SET_TYPE = 0x0800
STATUS = 0x0900
ERROR_COMMENT = 0x0902
AFFECTED_SOP_INSTANCE_UID = 0x1000

MAX_COMMAND = 65536


@dataclass(frozen=True, slots=True)
class Command:
    """A request. UIDs are empty when the request has none."""

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_uid: str


def parse(raw: bytes) -> Command:
    """Raises ProtocolBroken when it cannot be answered: unreadable, or without command field or message id."""
    elements: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        if position + _ELEMENT.size > len(raw):
            raise ProtocolBroken(reason="command set cut")
        group, element, length = _ELEMENT.unpack_from(raw, position)
        position += _ELEMENT.size
        if group != 0 or position + length > len(raw):
            raise ProtocolBroken(reason="command set with a wrong group or length")
        elements[element] = raw[position : position + length]
        position += length
    try:
        return Command(
            field=_U16.unpack(elements[COMMAND_FIELD])[0],
            message_id=_U16.unpack(elements[MESSAGE_ID])[0],
            has_data_set=_U16.unpack(elements[DATA_SET_TYPE])[0] != NO_DATA_SET,
            sop_class_uid=_uid(elements.get(AFFECTED_SOP_CLASS_UID, b"")),
            sop_uid=_uid(elements.get(AFFECTED_SOP_INSTANCE_UID, b"")),
        )
    except (KeyError, struct.error):
        raise ProtocolBroken(reason="command set without command field, message id or data set type") from None


def _uid(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", "replace")


def reply(command: Command, status: int, comment: str = "") -> bytes:
    """The response's command set. comment: at most 64 characters are sent (LO)."""
    body = b""
    for element, value in (
        (AFFECTED_SOP_CLASS_UID, _padded(command.sop_class_uid, b"\0")),
        (COMMAND_FIELD, _U16.pack(command.field | RESPONSE)),
        (MESSAGE_ID_RESPONDED_TO, _U16.pack(command.message_id)),
        (DATA_SET_TYPE, _U16.pack(NO_DATA_SET)),
        (STATUS, _U16.pack(status)),
        (ERROR_COMMENT, _padded(comment[:64], b" ")),
        (AFFECTED_SOP_INSTANCE_UID, _padded(command.sop_uid, b"\0")),
    ):
        if value:
            body += _ELEMENT.pack(0, element, len(value)) + value
    return _ELEMENT.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def _padded(text: str, pad: bytes) -> bytes:
    value = text.encode("ascii", "replace").replace(b"\\", b"/")
    return value + pad if len(value) % 2 else value
