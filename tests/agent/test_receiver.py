"""The Storage SCP against real peers: pynetdicom, dcmtk's storescu, and sockets that lie."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_partial
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)
from pynetdicom import AE, build_role
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.sop_class import CTImageStorage, Verification

from edge_agent.receiver import pdata
from edge_agent.spool.records import HEAD_BYTES, Head
from edge_agent.spool.states import State
from tests.agent.building import TERMS, Clock, encoded, image, in_thread, opened, receiving
from tests.data.modalities import KINDS, write_all


@pytest.fixture
def spool(tmp_path):
    with opened(tmp_path / "spool") as spool:
        yield spool


@pytest.fixture
def port(spool):
    with receiving(spool) as receiver:
        yield receiver.port


@contextmanager
def association(port: int, *contexts, called: str = "LIGHTBOX", roles=()):
    """A pynetdicom SCU with these (abstract syntax, transfer syntaxes)."""
    ae = AE("CT1")
    for abstract, syntaxes in contexts:
        ae.add_requested_context(abstract, syntaxes)
    assoc = ae.associate("127.0.0.1", port, ae_title=called, ext_neg=list(roles))
    try:
        yield assoc
    finally:
        if assoc.is_established:
            assoc.release()


def send(assoc, ds, syntax=ExplicitVRLittleEndian) -> int:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    return assoc.send_c_store(ds).Status


def data_set_of(path: Path) -> bytes:
    """What a file holds after its preamble and file meta information, to the last byte."""
    with path.open("rb") as file:
        read_partial(file, stop_when=lambda *_: True)
        return file.read()


def stored(spool) -> list[bytes]:
    return [spool.object_path(item.number).read_bytes()[HEAD_BYTES:] for item in spool.items.values()]


def test_echo_and_store_on_the_same_association(spool, port):
    with association(port, (Verification, ImplicitVRLittleEndian), (CTImageStorage, ExplicitVRLittleEndian)) as assoc:
        assert assoc.send_c_echo().Status == 0
        assert send(assoc, image(1)) == 0
        assert assoc.send_c_echo().Status == 0
        assert send(assoc, image(2)) == 0
    assert [item.state for item in spool.items.values()] == [State.SPOOLED] * 2
    assert stored(spool) == [encoded(image(1)), encoded(image(2))]
    head = spool.items[0].head
    assert (head.calling_ae_title, head.called_ae_title, head.transfer_syntax_uid) == ("CT1", "LIGHTBOX", ExplicitVRLittleEndian)


@pytest.mark.req("EDGE-01")
def test_dcmtk_stores_one_object_of_every_standard_modality(spool, port, tmp_path):
    """Success for each, and the bytes of each are what the sender's file holds."""
    sent = {hashlib.sha256(data_set_of(path)).hexdigest() for path in write_all(tmp_path / "files").values()}
    command = ["storescu", "--aetitle", "MOD1", "--call", "LIGHTBOX", "+sd", "127.0.0.1", str(port), str(tmp_path / "files")]
    done = subprocess.run(command, capture_output=True, timeout=60, env=os.environ | {"TCP_NODELAY": "1"})
    assert done.returncode == 0, done.stderr
    assert len(spool.items) == len(sent) == len(KINDS)
    assert {item.head.sha256 for item in spool.items.values()} == sent
    assert {hashlib.sha256(data).hexdigest() for data in stored(spool)} == sent


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless, HTJ2KLossless],
    ids=lambda syntax: syntax.keyword,
)
def test_every_transfer_syntax_is_negotiated(port, syntax):
    with association(port, (CTImageStorage, syntax), ("1.2.826.0.1.9.9.9", syntax)) as assoc:
        assert [str(context.transfer_syntax[0]) for context in assoc.accepted_contexts] == [syntax, syntax]


def test_explicit_vr_is_preferred_to_implicit(port):
    """Implicit VR forgets the types of private attributes."""
    with association(port, (CTImageStorage, [ImplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian])) as assoc:
        assert assoc.accepted_contexts[0].transfer_syntax == [ExplicitVRLittleEndian]


