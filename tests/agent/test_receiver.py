"""The Storage SCP against real peers: pynetdicom, dcmtk's storescu, and connections that are slow or say nothing."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from pathlib import Path

import pytest
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
from pynetdicom.sop_class import CTImageStorage, Verification

from edge_agent.receiver import pdata
from edge_agent.spool.records import HEAD_BYTES
from edge_agent.spool.states import State
from tests.agent.building import TERMS, Clock, encoded, image, in_thread, receiving
from tests.agent.senders import association, send
from tests.data.modalities import KINDS, write_all


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
