"""Rows of a series index as the schema writes them (events/schemas/series_index.v1.json)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from functions.core.imaging.frame_facts import ModalityLut, Plane, Voi
    from functions.core.imaging.luts import Lut
    from functions.core.imaging.pixel_object import Piece


Row = TypeVar("Row", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Format:
    """A row of `formats`; fields as in the schema. padding: (value, limit)."""

    codec: str
    transfer_syntax_uid: str
    rows: int
    columns: int
    samples: int
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    padding: tuple[int, int] | None
    levels: int


class Located(NamedTuple):
    """A piece and the object that holds it. bytes: of the whole object."""

    name: str
    bytes: int
    piece: Piece


@dataclass(slots=True)
class Table(Generic[Row]):
    """Rows seen so far, each once, in order."""

    rows: dict[Row, int] = field(default_factory=dict)

    def number(self, row: Row) -> int:
        return self.rows.setdefault(row, len(self.rows))


def format_json(row: Format) -> dict[str, Any]:
    padding = row.padding and {"value": row.padding[0], "limit": row.padding[1]}
    return {name: getattr(row, name) for name in Format.__slots__} | {"padding": padding}


def plane_json(row: Plane, references: Callable[[str], int]) -> dict[str, Any]:
    return {
        "orientation": row.orientation and list(row.orientation),
        "spacing": row.spacing and list(row.spacing),
        "spacing_source": row.spacing_source,
        "frame_of_reference": references(row.frame_of_reference) if row.frame_of_reference else -1,
        "thickness": row.thickness,
    }


def modality_lut_json(row: ModalityLut) -> dict[str, Any]:
    return {"slope": row.slope, "intercept": row.intercept, "unit": row.unit, "lut": row.lut and lut_json(row.lut)}


def voi_json(row: Voi) -> dict[str, Any]:
    windows = [{"center": center, "width": width} for center, width in row.windows]
    return {"windows": windows, "function": row.function, "lut": row.lut and lut_json(row.lut)}


def palette_json(row: tuple[Lut, Lut, Lut]) -> dict[str, Any]:
    return {name: lut_json(table) for name, table in zip(("red", "green", "blue"), row, strict=True)}


def lut_json(row: Lut) -> dict[str, Any]:
    return {"first": row.first, "bits": row.bits, "values": list(row.values)}


def piece_columns(pieces: Sequence[Located | None], objects: Table[tuple[str, int]]) -> dict[str, list[int]]:
    """objects: the page's table of (name, bytes), filled here."""
    return {
        "object": [-1 if located is None else objects.number((located.name, located.bytes)) for located in pieces],
        "offset": [0 if located is None else located.piece.offset for located in pieces],
        "bytes": [0 if located is None else located.piece.bytes for located in pieces],
        "crc32": [0 if located is None else located.piece.crc32 for located in pieces],
    }
