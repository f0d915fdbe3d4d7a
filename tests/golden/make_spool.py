"""python -m tests.golden.make_spool FOLDER: a spool as an agent leaves it that was stopped with work in every state.

Run with the code of the version that it is to show: it writes spool-vN.zip and spool-vN.json (what must become of it) there.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

from edge_agent.config import Packing
from edge_agent.packer import Packer
from edge_agent.spool import records
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import Event
from edge_agent.spool.store import Spool
from tests.agent.building import Clock, image, keep

STUDY = "1.2.3.100"
REPORT = {
    "schema": "report.v1",
    "tenant": "h1",
    "patient": {"id": "P-1", "issuer": "HIS"},
    "accession_number": "A-1",
    "state": "audited",
    "version": 1,
    "findings": "两肺纹理清晰。",
    "impression": "未见异常。",
    "people": [{"role": "auditor", "name": "王芳"}],
    "language": "zh-CN",
}


def make(folder: Path) -> dict[str, dict[str, str]]:
    """Fill `folder`; returns SOP Instance UID → {sha256, state} of every image that was promised."""
    clock = Clock()
    spool = Spool(folder, 1 << 30, 0, wall_s=clock, now_s=clock)
    packer = Packer(spool, Packing(), now_s=clock)
    number = 0

    def series(name: str, count: int) -> list[int]:
        nonlocal number
        numbers = []
        for _ in range(count):
            number += 1
            item = keep(spool, image(number, study=STUDY, series=f"{STUDY}.{name}"))
            assert item is not None
            numbers.append(item.number)
        return numbers

    def packed(name: str, count: int) -> int:
        series(name, count)
        clock.now += 10
        while packer.pack_next():
            pass
        return max(spool.shipments)

    for steps, name in (
        ((Event.PICKED, Event.STORED, Event.INDEXED), "1"),
        ((Event.PICKED, Event.STORED), "2"),
        ((Event.PICKED,), "3"),
        ((), "4"),
        ((Event.PICKED, Event.REFUSED), "5"),
    ):
        shipment = spool.shipments[packed(name, 2)]
        for event in steps:
            spool.advance(shipment, event, digest="d" * 64 if event is Event.STORED else "")
    spool.name({STUDY: "a" * 32, f"{STUDY}.1": "b" * 32})
    spool.declare(STUDY, {f"{STUDY}.1": 2})
    spool.put(ObjectKind.REPORT, json.dumps(REPORT, ensure_ascii=False, sort_keys=True).encode())
    (lone,) = series("6", 1)
    spool.park(spool.items[lone], "its bytes changed")
    series("7", 3)
    told = {item.head.sop_uid: {"sha256": item.head.sha256, "state": item.state.name} for item in spool.items.values()}
    spool.close()
    return {sop_uid: facts for sop_uid, facts in told.items() if sop_uid}


def main() -> None:
    target, name = Path(sys.argv[1]), f"spool-v{records.VERSION}"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "spool"
        told = make(folder)
        with zipfile.ZipFile(target / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name != "lock":
                    entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())  # dated 1980: the same bytes each time
                    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    (target / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
