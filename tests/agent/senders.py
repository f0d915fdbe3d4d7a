"""Who sends to the agent in tests: pynetdicom, and an association by hand that says what no toolkit would say."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification
from pynetdicom.sop_class import CTImageStorage

from edge_agent.receiver import pdata
from tests.agent.building import encoded


@contextmanager
def association(port: int, *contexts: Any, called: str = "LIGHTBOX", roles: Iterable[Any] = ()) -> Iterator[Association]:
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


def send(assoc: Association, ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> int:
    """Status of the answer."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    return int(assoc.send_c_store(ds).Status)


class Raw:
    """An association by hand, to say what no toolkit would say."""

    def __init__(self, port: int, syntax: str = ExplicitVRLittleEndian) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        ae = AE("RAW")
        ae.add_requested_context(CTImageStorage, syntax)
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

    def command(self, ds: Dataset, **changes: Any) -> bytes:
        primitive = C_STORE()
        primitive.MessageID, primitive.Priority = 7, 2
        primitive.AffectedSOPClassUID = changes.get("sop_class", ds.SOPClassUID)
        primitive.AffectedSOPInstanceUID = changes.get("sop", ds.SOPInstanceUID)
        primitive.DataSet = BytesIO(b"x")
        message = C_STORE_RQ()
        message.primitive_to_message(primitive)
        for name in changes.get("without", ()):
            del message.command_set[name]
        return encode(message.command_set, True, True) or b""

    def store(self, ds: Dataset, data: bytes | None = None, context_id: int = 1, **changes: Any) -> int:
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
        return int(struct.unpack_from("<H", answer, status + 8)[0])

    def close(self) -> None:
        self.socket.close()