def test_what_we_cannot_be_is_refused(port):
    """A sender that wants us to send, and pixels that are elsewhere."""
    ae = AE()
    ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.4.94")
    ae.add_requested_context("1.2.840.10008.5.1.4.1.1.4", ExplicitVRLittleEndian)
    ae.add_requested_context("1.2.840.10008.5.1.4.1.2.2.1", ExplicitVRLittleEndian)  # study root find
    ae.add_requested_context(Verification, ImplicitVRLittleEndian)
    roles = [build_role("1.2.840.10008.5.1.4.1.1.4", scp_role=True)]
    assoc = ae.associate("127.0.0.1", port, ae_title="LIGHTBOX", ext_neg=roles)
    accepted = {str(context.abstract_syntax) for context in assoc.accepted_contexts if context.as_scu}
    assoc.release()
    assert accepted == {Verification}


def test_another_called_ae_title_is_rejected(port):
    with association(port, (Verification, ImplicitVRLittleEndian), called="OTHER") as assoc:
        assert assoc.is_rejected
        assert assoc.acceptor.primitive.diagnostic == 7


def test_too_many_associations_are_rejected_for_now_only(spool):
    with receiving(spool, TERMS, max_associations=1) as receiver:
        contexts = (Verification, ImplicitVRLittleEndian)
        with association(receiver.port, contexts) as first:
            assert first.is_established
            with association(receiver.port, contexts) as second:
                assert second.is_rejected
                assert second.acceptor.primitive.result == 2


def test_connections_that_say_nothing_take_no_place_of_an_association(spool):
    """Anybody in the hospital's network can open a socket; images must still come in."""
    with receiving(spool, TERMS, max_associations=1) as receiver:
        address = ("127.0.0.1", receiver.port)
        with (
            socket.create_connection(address, timeout=10),
            association(receiver.port, (Verification, ImplicitVRLittleEndian)) as assoc,
        ):
            assert assoc.is_established
            with socket.create_connection(address, timeout=10) as third:
                assert third.recv(1) == b""
            assert assoc.send_c_echo().Status == 0


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        return listener.accept()[0], theirs


def test_a_request_that_drips_is_given_up_in_time():
    """A byte every nine seconds would hold a thread for ever."""
    clock = Clock()
    ours, theirs = connected()
    with ours, theirs:
        wire = pdata.Wire(ours, now_s=clock)
        theirs.sendall(b"\x01")
        assert wire.exactly(1) == b"\x01"
        theirs.sendall(b"\x01")
        clock.now += pdata.NEGOTIATION_S
        with pytest.raises(pdata.PeerGone, match="within 10 s"):
            wire.exactly(1)


def test_an_established_peer_that_falls_silent_or_takes_no_answer_is_given_up():
    """It holds a thread and a place; senders crash without closing."""
    ours, theirs = connected()
    with ours, theirs:
        wire = pdata.Wire(ours)
        wire.established(0.05)
        theirs.sendall(b"ab")
        assert wire.exactly(2) == b"ab"
        with pytest.raises(pdata.PeerGone, match="silent"):
            wire.exactly(1)
        with pytest.raises(pdata.PeerGone, match="no answer"):
            wire.send(bytes(64 << 20))


def test_a_request_larger_than_the_first_buffer_is_read_whole():
    """128 presentation contexts with thirty transfer syntaxes each are allowed."""
    ours, theirs = connected()
    request = bytes(range(256)) * 1200
    with ours, theirs:
        wire = pdata.Wire(ours)
        sender = in_thread(lambda: theirs.sendall(request + b"later"))
        assert wire.exactly(6) == request[:6]
        assert wire.exactly(len(request) - 6) == request[6:]
        wire.established(10.0)
        assert wire.exactly(5) == b"later"
        sender.join()


def test_a_large_object_comes_through_in_many_pdus(spool, port):
    ds = image(1, size=2048)
    with association(port, (CTImageStorage, ExplicitVRLittleEndian)) as assoc:
        assert send(assoc, ds) == 0
    assert stored(spool) == [encoded(image(1, size=2048))]


