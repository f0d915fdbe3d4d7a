"""A-ASSOCIATE read, decided and written by us, held against pynetdicom, which does all three."""

from __future__ import annotations

import random

import pynetdicom.sop_class
import pytest
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless
from pynetdicom import build_context
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.sop_class import CTImageStorage, MRImageStorage, StudyRootQueryRetrieveInformationModelFind, Verification

from edge_agent.errors import ProtocolBroken
from edge_agent.receiver import associate
from edge_agent.receiver.negotiation import Agreed, Rejected, is_taken, negotiate

PRIVATE = "1.2.826.0.1.3680043.9.9"
JPIP = "1.2.840.10008.1.2.4.94"


def request(*contexts, called: str = "LIGHTBOX", application: str = "1.2.840.10008.3.1.1.1", roles=()) -> bytes:
    """As pynetdicom encodes it. contexts: (abstract syntax, transfer syntaxes); roles: (SOP class, scu, scp)."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = application
    primitive.calling_ae_title, primitive.called_ae_title = "CT1", called
    proposed = []
    for number, (abstract, syntaxes) in enumerate(contexts):
        context = build_context(abstract, syntaxes)
        context.context_id = 2 * number + 1
        proposed.append(context)
    primitive.presentation_context_definition_list = proposed
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received, implementation.implementation_class_uid = 16384, "1.2.3"
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked, window.maximum_number_operations_performed = 5, 5
    primitive.user_information = [length, implementation, window]
    for sop_class, scu, scp in roles:
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid, role.scu_role, role.scp_role = sop_class, scu, scp
        primitive.user_information.append(role)
    return A_ASSOCIATE_RQ(primitive).encode()


FULL = request(
    (Verification, [ImplicitVRLittleEndian]),
    (CTImageStorage, [ImplicitVRLittleEndian, ExplicitVRBigEndian, JPEG2000Lossless, ExplicitVRLittleEndian]),
    (MRImageStorage, [ExplicitVRLittleEndian]),
    (StudyRootQueryRetrieveInformationModelFind, [ExplicitVRLittleEndian]),
    (CTImageStorage, [JPIP]),
    (PRIVATE, [ImplicitVRLittleEndian, JPIP]),
    roles=[(CTImageStorage, True, True), (MRImageStorage, False, True)],
)


def agree(raw: bytes, *, ae_title: str | None = "LIGHTBOX", room: bool = True) -> Agreed | Rejected:
    return negotiate(raw, ae_title=ae_title, max_pdu_bytes=1 << 20, room=room)


def test_storage_of_studies_and_verification_are_taken_and_no_other_service():
    """Over every SOP class that pynetdicom knows: what it calls storage, and what is none."""
    known = {str(uid) for uid in vars(pynetdicom.sop_class).values() if isinstance(uid, UID)}
    storage = set(pynetdicom.sop_class._STORAGE_CLASSES.values())
    assert len(known) > 200
    assert {uid for uid in known if is_taken(uid)} == storage | {str(Verification)}
    assert is_taken(PRIVATE)
    assert not is_taken("1.2.3; DROP")


def test_pynetdicom_reads_our_acceptance_as_it_was_meant():
    agreed = agree(FULL)
    assert isinstance(agreed, Agreed)
    assert agreed.contexts == {
        1: (Verification, ImplicitVRLittleEndian),
        3: (CTImageStorage, JPEG2000Lossless),
        11: (PRIVATE, ImplicitVRLittleEndian),
    }
    pdu = A_ASSOCIATE_AC()
    pdu.decode(agreed.answer)
    primitive = pdu.to_primitive()
    results = {c.context_id: c.result for c in primitive.presentation_context_definition_results_list}
    assert results == {1: 0, 3: 0, 5: 1, 7: 3, 9: 4, 11: 0}
    assert (primitive.calling_ae_title, primitive.called_ae_title) == ("CT1", "LIGHTBOX")
    assert primitive.maximum_length_received == 1 << 20
    roles = [item for item in primitive.user_information if isinstance(item, SCP_SCU_RoleSelectionNegotiation)]
    assert [(role.sop_class_uid, role.scu_role, role.scp_role) for role in roles] == [(CTImageStorage, True, False)]


@pytest.mark.parametrize(
    ("raw", "terms", "why"),
    [
        (request((Verification, [ImplicitVRLittleEndian]), called="OTHER"), {}, (1, 1, 7)),
        (request((Verification, [ImplicitVRLittleEndian]), application="1.2.3"), {}, (1, 1, 2)),
        (request((Verification, [ImplicitVRLittleEndian])), {"room": False}, (2, 3, 2)),
    ],
    ids=["another AE title", "another application context", "no room"],
)
def test_pynetdicom_reads_our_rejection_as_it_was_meant(raw, terms, why):
    rejected = agree(raw, **terms)
    assert isinstance(rejected, Rejected)
    pdu = A_ASSOCIATE_RJ()
    pdu.decode(rejected.answer)
    assert (pdu.result, pdu.source, pdu.reason_diagnostic) == why


def test_any_called_title_will_do_when_none_is_insisted_on():
    agreed = agree(request((Verification, [ImplicitVRLittleEndian]), called="OTHER"), ae_title=None)
    assert agreed.called_ae_title == "OTHER"


def test_titles_are_printable_ascii_whatever_came():
    """They go into the head of every object, into the manifest and into the log."""
    raw = bytearray(request((Verification, [ImplicitVRLittleEndian])))
    raw[26:42] = b" \xd5\xfd\n\0C" + bytes(10)
    assert agree(bytes(raw)).calling_ae_title == "????C"


def test_every_shorter_request_is_refused():
    """A cut one, and one whose own length says less than it holds."""
    for size in range(len(FULL)):
        try:
            agree(FULL[:size])
        except ProtocolBroken:
            continue
        assert size in WHOLE_ITEMS, f"{size} of {len(FULL)} bytes were taken for a request"


def _ends_of_items() -> set[int]:
    position, ends = 74, {74}
    while position < len(FULL):
        position += 4 + int.from_bytes(FULL[position + 2 : position + 4], "big")
        ends.add(position)
    return ends


WHOLE_ITEMS = _ends_of_items()


def test_a_request_with_flipped_bytes_raises_nothing_unforeseen():
    """Whoever can open a socket can send this; ten thousand of them, from a seed."""
    chance = random.Random(11)
    for _ in range(10_000):
        raw = bytearray(FULL)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(6, len(raw))] = chance.randrange(256)
        try:
            answer = agree(bytes(raw), ae_title=None)
        except ProtocolBroken:
            continue
        assert answer.answer[0] in (2, 3)
        assert answer.calling_ae_title.isascii()


@pytest.mark.parametrize("ids", [(1, 1), (2, 3)], ids=["twice", "even"])
def test_context_ids_that_cannot_be_answered_break_the_protocol(ids):
    raw = request((Verification, [ImplicitVRLittleEndian]), (CTImageStorage, [ImplicitVRLittleEndian]))
    first, second = (raw.index(bytes((0x20, 0)) + length + bytes((number,))) + 4 for number, length in _contexts(raw))
    changed = bytearray(raw)
    changed[first], changed[second] = ids
    with pytest.raises(ProtocolBroken, match="context id"):
        associate.read(bytes(changed))


def _contexts(raw: bytes):
    position = 74
    while position < len(raw):
        length = raw[position + 2 : position + 4]
        if raw[position] == 0x20:
            yield raw[position + 4], length
        position += 4 + int.from_bytes(length, "big")
