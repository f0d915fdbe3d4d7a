"""The series index: what a viewer needs of a series, in display order, and nothing that tells whose it is.

Schema: events/schemas/series_index.v1.json.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from functions.core import plain_text
from functions.core.imaging import attributes, frame_facts, luts, suv
from functions.core.imaging.body_parts import code_word
from functions.core.imaging.display_order import Placed, display_order
from functions.core.imaging.errors import DataSetMalformed
from functions.core.imaging.frame_facts import FrameFacts, ModalityLut, Plane, Voi
from functions.core.imaging.index_json import (
    Format,
    Located,
    Table,
    format_json,
    modality_lut_json,
    palette_json,
    piece_columns,
    plane_json,
    voi_json,
)
from functions.core.imaging.pixel_format import format_of
from functions.core.imaging.transfer_syntax import codec_of
from functions.core.imaging.versions import shown, versions_of

if TYPE_CHECKING:
    import pydicom

    from functions.core.imaging.heads import Frame, Heads, Instance

Palette = tuple[luts.Lut, luts.Lut, luts.Lut]
SCHEMA = "series_index.v1"
PAGE_FRAMES = 4096
MAX_FRAMES = 64 * PAGE_FRAMES  # of a series; some 2 kB of memory each
PIECES = ("quarter", "half", "full")
WITHHELD = "withheld"  # codec of a frame whose instance came in versions that show different pictures
HTJ2K_LEVELS = 2
MODALITY, BODY_PART, LATERALITY, PATIENT_POSITION = 0x00080060, 0x00180015, 0x00200060, 0x00185100
NUMBER = 0x00200013
LATERALITIES = ("L", "R", "B", "U")  # DICOM PS3.3 C.7.3.1 and 10.5
POSITIONS = {f"{end}F{side}" for end in "HF" for side in ("P", "S", "DR", "DL")} | {
    f"{side}F{way}" for side in "LRAP" for way in "PS"
}
DISPLAY_RATE, CINE_RATE, FRAME_TIME = 0x00082144, 0x00180040, 0x00181063


class TooManyFrames(ValueError):
    """More frames than any series has: an index of them would take all memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One frame of the index. pieces: None where there is none, in the order of PIECES."""

    frame: str
    number: int | None
    frame_number: int
    format: Format
    facts: FrameFacts
    palette: Palette | None
    pieces: tuple[Located | None, ...]


@dataclass(frozen=True, slots=True)
class InstanceRows:
    """One instance, or part of one, of a heads object. rows: None when nothing can be read of it."""

    sop_uid: str
    sha256: str
    bytes: int
    part: int
    parts: int
    rows: tuple[Row, ...] | None


@dataclass(frozen=True, slots=True)
class HeadsRows:
    """What an index takes from one heads object. series_facts: of its first image, None without one."""

    instances: tuple[InstanceRows, ...]
    series_facts: dict[str, Any] | None
    frames: int


def build(parcels: Iterable[Heads], *, frame_name: Callable[[str, int], str], **about: Any) -> list[dict[str, Any]]:
    """`build_rows` of opened heads objects. frame_name: keyed name of (SOP Instance UID, frame number from 1)."""
    return build_rows([rows_of(heads, frame_name) for heads in parcels], **about)


def build_rows(
    parcels: Iterable[HeadsRows],
    *,
    series: str,
    version: int,
    declared: int | None,
    complete: bool,
    frame_of_reference: Callable[[str], int] | None = None,
    page_frames: int = PAGE_FRAMES,
    withheld: Collection[str] = (),
) -> list[dict[str, Any]]:
    """The pages of a series' index.

    parcels: in the order of arrival; of instances that came twice one is taken (`versions.shown`), and none without its first
    part, which is the one that says what it is. series: keyed name.
    frame_of_reference: number of a Frame of Reference UID in the study; by default counted within this series.
    page_frames: frames of a page; a viewer reads any. withheld: SOP Instance UIDs of which no version may be shown.
    Instances without pixels count as received and have no frame; pixels that cannot be cut into frames have one frame with the
    codec `none` and no piece, what is withheld one with the codec `withheld`, so that a viewer says so instead of showing one
    image less.
    """
    rows, facts, received = _merged(list(parcels), withheld)
    placed = [
        Placed(row.facts.plane.orientation, row.facts.position, row.number, arrival, row.frame_number) for arrival, row in rows
    ]
    ordered = [rows[number] for number in display_order(placed)]
    common = {
        "schema": SCHEMA,
        "series": series,
        "version": version,
        "received": received,
        "declared": declared,
        "complete": complete,
        **(facts or _series_facts(None)),
    }
    counted: Table[str] = Table()
    references = frame_of_reference or counted.number
    starts = range(0, max(1, len(ordered)), page_frames)
    return [common | _page(ordered[at : at + page_frames], at, len(ordered), references) for at in starts]


def rows_of(
    heads: Heads,
    frame_name: Callable[[str, int], str],
    max_frames: int = MAX_FRAMES,
    look: Callable[[Instance, pydicom.Dataset], None] | None = None,
) -> HeadsRows:
    """Depends on this heads object alone, so that it may be kept while its series grows. Raises TooManyFrames.

    look: is shown every data set that is opened, since opening it is most of the work.
    """
    frames = sum(len(instance.frames) or 1 for instance in heads.instances)
    if frames > max_frames:
        raise TooManyFrames(f"{frames} frames, at most {max_frames} taken")
    found: list[InstanceRows] = []
    facts: dict[str, Any] | None = None
    for instance in heads.instances:
        rows: tuple[Row, ...] | None = None
        if not instance.part or instance.frames:
            try:
                ds = heads.data_set(instance)
            except DataSetMalformed:
                pass
            else:
                if look is not None:
                    look(instance, ds)
                rows = _frames(heads, instance, ds, frame_name)
                if rows and facts is None:
                    facts = _series_facts(ds)
        found.append(
            InstanceRows(instance.sop_uid, instance.sha256, instance.bytes, instance.part, instance.parts, rows),
        )
    return HeadsRows(tuple(found), facts, frames)


def _merged(parcels: Sequence[HeadsRows], withheld: Collection[str]) -> tuple[list[tuple[int, Row]], dict[str, Any] | None, int]:
    """(rows in order of arrival, each with its instance's number; facts of the first image; instances wholly received)."""
    rows: list[tuple[int, Row]] = []
    facts: dict[str, Any] | None = None
    chosen = {uid: shown(same.values()) for uid, same in versions_of(parcels).items()}
    taken: set[tuple[str, int]] = set()
    numbers: Table[str] = Table()
    for parcel in parcels:
        for instance in parcel.instances:
            uid = instance.sop_uid
            if chosen[uid].sha256 != instance.sha256 or (uid, instance.part) in taken or 0 not in chosen[uid].here:
                continue
            taken.add((uid, instance.part))
            if instance.rows is None:
                continue
            number = numbers.number(uid)
            if instance.rows and facts is None:
                facts = parcel.series_facts
            found = instance.rows
            if uid in withheld:
                found = tuple(_without_picture(row) for row in found if row.frame_number == 1)
            rows += [(number, row) for row in found]
    return rows, facts, sum(version.is_whole for version in chosen.values())


def _without_picture(row: Row) -> Row:
    return replace(row, format=replace(row.format, codec=WITHHELD, levels=0), pieces=(None,) * len(PIECES))


def _frames(heads: Heads, instance: Instance, ds: pydicom.Dataset, frame_name: Callable[[str, int], str]) -> tuple[Row, ...]:
    layout = _format(instance, ds)
    if layout is None:
        return ()
    count = len(instance.frames) or 1
    palette = luts.read_palette(ds) if layout.photometric == "PALETTE COLOR" else None
    shown = attributes.number(ds, NUMBER)
    facts = frame_facts.facts_of(ds, range(instance.first_frame, instance.first_frame + count), layout.signed)
    return tuple(
        Row(
            frame_name(instance.sop_uid, instance.first_frame + offset + 1),
            None if shown is None or abs(shown) >= 2**31 else int(shown),
            instance.first_frame + offset + 1,
            layout,
            facts[offset],
            palette,
            _pieces(heads, instance.frames[offset]) if instance.frames else (None, None, None),
        )
        for offset in range(count)
    )


def _pieces(heads: Heads, frame: Frame) -> tuple[Located | None, ...]:
    return tuple(
        Located(f"{home.sha256}.{kind}", home.bytes, piece) if home and piece else None
        for piece, home, kind in (
            (frame.quarter, heads.low, "low"),
            (frame.half, heads.rest, "rest"),
            (frame.full, heads.rest, "rest"),
        )
    )


def _format(instance: Instance, ds: pydicom.Dataset) -> Format | None:
    """None when the instance is no image."""
    form = format_of(ds)
    if form is None:
        return None
    codec = codec_of(instance.mode, instance.transfer_syntax_uid)
    return Format(
        codec=codec,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        rows=form.rows,
        columns=form.columns,
        samples=form.samples,
        photometric=form.photometric,
        planar=int(codec == "zstd" and instance.layout is not None and instance.layout.planar == 1),
        bits_allocated=form.bits_allocated,
        bits_stored=form.bits_stored,
        high_bit=form.high_bit,
        signed=form.signed,
        padding=form.padding,
        levels=HTJ2K_LEVELS if codec == "htj2k" else 0,
    )


def _series_facts(ds: pydicom.Dataset | None) -> dict[str, Any]:
    if ds is None:
        return {"modality": "", "body_part": "", "laterality": "", "patient_position": "", "frame_rate": None}
    facts: dict[str, Any] = {
        "modality": _word(ds, MODALITY, 16),
        "body_part": code_word(attributes.text(ds, BODY_PART)),
        "laterality": _code(ds, LATERALITY, LATERALITIES),
        "patient_position": _code(ds, PATIENT_POSITION, POSITIONS),
        "frame_rate": _frame_rate(ds),
    }
    if facts["modality"] == "PT":
        facts["suv"] = suv.fields_of(ds)
    return facts


def _word(ds: pydicom.Dataset, tag: int, length: int) -> str:
    return plain_text.line(attributes.text(ds, tag))[:length]


def _code(ds: pydicom.Dataset, tag: int, codes: Collection[str]) -> str:
    """Whoever may see a series reads its index: of what is typed at the device only the standard's words stand in it."""
    word = attributes.text(ds, tag).strip()
    return word if word in codes else ""


def _frame_rate(ds: pydicom.Dataset) -> float | None:
    for tag in (DISPLAY_RATE, CINE_RATE):
        rate = attributes.number(ds, tag)
        if rate is not None and 0 < rate <= 1000:
            return rate
    step = attributes.number(ds, FRAME_TIME)
    return 1000 / step if step is not None and step >= 1 else None


def _page(rows: Sequence[tuple[int, Row]], first: int, frames: int, references: Callable[[str], int]) -> dict[str, Any]:
    objects: Table[tuple[str, int]] = Table()
    formats: Table[Format] = Table()
    planes: Table[Plane] = Table()
    modality_luts: Table[ModalityLut] = Table()
    vois: Table[Voi] = Table()
    palettes: Table[Palette] = Table()
    columns: dict[str, Any] = {
        "frame": [row.frame for _, row in rows],
        "instance": [number for number, _ in rows],
        "number": [row.number for _, row in rows],
        "frame_number": [row.frame_number for _, row in rows],
        "format": [formats.number(row.format) for _, row in rows],
        "plane": [planes.number(row.facts.plane) for _, row in rows],
        "modality_lut": [modality_luts.number(row.facts.modality_lut) for _, row in rows],
        "voi": [vois.number(row.facts.voi) for _, row in rows],
        "palette": [-1 if row.palette is None else palettes.number(row.palette) for _, row in rows],
        "position": [None if row.facts.position is None else list(row.facts.position) for _, row in rows],
        "time_ms": [row.facts.time_ms for _, row in rows],
    }
    for place, name in enumerate(PIECES):
        columns[name] = piece_columns([row.pieces[place] for _, row in rows], objects)
    return {
        "page": {"first": first, "count": len(rows), "frames": frames},
        "objects": [{"name": name, "bytes": size} for name, size in objects.rows],
        "formats": [format_json(row) for row in formats.rows],
        "planes": [plane_json(row, references) for row in planes.rows],
        "modality_luts": [modality_lut_json(row) for row in modality_luts.rows],
        "vois": [voi_json(row) for row in vois.rows],
        "palettes": [palette_json(row) for row in palettes.rows],
        "columns": columns,
    }