def test_the_same_object_twice_is_success_twice_and_held_once(spool, port):
    with association(port, (CTImageStorage, ExplicitVRLittleEndian)) as assoc:
        assert [send(assoc, image(1)), send(assoc, image(1)), send(assoc, image(1, shade=3))] == [0, 0, 0]
    assert len(spool.items) == 2


# -- bad input: its own status, and the next object on the same association is stored


class Raw:
    """An association by hand, to say what no toolkit would say."""

    def __init__(self, port: int, syntax: str = ExplicitVRLittleEndian) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        ae = AE("RAW")
        ae.add_requested_context(CTImageStorage, syntax)
        from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification

        request = A_ASSOCIATE()
        request.application_context_name = "1.2.840.10008.3.1.1.1"
        request.calling_ae_title, request.called_ae_title = "RAW", "LIGHTBOX"
        context = ae.requested_contexts[0]
        context.context_id = 1
        request.presentation_context_definition_list = [context]
        length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
        length.maximum_length_received = 16384
        implementation.implementation_class_uid = "1.2.3"
        request.user_information = [length, implementation]
        self.socket.sendall(A_ASSOCIATE_RQ(request).encode())
        assert self.read()[0] == 2

    def read(self) -> tuple[int, bytes]:
        """PDU type and content; type 0 when the peer closed."""
        header = self._exactly(6)
        if len(header) < 6:
            return 0, b""
        kind, length = pdata.PDU_HEADER.unpack(header)
        return kind, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                break
            data += more
        return data

    def pdv(self, data: bytes, control: int, context_id: int = 1) -> bytes:
        body = pdata.PDV_HEADER.pack(len(data) + 2, context_id, control) + data
        return pdata.PDU_HEADER.pack(4, len(body)) + body

    def command(self, ds, **changes) -> bytes:
        primitive = C_STORE()
        primitive.MessageID, primitive.Priority = 7, 2
        primitive.AffectedSOPClassUID = changes.get("sop_class", ds.SOPClassUID)
        primitive.AffectedSOPInstanceUID = changes.get("sop", ds.SOPInstanceUID)
        from io import BytesIO

        primitive.DataSet = BytesIO(b"x")
        message = C_STORE_RQ()
        message.primitive_to_message(primitive)
        for name in changes.get("without", ()):
            del message.command_set[name]
        from pynetdicom.dsutils import encode

        return encode(message.command_set, True, True)

    def store(self, ds, data: bytes | None = None, context_id: int = 1, **changes) -> int:
        """Status of the answer, or -1 when the association is gone."""
        data = encoded(ds) if data is None else data
        self.socket.sendall(self.pdv(self.command(ds, **changes), 3, context_id))
        for start in range(0, len(data), 1000):
            self.socket.sendall(self.pdv(data[start : start + 1000], 2 if start + 1000 >= len(data) else 0, context_id))
        kind, self.answer = self.read()
        if kind != 4:
            return -1
        answer = self.answer
        status = answer.index(struct.pack("<HHI", 0, 0x0900, 2))
        return struct.unpack_from("<H", answer, status + 8)[0]

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def raw(port):
    raw = Raw(port)
    yield raw
    raw.close()


def without(keyword: str) -> bytes:
    ds = image(1)
    del ds[keyword]
    return encoded(ds)


