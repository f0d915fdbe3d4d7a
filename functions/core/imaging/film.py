"""Film pages: which frames of a study go on which page, in what grid.

The rule is one table. Slices are sampled evenly over their series, one page a series; projections of a study share pages; the
grid is the one in which the images come out largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAGE_WIDTH = 2480  # px: A4 portrait at 300 dpi
PAGE_HEIGHT = 3508
DPI = 300
MAX_PAGES = 16


@dataclass(frozen=True)
class Rule:
    """per_page: most images on a page; sampled: a longer series is thinned to one page; shared: series of a study share pages."""

    per_page: int
    sampled: bool
    shared: bool


SLICES = Rule(per_page=20, sampled=True, shared=False)
PROJECTIONS = Rule(per_page=2, sampled=False, shared=True)
RULES = {
    "CT": SLICES,
    "MR": SLICES,
    "PT": SLICES,
    "NM": Rule(per_page=12, sampled=True, shared=False),
    "CR": PROJECTIONS,
    "DX": PROJECTIONS,
    "DR": PROJECTIONS,
    "RG": PROJECTIONS,
    "IO": PROJECTIONS,
    "PX": Rule(per_page=1, sampled=False, shared=True),
    "MG": Rule(per_page=4, sampled=False, shared=True),
}
OTHER = Rule(per_page=6, sampled=True, shared=False)


@dataclass(frozen=True)
class SeriesFacts:
    """What the rule needs of one series. aspect: width ÷ height of an image in mm (in pixels where no spacing is known)."""

    modality: str
    frames: int
    aspect: float


@dataclass(frozen=True)
class Page:
    """A grid, filled row by row. cells: (place of the series in the study, place of the frame in the series)."""

    columns: int
    rows: int
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class FilmFrame:
    """One image as it goes on film.

    pixels: uint8, (rows, columns) grey or (rows, columns, 3) RGB, windowed already, 0 = black.
    spacing_mm: (between rows, between columns), None where unknown: then no scale bar.
    pixel_aspect: height of a pixel over its width, where no spacing says it.
    detector: the spacing is the detector's, not the body's (ImagerPixelSpacing).
    edges: letters at left, top, right and bottom; "" where unknown.
    number: instance number; position_mm: along the slices' normal; window: (center, width).
    """

    pixels: NDArray[np.uint8]
    spacing_mm: tuple[float, float] | None = None
    detector: bool = False
    edges: tuple[str, str, str, str] = ("", "", "", "")
    number: int | None = None
    position_mm: float | None = None
    thickness_mm: float | None = None
    window: tuple[float, float] | None = None
    pixel_aspect: float = 1.0

    @property
    def aspect(self) -> float:
        rows, columns = self.pixels.shape[:2]
        down, across = self.spacing_mm or (self.pixel_aspect, 1.0)
        return float(columns * across / (rows * down))


@dataclass(frozen=True)
class FilmSeries:
    """How a series is named on its images. frames: how many it has in all."""

    number: int | None
    modality: str
    description: str
    frames: int


@dataclass(frozen=True)
class Shortage:
    """Images are missing, or nobody can say yet that none is. Counts of images; declared: None while nobody said how many."""

    received: int
    declared: int | None


@dataclass(frozen=True)
class FilmHeader:
    """Whose film this is, as it stands on paper. age: e.g. "63岁"; link and code: None leaves the QR panel out.

    shortage: None when the study is complete; else every page says so in words.
    """

    hospital: str
    name: str
    sex: str
    age: str
    patient_id: str
    accession_number: str
    item: str
    study_date: str
    language: str = "zh-CN"
    link: str | None = None
    code: str | None = None
    shortage: Shortage | None = None


def rule_for(modality: str) -> Rule:
    return RULES.get(modality, OTHER)


def plan_pages(series: Sequence[SeriesFacts], *, width: float, height: float) -> list[Page]:
    """The pages of a study's film; series without images have 0 frames.

    width, height: of the area that a grid fills; only their ratio matters.
    """
    pages: list[Page] = []
    waiting: dict[str, list[tuple[int, int]]] = {}
    for place, facts in enumerate(series):
        rule = rule_for(facts.modality)
        if rule.shared:
            waiting.setdefault(facts.modality, []).extend((place, frame) for frame in range(facts.frames))
            continue
        count = min(facts.frames, rule.per_page)
        if count:
            cells = [(place, frame) for frame in evenly(facts.frames, count)]
            pages.append(_page(cells, facts.aspect, width, height))
    for modality, cells in waiting.items():
        size = rule_for(modality).per_page
        for first in range(0, len(cells), size):
            part = cells[first : first + size]
            pages.append(_page(part, series[part[0][0]].aspect, width, height))
    return pages[:MAX_PAGES]


def evenly(total: int, count: int) -> list[int]:
    """`count` of 0 … total-1, the middles of equal parts: never the two outermost of a long series."""
    return [(2 * step + 1) * total // (2 * count) for step in range(count)]


def best_grid(count: int, aspect: float, width: float, height: float) -> tuple[int, int]:
    """Columns and rows for `count` images of that aspect in an area, so that the images come out largest.

    Of equal grids the one with fewer empty cells, then fewer columns.
    """
    best: tuple[tuple[float, int, int], tuple[int, int]] | None = None
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        image_width = min(width / columns, height / rows * aspect)
        key = (round(image_width, 3), -(columns * rows - count), -columns)
        if best is None or key > best[0]:
            best = (key, (columns, rows))
    if best is None:
        raise ValueError("a grid needs at least one image")
    return best[1]


def _page(cells: Sequence[tuple[int, int]], aspect: float, width: float, height: float) -> Page:
    columns, rows = best_grid(len(cells), aspect, width, height)
    return Page(columns, rows, tuple(cells))
