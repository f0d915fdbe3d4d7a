"""What a disk holds, in the page cache and on stable storage, and what a power cut may leave of it.

The model is that of ALICE (Pillai et al., OSDI 2014) and of fsyncgate (LWN 752063). Sectors of 512 bytes, or of 4096, reach the
medium whole, in any order, when they like; a file's length is one of those it had since its last sync. A name that was made,
changed or removed stands or does not until its folder was synced, whichever file it names; a rename is atomic. After a
sync that failed the pages count as clean: what was lost of them is not written by the next sync.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SECTOR = 512


@dataclass(eq=False, slots=True)
class File:
    """data: as processes see it. stable: what the medium holds. dirty: sectors of `data` that it may not hold yet.

    sizes: lengths since the last sync; the first is the one that is stable. holder: whose lock is on it.
    """

    data: bytearray = field(default_factory=bytearray)
    stable: bytearray = field(default_factory=bytearray)
    dirty: set[int] = field(default_factory=set)
    sizes: list[int] = field(default_factory=lambda: [0])
    holder: object = None

    def write(self, data: bytes | memoryview, offset: int) -> None:
        end = offset + len(data)
        if offset > len(self.data):
            self.data.extend(bytes(offset - len(self.data)))
        self.data[offset:end] = data
        self.dirty.update(range(offset // SECTOR, -(-end // SECTOR)))
        self._sized()

    def truncate(self, size: int) -> None:
        if size < len(self.data):
            del self.data[size:]
            self.dirty = {sector for sector in self.dirty if sector * SECTOR < size}
        else:
            self.data.extend(bytes(size - len(self.data)))
        self._sized()

    def _sized(self) -> None:
        if self.sizes[-1] != len(self.data):
            self.sizes.append(len(self.data))

    def sync(self) -> None:
        self._write_back(self.dirty)
        self.dirty.clear()
        self._settle(len(self.data))

    def write_back_some(self, rng: random.Random) -> None:
        """As the system does by itself, now and then."""
        some = {sector for sector in sorted(self.dirty) if rng.random() < 0.5}
        self._write_back(some)
        self.dirty -= some

    def fail_to_sync(self, rng: random.Random) -> None:
        """Some of it was written; of the rest nobody knows any more. Perhaps the cache is dropped, too."""
        self.write_back_some(rng)
        self.dirty.clear()
        if rng.random() < 0.5:
            self._settle(len(self.data))
        if rng.random() < 0.3:
            self.data = self.stable[: len(self.data)] + bytes(max(0, len(self.data) - len(self.stable)))

    def cut(self, rng: random.Random) -> None:
        """The power went."""
        if self.dirty or len(self.sizes) > 1:
            unit = rng.choice((1, 8))  # sectors
            chance = rng.choice((0.0, 0.5, 1.0))
            units = sorted({sector // unit for sector in self.dirty})
            kept = {one for one in units if rng.random() < chance}
            self._write_back({sector for sector in self.dirty if sector // unit in kept})
            self.dirty.clear()
            self._settle(rng.choice(self.sizes))
        self.data = bytearray(self.stable)
        self.holder = None

    def _write_back(self, sectors: set[int]) -> None:
        for sector in sectors:
            start = sector * SECTOR
            piece = self.data[start : start + SECTOR]
            if start > len(self.stable):
                self.stable.extend(bytes(start - len(self.stable)))
            self.stable[start : start + len(piece)] = piece

    def _settle(self, size: int) -> None:
        del self.stable[size:]
        self.stable.extend(bytes(size - len(self.stable)))
        self.sizes = [size]


@dataclass(eq=False, slots=True)
class Folder:
    """entries: as processes see them. stable: on the medium. pending: changes since the last sync, each one atomic."""

    entries: dict[str, File | Folder] = field(default_factory=dict)
    stable: dict[str, File | Folder] = field(default_factory=dict)
    pending: list[dict[str, File | Folder | None]] = field(default_factory=list)

    def change(self, names: dict[str, File | Folder | None]) -> None:
        self.pending.append(names)
        _apply(self.entries, names)

    def sync(self) -> None:
        self.stable = dict(self.entries)
        self.pending.clear()

    def cut(self, rng: random.Random) -> None:
        """Of the pending changes some stand: the first ones, as on a journaling file system, or any."""
        if self.pending:
            reached = rng.randint(0, len(self.pending))
            ordered = rng.random() < 0.5
            for at, names in enumerate(self.pending):
                if at < reached if ordered else rng.random() < 0.5:
                    _apply(self.stable, names)
            self.pending.clear()
            self.entries = dict(self.stable)
        for node in self.entries.values():
            node.cut(rng)

    def files(self) -> list[File]:
        """All in it and below."""
        found: list[File] = []
        for node in self.entries.values():
            found += node.files() if isinstance(node, Folder) else [node]
        return found


def _apply(entries: dict[str, File | Folder], names: dict[str, File | Folder | None]) -> None:
    for name, node in names.items():
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node
