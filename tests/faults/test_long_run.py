"""`make faults`: what it adds up and writes down."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.faults import record
from tests.faults.__main__ import main
from tests.faults.long_run import run, run_chunk
from tests.faults.notebook import Notebook
from tests.faults.totals import Totals


def test_a_long_run_adds_up_what_its_workers_saw():
    whole, first, second = run_chunk(20, 4), run_chunk(20, 2), run_chunk(22, 2)
    first.add(second)
    first.seconds = whole.seconds
    assert first == whole
    assert whole.seeds == 4
    assert whole.acknowledged > 0
    assert not whole.failed


def test_a_long_run_leaves_no_seed_out(tmp_path):
    """Once every second chunk was: seeds that never ran look like seeds in which nothing went wrong."""
    totals, whole = run(7, 20, 1, Notebook(tmp_path / "notes", "code"), at_once=1), run_chunk(20, 7)
    totals.seconds = whole.seconds
    assert totals == whole


def test_a_run_that_was_stopped_goes_on_and_adds_up_to_the_same(tmp_path):
    """A hundred thousand take an hour, and machines are switched off."""
    notes = tmp_path / "notes"
    run(4, 20, 1, Notebook(notes, "code"), at_once=2)
    with notes.open("a") as file:
        file.write('{"first": 24, "see')  # where it was killed
    kept = Notebook(notes, "code")
    assert (kept.done(20, 2), kept.done(24, 2)) == (kept._done[20], None)
    totals, whole = run(8, 20, 1, kept, at_once=2), run_chunk(20, 8)
    totals.seconds = whole.seconds
    assert totals == whole


def test_seeds_that_ran_with_other_code_run_again(tmp_path):
    """What an older agent survived says nothing of this one."""
    notes = tmp_path / "notes"
    Notebook(notes, "code").add(0, Totals(seeds=50, failed={7: "lost"}))
    assert Notebook(notes, "code").done(0, 50) == Totals(seeds=50, failed={7: "lost"})
    assert Notebook(notes, "other").done(0, 50) is None


def test_figures_stand_between_the_marks_and_nothing_else_changes(tmp_path):
    page = tmp_path / "faults.md"
    page.write_text(f"before\n{record.BEGIN}\nold\n{record.END}\nafter\n", "utf-8")
    totals = Totals(seeds=3, acknowledged=20, crashes=2, failed={7: "lost"}, seconds=1.5)
    record.write(record.figures(totals, 5, datetime(2026, 11, 25, tzinfo=UTC)), page)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    for told in ("3 seeds from 5 on", "| objects acknowledged, all given back equal by SHA-256 | 20 |", "seed 7: lost"):
        assert told in text


def test_a_page_without_the_marks_is_not_touched(tmp_path):
    page = tmp_path / "faults.md"
    page.write_text("text", "utf-8")
    with pytest.raises(ValueError, match="marks"):
        record.write("figures", page)


def test_one_seed_is_told_with_its_trace(capsys):
    assert main(["--seed", "3", "--trace"]) == 0
    told = capsys.readouterr().out
    assert "acknowledged" in told
    assert "seed 3: well" in told
