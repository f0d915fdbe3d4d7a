"""Listens for modalities; one thread for each association.

Only agreed associations count against `max_associations`; those that still negotiate may be as many again, and a connection
beyond that is closed at once: whoever opens sockets and says nothing costs a small buffer for a few seconds.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

from edge_agent import log, ports
from edge_agent.receiver.association import Association, Terms
from edge_agent.spool.store import Spool


@dataclass(slots=True)
class _Open:
    threads: dict[threading.Thread, socket.socket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Receiver:
    """`start` listens, `stop` lets running objects finish or drops them unpromised, and waits."""

    def __init__(self, host: str, port: int, max_associations: int, terms: Terms, spool: Spool) -> None:
        self._terms, self._spool = terms, spool
        self._places, self._max_connections = threading.BoundedSemaphore(max_associations), 2 * max_associations
        try:
            self._listener = socket.create_server((host, port), backlog=128)
        except OSError as error:
            raise ports.refusal("dicom.port", host, port, error) from None
        self._open = _Open()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="receiver", daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._thread.start()
        log.info("receiver_listens", port=self.port, ae_title=self._terms.ae_title)

    def stop(self, wait_s: float = 10.0) -> None:
        """No new associations; open ones end at their next byte, then are cut."""
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._open.lock:
            threads = dict(self._open.threads)
        for connection in threads.values():
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                continue
        for thread in threads:
            thread.join(wait_s)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, address = self._listener.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                log.surprise("accept_failed")
                self._stopping.wait(0.1)
                continue
            if len(self._open.threads) >= self._max_connections:
                log.warning("connection_closed", peer=address[0], reason="too many connections")
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection, address[0]), name="association", daemon=True)
            with self._open.lock:
                self._open.threads[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        try:
            Association(connection, peer, self._terms, self._spool, self._places).run()
        except Exception:  # one association must not end the receiver
            log.surprise("association_failed", peer=peer)
        finally:
            connection.close()
            with self._open.lock:
                self._open.threads.pop(threading.current_thread(), None)