BAD = {
    "truncated data set": ({"data": encoded(image(1))[:-100]}, 0xC000),
    "empty data set": ({"data": b"\0\0\0\0"}, 0xC000),
    "no study UID in the data set": ({"data": without("StudyInstanceUID")}, 0xC000),
    "another SOP instance in the data set": ({"data": encoded(image(2))}, 0xA900),
    "another SOP class in the command": ({"sop_class": "1.2.840.10008.5.1.4.1.1.4"}, 0x0122),
    "no SOP instance UID in the command": ({"without": ["AffectedSOPInstanceUID"]}, 0xC000),
    "no SOP class UID in the command": ({"without": ["AffectedSOPClassUID"]}, 0xC000),
    "a context that was not accepted": ({"context_id": 3}, 0x0122),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_object_gets_its_status_and_harms_no_other(spool, raw, name):
    changes, status = BAD[name]
    assert raw.store(image(1), **changes) == status
    assert raw.store(image(5)) == 0
    assert [item.head.sop_uid for item in spool.items.values()] == [image(5).SOPInstanceUID]


@pytest.mark.req("EDGE-01")
def test_success_comes_after_the_sync_of_head_and_data_and_never_without_it(tmp_path):
    """Bytes in the page cache are not on disk: a power cut takes them."""
    synced: list[bytes] = []
    works = True

    def sync(fd: int) -> None:
        if not works:
            raise OSError(errno.EIO, "disk gone")
        synced.append(os.pread(fd, os.fstat(fd).st_size, 0))

    with opened(tmp_path / "synced", sync=sync) as spool, receiving(spool) as receiver:
        raw = Raw(receiver.port)
        assert raw.store(image(1)) == 0
        (stable,) = synced
        assert Head.unpack(stable[:HEAD_BYTES], 0) == spool.items[0].head
        assert stable[HEAD_BYTES:] == encoded(image(1))
        works = False
        assert raw.store(image(2)) == 0xA700
        works = True
        assert raw.store(image(3)) == 0
        raw.close()
    assert [item.head.sop_uid for item in spool.items.values()] == [image(1).SOPInstanceUID, image(3).SOPInstanceUID]


def test_a_full_spool_answers_out_of_resources_and_goes_on_when_there_is_room(tmp_path):
    with opened(tmp_path / "small", max_bytes=2000) as spool, receiving(spool) as receiver:
        raw = Raw(receiver.port)
        assert raw.store(image(1)) == 0
        assert raw.store(image(2)) == 0xA700
        spool.room.add(-3000)
        assert raw.store(image(3)) == 0
        raw.close()
    assert len(spool.items) == 2


BROKEN = {
    "PDV longer than its PDU": pdata.PDU_HEADER.pack(4, 10) + pdata.PDV_HEADER.pack(4000, 1, 3) + b"abcd",
    "PDV of length 0": pdata.PDU_HEADER.pack(4, 6) + pdata.PDV_HEADER.pack(0, 1, 3),
    "rubbish for a command": pdata.PDU_HEADER.pack(4, 10) + pdata.PDV_HEADER.pack(6, 1, 3) + b"abcd",
    "a data set without a command": pdata.PDU_HEADER.pack(4, 10) + pdata.PDV_HEADER.pack(6, 1, 2) + b"abcd",
    "an unknown PDU": pdata.PDU_HEADER.pack(99, 4) + b"abcd",
    "a second request": pdata.PDU_HEADER.pack(1, 4) + b"abcd",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_peer_that_breaks_the_protocol_is_aborted_and_others_go_on(spool, port, raw, name):
    raw.socket.sendall(BROKEN[name])
    assert raw.read()[0] == pdata.ABORT
    with association(port, (CTImageStorage, ExplicitVRLittleEndian)) as assoc:
        assert send(assoc, image(1)) == 0


def test_a_sender_that_vanishes_in_the_middle_leaves_nothing(spool, port, raw):
    data = encoded(image(1))
    raw.socket.sendall(raw.pdv(raw.command(image(1)), 3) + raw.pdv(data[:500], 0))
    raw.close()
    with association(port, (CTImageStorage, ExplicitVRLittleEndian)) as assoc:
        assert send(assoc, image(2)) == 0
    assert [item.head.sop_uid for item in spool.items.values()] == [image(2).SOPInstanceUID]


def test_rubbish_instead_of_an_association_is_aborted(port):
    for rubbish in (b"GET / HTTP/1.1\r\n\r\n", pdata.PDU_HEADER.pack(1, 8) + b"rubbish!", pdata.PDU_HEADER.pack(1, 1 << 30)):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(rubbish)
            assert connection.recv(10)[:1] == bytes([pdata.ABORT])
