"""The Storage SCP and sockets that lie: bad input gets its own status, and the next object on the same association is stored."""

from __future__ import annotations

import errno
import os
import socket

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom.sop_class import CTImageStorage

from edge_agent.receiver import pdata
from edge_agent.spool.records import HEAD_BYTES, Head
from tests.agent.building import encoded, image, opened, receiving
from tests.agent.senders import Raw, association, send


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


def test_what_nobody_foresaw_aborts_the_association_and_only_it(spool):
    """A connection that merely closes leaves a modality to guess what was stored; an A-ABORT makes it send again."""
    broken = [True]

    class Surprising:
        def __getattr__(self, name):
            return getattr(spool, name)

        def begin(self):
            if broken.pop():
                raise RuntimeError("nobody foresaw this")
            return spool.begin()

    broken.insert(0, False)
    with receiving(Surprising()) as receiver:
        first = Raw(receiver.port)
        first.socket.sendall(first.pdv(first.command(image(1)), 3))
        assert first.read()[0] == pdata.ABORT
        first.close()
        second = Raw(receiver.port)
        assert second.store(image(1)) == 0
        second.close()
