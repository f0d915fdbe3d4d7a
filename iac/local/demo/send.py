"""A sender of its own: `python -m iac.local.demo.send HOST PORT CALLED FILES…`, one association, one C-STORE a file.

Files' names may also come one a line from a file given as `@list`. Prints `sent N` after each; ends with 1 at the first failure.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydicom import dcmread
from pynetdicom import AE, build_context

from iac.local.demo.study import transfer_syntaxes

MAX_CONTEXTS = 128


def send(host: str, port: int, called: str, files: tuple[Path, ...]) -> str:
    """Send all files. Returns "" or what went wrong."""
    kinds = sorted({(sop_class, syntax) for _, sop_class, syntax in transfer_syntaxes(files)})
    entity = AE(ae_title="DEMO")
    entity.requested_contexts = [build_context(sop_class, syntax) for sop_class, syntax in kinds[:MAX_CONTEXTS]]
    association = entity.associate(host, port, ae_title=called, max_pdu=0)
    if not association.is_established:
        return "the agent refused the association"
    try:
        for number, path in enumerate(files, 1):
            status = association.send_c_store(dcmread(path))
            if "Status" not in status or status.Status not in (0x0000, 0xB000, 0xB006, 0xB007):
                code = f"0x{status.Status:04X}" if "Status" in status else "no answer"
                return f"C-STORE {number} of {len(files)} failed: {code}"
            print(f"sent {number}", flush=True)
    finally:
        association.release()
    return ""


def main() -> None:
    """Send what the command line names."""
    host, port, called, *names = sys.argv[1:]
    listed = [line for name in names if name.startswith("@") for line in Path(name[1:]).read_text().splitlines() if line]
    files = tuple(Path(name) for name in [*listed, *(name for name in names if not name.startswith("@"))])
    failure = send(host, int(port), called, files)
    if failure:
        sys.exit(failure)


if __name__ == "__main__":
    main()
