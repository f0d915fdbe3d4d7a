"""A-ASSOCIATE: what is agreed with a sender. associate.py reads and writes the PDUs; this module decides.

Taken: Verification, and storage of every SOP class, private and unknown ones included, in whatever transfer syntax the
sender prefers, encapsulated and deflated ones included. Refused: contexts where we would not be the SCP, and syntaxes
whose pixels are elsewhere (JPIP).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from edge_agent.receiver import associate
from edge_agent.receiver.associate import Answered, Proposed, Roles
from edge_agent.receiver.data_set_check import EXPLICIT_BIG, IMPLICIT_LITTLE

IMPLEMENTATION = ("2.25.201835479113086514226357182004713861", "LIGHTBOX_1")
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"

_STANDARD, _STORAGE = "1.2.840.10008.", "1.2.840.10008.5.1.4.1.1."
_STORAGE_ELSEWHERE = {"1.2.840.10008.5.1.4.34.7", "1.2.840.10008.5.1.4.34.10"}  # radiotherapy delivery instructions
_NOT_OF_A_STUDY = {_STORAGE + f"200.{number}" for number in (1, 3, 4, 5, 6, 7)}  # protocols, and services for them
_INVENTORIES = _STORAGE + "201."
_LAST_CHOICES = {EXPLICIT_BIG: 1, IMPLICIT_LITTLE: 2}  # implicit VR forgets the types of private attributes
_PIXELS_ELSEWHERE = {
    "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.204",
    "1.2.840.10008.1.2.4.205",
}

REJECTED_PERMANENT, REJECTED_TRANSIENT = 1, 2
_USER, _PRESENTATION = 1, 3
CALLED_AE_NOT_RECOGNIZED = (REJECTED_PERMANENT, _USER, 7)
CONTEXT_NAME_NOT_SUPPORTED = (REJECTED_PERMANENT, _USER, 2)
LOCAL_LIMIT_EXCEEDED = (REJECTED_TRANSIENT, _PRESENTATION, 2)

_UID = re.compile(r"[0-9.]{1,64}")


@dataclass(frozen=True, slots=True)
class Agreed:
    """contexts: context id → (abstract syntax, transfer syntax) of those accepted."""

    calling_ae_title: str
    called_ae_title: str
    contexts: dict[int, tuple[str, str]]
    answer: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """reason: for the log."""

    calling_ae_title: str
    called_ae_title: str
    reason: str
    answer: bytes


def negotiate(raw: bytes, *, ae_title: str | None, max_pdu_bytes: int, room: bool) -> Agreed | Rejected:
    """Answer an A-ASSOCIATE-RQ PDU.

    ae_title: the called AE title to insist on, or None. room: False when too many associations are open.
    Raises ProtocolBroken when the PDU cannot be read.
    """
    request = associate.read(raw)
    calling, called = request.calling_ae_title, request.called_ae_title
    if request.application_context != APPLICATION_CONTEXT:
        return Rejected(calling, called, "another application context", associate.reject(*CONTEXT_NAME_NOT_SUPPORTED))
    if ae_title is not None and called != ae_title:
        return Rejected(calling, called, "called AE title is not ours", associate.reject(*CALLED_AE_NOT_RECOGNIZED))
    if not room:
        return Rejected(calling, called, "too many associations", associate.reject(*LOCAL_LIMIT_EXCEEDED))
    answered = [_answer(context, request.roles) for context in request.contexts]
    accepted = {
        context.context_id: (context.abstract_syntax, context.transfer_syntax)
        for context in answered
        if context.result == associate.ACCEPTED
    }
    taken = {abstract_syntax for abstract_syntax, _ in accepted.values()}
    roles = {uid: Roles(scu=True, scp=False) for uid, role in request.roles.items() if uid in taken and role.scu}
    answer = associate.accept(request, answered, roles, max_pdu_bytes=max_pdu_bytes, implementation=IMPLEMENTATION)
    return Agreed(calling, called, accepted, answer)


def is_taken(sop_class_uid: str) -> bool:
    """Whether we are an SCP of it. A class outside the standard may be somebody's storage; within it, those of studies are."""
    if not _UID.fullmatch(sop_class_uid):
        return False
    if not sop_class_uid.startswith(_STANDARD) or sop_class_uid == VERIFICATION or sop_class_uid in _STORAGE_ELSEWHERE:
        return True
    is_of_a_study = sop_class_uid not in _NOT_OF_A_STUDY and not sop_class_uid.startswith(_INVENTORIES)
    return sop_class_uid.startswith(_STORAGE) and is_of_a_study


def _answer(context: Proposed, roles: dict[str, Roles]) -> Answered:
    number, sop_class_uid, offered = context
    syntax = _preferred(offered)
    if not is_taken(sop_class_uid):
        return Answered(number, sop_class_uid, syntax or IMPLICIT_LITTLE, associate.ABSTRACT_SYNTAX_REFUSED)
    if not roles.get(sop_class_uid, Roles(scu=True, scp=False)).scu:
        return Answered(number, sop_class_uid, syntax or IMPLICIT_LITTLE, associate.USER_REJECTION)
    if not syntax:
        return Answered(number, sop_class_uid, IMPLICIT_LITTLE, associate.TRANSFER_SYNTAXES_REFUSED)
    return Answered(number, sop_class_uid, syntax, associate.ACCEPTED)


def _preferred(offered: Iterable[str]) -> str:
    """The sender's first choice, but implicit VR and big endian last; empty when none can be taken."""
    possible = [syntax for syntax in offered if _UID.fullmatch(syntax) and syntax not in _PIXELS_ELSEWHERE]
    return min(possible, key=lambda syntax: _LAST_CHOICES.get(syntax, 0), default="")
