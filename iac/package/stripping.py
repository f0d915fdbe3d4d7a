"""Compiled libraries without what only a debugger reads: some wheels carry ten times their code in symbols.

The loader maps segments and reads nothing else, so a file may end where its last segment does. Source: ELF-64 object file format,
"Program header"; System V ABI, chapter 5.
"""

from __future__ import annotations

from struct import Struct

HEADER = Struct("<16sHHIQQQIHHHHHH")  # e_ident … e_shstrndx
SEGMENT = Struct("<IIQQQQQQ")  # p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align
MAGIC = b"\x7fELF\x02\x01"  # 64 bit, little-endian


def stripped(data: bytes) -> bytes:
    """The file up to the end of its last segment, without a table of sections; anything else than a 64-bit ELF as it is."""
    if not data.startswith(MAGIC):
        return data
    fields = list(HEADER.unpack_from(data))
    offset, size, count = fields[5], fields[9], fields[10]
    segments = [SEGMENT.unpack_from(data, offset + number * size) for number in range(count)]
    end = max(offset + count * size, *(segment[2] + segment[5] for segment in segments))
    fields[6] = fields[11] = fields[12] = fields[13] = 0  # e_shoff, e_shentsize, e_shnum, e_shstrndx
    return HEADER.pack(*fields) + data[HEADER.size : end]
