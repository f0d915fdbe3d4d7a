"""Listening on a port: why it failed, in words of errors, and who holds it where this user may see that."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import NamedTuple

from edge_agent.errors import AddressNotHere, PortError, PortForbidden, PortTaken

_LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp


class Owner(NamedTuple):
    """The process that listens on a port."""

    pid: int
    name: str


def refusal(key: str, host: str, port: int, error: OSError) -> PortError:
    """What `error` from binding or listening means. key: the setting that gave the port."""
    if error.errno == errno.EADDRINUSE:
        holder = owner(port)
        told = f"{holder.name} (process {holder.pid})" if holder else "another user's program"
        told_zh = f"{holder.name}，进程 {holder.pid}" if holder else "其他用户的程序"
        return PortTaken(key=key, host=host, port=port, owner=told, owner_zh=told_zh)
    if error.errno in (errno.EACCES, errno.EPERM):
        return PortForbidden(key=key, port=port)
    return AddressNotHere(key=key.replace("_port", "_host").replace(".port", ".host"), host=host, reason=error.strerror)


def probe(key: str, host: str, port: int) -> None:
    """Bind and let go, without listening. Raises a PortError as a listener would meet it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise refusal(key, host, port, error) from None


def owner(port: int) -> Owner | None:
    """Who listens on TCP `port` here; None when nobody does or /proc does not tell this user."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening(Path("/proc/net") / table, port)}
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_inode(link) in inodes for link in (process / "fd").iterdir()):
                return Owner(int(process.name), (process / "comm").read_text("utf-8").strip())
        except OSError:  # gone, or another user's
            continue
    return None


def _listening(table: Path, port: int) -> list[str]:
    """Inodes of the sockets of a /proc/net table that listen on `port` (proc_net_tcp(5))."""
    try:
        rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port]


def _inode(link: Path) -> str:
    try:
        return str(link.readlink()).removeprefix("socket:[").removesuffix("]")
    except OSError:
        return ""
