"""What stands between an agent and its cloud when it is not the cloud: real listeners on loopback that misbehave in one way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket], None]


@contextmanager
def listening(behaviour: Behaviour) -> Iterator[int]:
    """Hand each connection to `behaviour`; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            behaviour(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()
        thread.join()


def silent(connection: socket.socket) -> None:
    """A firewall that swallows: takes the request, says nothing."""
    while connection.recv(4096):
        pass


def cutting(connection: socket.socket) -> None:
    """Takes the request's beginning and hangs up."""
    connection.recv(1)
    connection.shutdown(socket.SHUT_RDWR)


def portal(connection: socket.socket) -> None:
    """A page that asks for a login, with status 200."""
    _request(connection)
    page = b"<html>login</html>"
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n%s" % (len(page), page))


def plain(connection: socket.socket) -> None:
    """A web server without TLS, asked for TLS."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


def proxy_that_wants_a_password(connection: socket.socket) -> None:
    _request(connection)
    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")


def proxy(connection: socket.socket) -> None:
    """CONNECT to a port of this machine, then bytes both ways."""
    wanted = _request(connection).split()[1].decode("ascii")
    with socket.create_connection(("127.0.0.1", int(wanted.rpartition(":")[2]))) as far:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pump, args=(far, connection), daemon=True)
        back.start()
        _pump(connection, far)
        back.join()


def _request(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096) or b"\r\n\r\n"
    return head


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(16384):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
