"""A Storage SCP as one writes it with pynetdicom and nothing else: bytes to a file, fsync, success. The bench's reference.

`python -m bench._receive_bare FOLDER` prints its port and receives until it is killed. It does not decode what it stores
(`encoded_dataset`), which is pynetdicom's fastest way.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

from pydicom.uid import CTImageStorage
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event


def store(event: Event, folder: Path) -> int:
    """Bytes on stable storage, then success."""
    assert isinstance(event.request, C_STORE)
    with (folder / f"{event.request.AffectedSOPInstanceUID}.dcm").open("wb") as file:
        file.write(event.encoded_dataset())
        file.flush()
        os.fsync(file.fileno())
    return 0x0000


def no_delay(event: Event) -> None:
    """Answers leave at once, as ours do."""
    wire = event.assoc.dul.socket
    assert wire is not None
    assert wire.socket is not None
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main() -> None:
    """Receive into the folder named on the command line."""
    ae = AE("BARE")
    ae.add_supported_context(CTImageStorage)
    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, store, [Path(sys.argv[1])]), (evt.EVT_CONN_OPEN, no_delay)],
    )
    assert server is not None
    print(server.server_address[1], flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
