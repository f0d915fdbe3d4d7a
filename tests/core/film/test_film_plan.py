"""Which frames go on which page, in what grid."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.imaging.film import MAX_PAGES, SeriesFacts, best_grid, evenly, plan_pages
from functions.core.imaging.film_page import GRID_HEIGHT, GRID_WIDTH

AREA = {"width": GRID_WIDTH, "height": GRID_HEIGHT}


def test_a_long_ct_series_is_one_page_of_four_by_five_sampled_evenly():
    (page,) = plan_pages([SeriesFacts("CT", 300, 1.0)], **AREA)
    assert (page.columns, page.rows) == (4, 5)
    assert [frame for _, frame in page.cells] == list(range(7, 300, 15))


def test_a_short_series_is_shown_whole():
    (page,) = plan_pages([SeriesFacts("MR", 9, 1.0)], **AREA)
    assert [frame for _, frame in page.cells] == list(range(9))
    assert (page.columns, page.rows) == (3, 3)


def test_projections_share_pages_two_by_two_and_one_alone_fills_its_page():
    pages = plan_pages([SeriesFacts("DX", 1, 0.8), SeriesFacts("DX", 1, 0.8), SeriesFacts("DX", 1, 0.8)], **AREA)
    assert [(page.columns, page.rows, page.cells) for page in pages] == [
        (1, 2, ((0, 0), (1, 0))),
        (1, 1, ((2, 0),)),
    ]


def test_four_views_of_a_mammography_are_one_page():
    (page,) = plan_pages([SeriesFacts("MG", 1, 0.8) for _ in range(4)], **AREA)
    assert (page.columns, page.rows) == (2, 2)
    assert [place for place, _ in page.cells] == [0, 1, 2, 3]


def test_what_has_no_image_has_no_page():
    assert plan_pages([SeriesFacts("SR", 0, 1.0), SeriesFacts("CT", 0, 1.0)], **AREA) == []


def test_a_study_of_very_many_series_ends_at_the_limit():
    assert len(plan_pages([SeriesFacts("MR", 5, 1.0)] * 50, **AREA)) == MAX_PAGES


@given(st.integers(1, 5000), st.integers(1, 40))
def test_samples_are_in_order_inside_the_series_and_evenly_apart(total, count):
    count = min(total, count)
    chosen = evenly(total, count)
    assert len(chosen) == count
    assert all(0 <= frame < total for frame in chosen)
    gaps = [after - before for before, after in itertools.pairwise(chosen)]
    assert all(gap >= 1 for gap in gaps)
    assert not gaps or max(gaps) - min(gaps) <= 1


@given(st.integers(1, 20), st.floats(0.3, 3.0))
def test_no_other_grid_shows_the_images_larger(count, aspect):
    def image_width(columns: int) -> float:
        rows = -(-count // columns)
        return min(GRID_WIDTH / columns, GRID_HEIGHT / rows * aspect)

    columns, rows = best_grid(count, aspect, GRID_WIDTH, GRID_HEIGHT)
    assert columns * rows >= count > columns * (rows - 1)
    assert image_width(columns) >= max(image_width(other) for other in range(1, count + 1)) - 0.01


def test_a_grid_of_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="at least one"):
        best_grid(0, 1.0, 1.0, 1.0)
