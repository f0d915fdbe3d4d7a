"""One association, from A-ASSOCIATE to release: C-ECHO and C-STORE, one after the other as the sender sends them.

A bad object gets its status and harms nothing else: the rest of its bytes is read and thrown away, the association goes
on. A peer that breaks the upper layer protocol gets A-ABORT.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Semaphore

from edge_agent import log
from edge_agent.errors import (
    AgentError,
    CommandIncomplete,
    ContextRefused,
    DataSetMismatch,
    DataSetUnreadable,
    ObjectRefused,
    ProtocolBroken,
    SpoolError,
)
from edge_agent.receiver import command as dimse
from edge_agent.receiver import pdata
from edge_agent.receiver.data_set_check import Identity, examine, examine_beginning
from edge_agent.receiver.negotiation import Agreed, Rejected, negotiate
from edge_agent.receiver.pdata import Fragment, PeerGone, Wire
from edge_agent.spool.incoming import Incoming
from edge_agent.spool.records import HEAD_BYTES, Head, ObjectKind
from edge_agent.spool.store import Spool


@dataclass(frozen=True, slots=True)
class Terms:
    """What this agent offers. ae_title: insisted on when `check_called_ae_title`."""

    ae_title: str
    check_called_ae_title: bool
    max_pdu_bytes: int
    idle_timeout_s: float


_BEGINNING = 1 << 14  # bytes of a data set that are looked at where they were received


class Association:
    """Belongs to one thread."""

    def __init__(self, connection: socket.socket, peer: str, terms: Terms, spool: Spool, places: Semaphore) -> None:
        """places: one is held from the request to the end of the association; without one it is rejected for now."""
        self._wire = Wire(connection)
        self._peer, self._terms, self._spool, self._places = peer, terms, spool, places
        self._has_place = False
        self._agreed = Agreed("", "", {}, b"")
        self._stored = self._refused = 0

    def run(self) -> None:
        """Serve until the peer releases or goes. Never raises for what a peer can do."""
        try:
            if not self._negotiate():
                return
            pieces = pdata.fragments(self._wire)
            while self._message(pieces):
                pass
            self._wire.send(pdata.release_reply())
            self._log("association_released")
        except PeerGone as gone:
            self._log("association_lost", reason=str(gone))
            self._abort()  # heard by a peer that is only too slow
        except ProtocolBroken as error:
            log.failure("association_aborted", error, peer=self._peer, calling_ae_title=self._agreed.calling_ae_title)
            self._abort()
        except Exception:
            self._abort()  # a peer that is told sends again; one that meets a closed connection may count what it sent
            raise
        finally:
            if self._has_place:
                self._places.release()

    def _log(self, event: str, **fields: object) -> None:
        log.info(
            event,
            peer=self._peer,
            calling_ae_title=self._agreed.calling_ae_title,
            stored=self._stored,
            refused=self._refused,
            **fields,
        )

    def _abort(self) -> None:
        try:
            self._wire.send(pdata.abort())
        except PeerGone:
            return

    def _negotiate(self) -> bool:
        header = bytes(self._wire.exactly(pdata.PDU_HEADER.size))
        pdu_type, length = pdata.PDU_HEADER.unpack(header)
        if pdu_type != pdata.ASSOCIATE_RQ:
            raise ProtocolBroken(reason=f"PDU type {pdu_type:#04x} where A-ASSOCIATE-RQ is expected")
        raw = header + bytes(self._wire.exactly(length))
        terms = self._terms
        self._has_place = self._places.acquire(blocking=False)
        answer = negotiate(
            raw,
            ae_title=terms.ae_title if terms.check_called_ae_title else None,
            max_pdu_bytes=terms.max_pdu_bytes,
            room=self._has_place,
        )
        self._wire.send(answer.answer)
        if isinstance(answer, Rejected):
            log.warning(
                "association_rejected",
                peer=self._peer,
                calling_ae_title=answer.calling_ae_title,
                called_ae_title=answer.called_ae_title,
                reason=answer.reason,
            )
            return False
        self._agreed = answer
        self._wire.established(terms.idle_timeout_s)
        return True

    def _message(self, pieces: Iterator[Fragment]) -> bool:
        """One request and its answer. False when the peer released."""
        raw, context_id = bytearray(), 0
        for piece in pieces:
            if not piece.is_command:
                raise ProtocolBroken(reason="data set without a command")
            raw += piece.data
            context_id = piece.context_id
            if len(raw) > dimse.MAX_COMMAND:
                raise ProtocolBroken(reason="command set larger than any command")
            if piece.ends:
                break
        else:
            if raw:
                raise ProtocolBroken(reason="release within a command")
            return False
        command = dimse.parse(bytes(raw))
        if command.field == dimse.C_CANCEL_RQ:
            return True
        status, comment = self._serve(command, context_id, pieces)
        self._wire.send(pdata.data_pdu(context_id, dimse.reply(command, status, comment)))
        return True

    def _serve(self, command: dimse.Command, context_id: int, pieces: Iterator[Fragment]) -> tuple[int, str]:
        if command.field == dimse.C_STORE_RQ and command.has_data_set:
            return self._store(command, context_id, pieces)
        if command.has_data_set:
            _skip(pieces, context_id)
        if command.field == dimse.C_ECHO_RQ:
            return dimse.SUCCESS, ""
        if command.field == dimse.C_STORE_RQ:
            return DataSetUnreadable.dicom_status, "C-STORE without a data set"
        return dimse.UNRECOGNIZED_OPERATION, ""

    def _store(self, command: dimse.Command, context_id: int, pieces: Iterator[Fragment]) -> tuple[int, str]:
        """Take one object. The answer is success only after its bytes and what finds them are stable."""
        incoming: Incoming | None = None
        error: AgentError | None = None
        beginning = b""
        try:
            transfer_syntax_uid = self._check(command, context_id)
            incoming = self._spool.begin()
        except (ObjectRefused, SpoolError) as refused:
            error = refused
        try:
            for piece in _data_set(pieces, context_id):
                if error is not None or incoming is None:
                    continue
                if not incoming.written:
                    beginning = bytes(piece.data[:_BEGINNING])
                try:
                    incoming.write(piece.data)
                except SpoolError as refused:
                    error = refused
            if error is None and incoming is not None:
                try:
                    kept, incoming = incoming, None
                    self._keep(kept, command, transfer_syntax_uid, beginning)
                except (ObjectRefused, SpoolError) as refused:
                    error = refused
        finally:
            if incoming is not None:
                incoming.drop()
        if error is None:
            self._stored += 1
            return dimse.SUCCESS, ""
        self._refused += 1
        log.failure(
            "object_refused",
            error,
            peer=self._peer,
            calling_ae_title=self._agreed.calling_ae_title,
            sop_uid=command.sop_uid,
            status=f"{error.dicom_status:#06x}",
        )
        return error.dicom_status, str(error) if isinstance(error, ObjectRefused) else "Out of resources"

    def _check(self, command: dimse.Command, context_id: int) -> str:
        """Transfer syntax of the context, if this command may use it. Raises ObjectRefused."""
        missing = [
            name for name, value in (("SOP class UID", command.sop_class_uid), ("SOP instance UID", command.sop_uid)) if not value
        ]
        if missing:
            raise CommandIncomplete(missing=" and ".join(missing))
        if context_id not in self._agreed.contexts:
            raise ContextRefused(problem=f"Presentation context {context_id} was not accepted.")
        abstract_syntax, transfer_syntax = self._agreed.contexts[context_id]
        if abstract_syntax != command.sop_class_uid:
            raise ContextRefused(problem=f"Presentation context {context_id} was accepted for another SOP class.")
        return transfer_syntax

    def _keep(self, incoming: Incoming, command: dimse.Command, transfer_syntax_uid: str, beginning: bytes) -> None:
        """Look through the data set, then promise it. Either way `incoming` is done with."""
        try:
            identity = examine_beginning(beginning, incoming.written, transfer_syntax_uid)
            if identity is None:
                identity = _of_the_whole(incoming, transfer_syntax_uid)
            if identity.sop_class_uid != command.sop_class_uid:
                raise DataSetMismatch(what="SOP class UID")
            if identity.sop_uid != command.sop_uid:
                raise DataSetMismatch(what="SOP instance UID")
            head = Head(
                kind=ObjectKind.DICOM,
                data_bytes=incoming.written,
                received_ms=self._spool.now_ms(),
                sha256=incoming.sha256,
                sop_class_uid=identity.sop_class_uid,
                sop_uid=identity.sop_uid,
                transfer_syntax_uid=transfer_syntax_uid,
                study_uid=identity.study_uid,
                series_uid=identity.series_uid,
                calling_ae_title=self._agreed.calling_ae_title,
                called_ae_title=self._agreed.called_ae_title,
            )
        except BaseException:
            incoming.drop()
            raise
        incoming.commit(head)


def _of_the_whole(incoming: Incoming, transfer_syntax_uid: str) -> Identity:
    data = incoming.data()
    try:
        return examine(data, HEAD_BYTES, transfer_syntax_uid)
    finally:
        if not isinstance(data, bytes):
            data.close()


def _data_set(pieces: Iterator[Fragment], context_id: int) -> Iterator[Fragment]:
    """Pieces of the data set that follows a command. Raises ProtocolBroken when something else comes."""
    for piece in pieces:
        if piece.is_command or piece.context_id != context_id:
            raise ProtocolBroken(reason="another message within a data set")
        yield piece
        if piece.ends:
            return
    raise ProtocolBroken(reason="release within a data set")


def _skip(pieces: Iterator[Fragment], context_id: int) -> None:
    for _ in _data_set(pieces, context_id):
        pass
