"""A-ASSOCIATE: what is agreed with a sender. pynetdicom's PDU classes read and write it; this module decides.

Taken: Verification, and storage of every SOP class, private and unknown ones included, in whatever transfer syntax the
sender prefers, encapsulated and deflated ones included. Refused: contexts where we would not be the SCP, and syntaxes
whose pixels are elsewhere (JPIP).
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext, build_context, negotiate_unrestricted

from edge_agent.errors import ProtocolBroken

IMPLEMENTATION_CLASS_UID = "2.25.201835479113086514226357182004713861"
IMPLEMENTATION_VERSION = "LIGHTBOX_1"
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"

VERIFICATION = UID("1.2.840.10008.1.1")
IMPLICIT_LITTLE, EXPLICIT_BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
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
    pdu = A_ASSOCIATE_RQ()
    try:
        pdu.decode(raw)
        request = pdu.to_primitive()
        calling, called = (_ascii(title.strip()) for title in (request.calling_ae_title, request.called_ae_title))
        proposed = request.presentation_context_definition_list
        items = request.user_information
    except Exception as error:  # the decoder raises whatever its parts raise
        raise ProtocolBroken(reason=f"A-ASSOCIATE-RQ unreadable ({type(error).__name__})") from None
    if request.application_context_name != APPLICATION_CONTEXT:
        return _reject(calling, called, CONTEXT_NAME_NOT_SUPPORTED, "another application context")
    if ae_title is not None and called != ae_title:
        return _reject(calling, called, CALLED_AE_NOT_RECOGNIZED, "called AE title is not ours")
    if not room:
        return _reject(calling, called, LOCAL_LIMIT_EXCEEDED, "too many associations")
    roles: dict[UID, tuple[bool | None, bool | None]] = {}
    for item in items:
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation) and item.sop_class_uid:
            roles[item.sop_class_uid] = (item.scu_role, item.scp_role)
    results, role_replies = negotiate_unrestricted(_preferred(proposed), _ours(proposed), roles)
    for context in results:
        if context.result == 0 and not context.as_scp:
            context.result = 0x01  # user rejection: the sender wants us to be the sender
        syntax = str(context.transfer_syntax[0])
        if context.result == 0 and (syntax in _PIXELS_ELSEWHERE or not _UID.fullmatch(syntax)):
            context.result = 0x04
    accepted = {
        context.context_id: (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in results
        if context.result == 0 and context.context_id is not None
    }
    return Agreed(calling, called, accepted, _accept(request, results, role_replies, max_pdu_bytes))


def _ascii(title: str) -> str:
    return title.encode("ascii", "replace").decode("ascii")


def _preferred(proposed: list[PresentationContext]) -> list[PresentationContext]:
    """The sender's order, but with implicit VR and big endian last: pynetdicom takes the first."""
    contexts = []
    for context in proposed:
        ordered = sorted(context.transfer_syntax, key=lambda syntax: (syntax in _PIXELS_ELSEWHERE, _LAST_CHOICES.get(syntax, 0)))
        reordered = copy(context)
        reordered.transfer_syntax = list(ordered)
        contexts.append(reordered)
    return contexts


def _ours(proposed: list[PresentationContext]) -> list[PresentationContext]:
    """Supported contexts other than storage: Verification, in any syntax that was offered for it."""
    offered: list[str | UID] = [
        syntax for context in proposed if context.abstract_syntax == VERIFICATION for syntax in context.transfer_syntax
    ]
    return [build_context(VERIFICATION, offered or [UID(IMPLICIT_LITTLE)])]


def _accept(
    request: A_ASSOCIATE,
    results: list[PresentationContext],
    roles: list[SCP_SCU_RoleSelectionNegotiation],
    max_pdu_bytes: int,
) -> bytes:
    answer = A_ASSOCIATE()
    answer.application_context_name = UID(APPLICATION_CONTEXT)
    answer.calling_ae_title, answer.called_ae_title = request.calling_ae_title, request.called_ae_title
    answer.result, answer.result_source = 0x00, 0x01
    answer.presentation_context_definition_results_list = results
    length = MaximumLengthNotification()
    length.maximum_length_received = max_pdu_bytes
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION_VERSION
    answer.user_information = [length, implementation, version, *roles]
    encoded: bytes = A_ASSOCIATE_AC(answer).encode()
    return encoded


def _reject(calling: str, called: str, why: tuple[int, int, int], reason: str) -> Rejected:
    answer = A_ASSOCIATE()
    answer.result, answer.result_source, answer.diagnostic = why
    return Rejected(calling, called, reason, A_ASSOCIATE_RJ(answer).encode())
