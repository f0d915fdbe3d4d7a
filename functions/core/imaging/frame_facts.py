"""What a viewer needs to know of each frame of an instance, taken from its attributes.

Classic images say it once at the top level; enhanced multi-frame images in functional groups, shared or per frame
(DICOM PS3.3 C.7.6.16). Every fact is a hashable value, so that a series index can tell equal ones apart from new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.core.imaging import luts, spacing
from functions.core.imaging.attributes import first_item, items, number, numbers, text

if TYPE_CHECKING:
    import pydicom

SHARED, PER_FRAME = 0x52009229, 0x52009230
POSITION_MACRO, ORIENTATION_MACRO, MEASURES_MACRO = 0x00209113, 0x00209116, 0x00289110
VOI_MACRO, TRANSFORM_MACRO, CONTENT_MACRO = 0x00289132, 0x00289145, 0x00209111
POSITION, ORIENTATION, THICKNESS, REFERENCE = 0x00200032, 0x00200037, 0x00180050, 0x00200052
SLOPE, INTERCEPT, RESCALE_TYPE, MODALITY_LUT = 0x00281053, 0x00281052, 0x00281054, 0x00283000
CENTER, WIDTH, FUNCTION, VOI_LUT = 0x00281050, 0x00281051, 0x00281056, 0x00283010
FRAME_TIME, FRAME_TIME_VECTOR, TRIGGER_TIME, TIME_OFFSET = 0x00181063, 0x00181065, 0x00181060, 0x0020930D
MODALITY, UNITS = 0x00080060, 0x00541001
MAX_WINDOWS = 16


@dataclass(frozen=True, slots=True)
class Plane:
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    spacing_source: str
    frame_of_reference: str
    thickness: float | None


@dataclass(frozen=True, slots=True)
class ModalityLut:
    slope: float
    intercept: float
    unit: str
    lut: luts.Lut | None


@dataclass(frozen=True, slots=True)
class Voi:
    windows: tuple[tuple[float, float], ...]  # center, width
    function: str
    lut: luts.Lut | None


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """position: of the first pixel's centre, mm. time_ms: from the first frame of its instance."""

    plane: Plane
    modality_lut: ModalityLut
    voi: Voi
    position: tuple[float, ...] | None
    time_ms: float | None


def facts_of(ds: pydicom.Dataset, frames: range, signed: bool) -> list[FrameFacts]:
    """The facts of some frames (numbers from 0) of an instance. signed: the pixel representation."""
    shared, per_frame = first_item(ds, SHARED), items(ds, PER_FRAME)
    times = _times(ds, frames)
    tables = luts.read_lut(first_item(ds, MODALITY_LUT), signed), luts.read_lut(first_item(ds, VOI_LUT), signed)
    if shared is None and not per_frame:
        facts = _Groups(ds, None, None, *tables).facts(None)
        return [
            facts if when is None else FrameFacts(facts.plane, facts.modality_lut, facts.voi, facts.position, when)
            for when in times
        ]
    return [
        _Groups(ds, shared, per_frame[frame] if frame < len(per_frame) else None, *tables).facts(when)
        for frame, when in zip(frames, times, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Groups:
    """One frame's view of a data set: its own functional groups, then the shared ones, then the top level.

    modality_table, voi_table: the top level's LUTs, read once for all frames: each has up to 65,536 values.
    """

    top: pydicom.Dataset
    shared: pydicom.Dataset | None
    own: pydicom.Dataset | None
    modality_table: luts.Lut | None
    voi_table: luts.Lut | None

    def macro(self, tag: int) -> pydicom.Dataset:
        return first_item(self.own, tag) or first_item(self.shared, tag) or self.top

    def facts(self, time_ms: float | None) -> FrameFacts:
        position = numbers(self.macro(POSITION_MACRO), POSITION)
        offset = number(self.macro(CONTENT_MACRO), TIME_OFFSET)
        if time_ms is None:
            time_ms = offset if offset is not None else number(self.top, TRIGGER_TIME)
        return FrameFacts(self.plane(), self.modality_lut(), self.voi(), tuple(position) if len(position) == 3 else None, time_ms)

    def plane(self) -> Plane:
        orientation = numbers(self.macro(ORIENTATION_MACRO), ORIENTATION)
        measures = self.macro(MEASURES_MACRO)
        found, source = spacing.of(self.top, measures)
        return Plane(
            tuple(orientation) if len(orientation) == 6 else None,
            found,
            source,
            text(self.top, REFERENCE),
            number(measures, THICKNESS),
        )

    def modality_lut(self) -> ModalityLut:
        transform = self.macro(TRANSFORM_MACRO)
        slope, intercept, unit = number(transform, SLOPE), number(transform, INTERCEPT), text(transform, RESCALE_TYPE)
        modality = text(self.top, MODALITY)
        if not unit or unit == "US":  # unspecified, PS3.3 C.11.1.1.2
            unit = {"CT": "HU", "PT": text(self.top, UNITS)}.get(modality, "")
        scale = 1.0 if slope is None or slope == 0 else slope
        return ModalityLut(scale, intercept or 0.0, unit[:16], self.modality_table)

    def voi(self) -> Voi:
        group = self.macro(VOI_MACRO)
        centers, widths = numbers(group, CENTER), numbers(group, WIDTH)
        function = text(group, FUNCTION).upper()
        pairs = zip(centers[:MAX_WINDOWS], widths, strict=False)
        windows = tuple((center, width) for center, width in pairs if width > 0)
        return Voi(
            windows,
            function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR",
            self.voi_table,
        )


def _times(ds: pydicom.Dataset, frames: range) -> list[float | None]:
    """Cine times in ms, PS3.3 C.7.6.5; None for all when the instance has none."""
    vector = numbers(ds, FRAME_TIME_VECTOR)
    step = number(ds, FRAME_TIME)
    if len(vector) >= frames.stop > 1:
        total, sums = 0.0, []
        for increment in vector:
            total += increment
            sums.append(total)
        return [sums[frame] - vector[0] for frame in frames]
    if step is not None and step > 0:
        return [frame * step for frame in frames]
    return [None] * len(frames)
