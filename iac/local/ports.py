"""Loopback ports: which are wanted, whether they are free."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass

from iac.local.errors import PortForbidden, PortTaken

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """cloud: the emulator (AWS API); gateway: what patients and agents see. 0 means: ask the system for a free one."""

    cloud: int = 0
    gateway: int = 0

    def chosen(self, before: Ports | None = None) -> Ports:
        """The same with every 0 replaced: by the port used `before` if it is free, else by any free one.

        Links that were sent hold the origin, so it is kept where that is possible.
        Raises PortTaken or PortForbidden for a fixed port.
        """
        before = before or Ports()
        return Ports(
            cloud=require_free(self.cloud, "the local cloud", "--cloud-port N") if self.cloud else _again(before.cloud),
            gateway=require_free(self.gateway, "the web address", "make demo PORT=N") if self.gateway else _again(before.gateway),
        )


def _again(port: int) -> int:
    """The port if it is set and free, else any free one."""
    return port if port and is_free(port) else free_port()


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, what: str, option: str) -> int:
    """The port, if it can be bound. Raises PortTaken or PortForbidden."""
    try:
        _bind(port)
    except PermissionError:
        raise PortForbidden(port=port, what=what, option=option) from None
    except OSError:
        raise PortTaken(port=port, what=what, option=option) from None
    return port


def answers(port: int, path: str) -> bool:
    """Whether an HTTP server on the port says 200 to GET path."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Whether this process could listen on it."""
    try:
        _bind(port)
    except OSError:
        return False
    return True


def _bind(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
