"""What agents say they hold against what came: never whole too early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.core.study import merge
from functions.core.study.bookkeeping import Declared
from functions.core.study.completeness import added_up, expected, is_complete
from functions.core.study.records import Series

WORDS = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 9)), min_size=1, max_size=8)


@given(words=WORDS, data=st.data())
def test_what_was_declared_is_the_same_in_any_order(words: list[tuple[str, int]], data: st.DataObject) -> None:
    def said(order: list[tuple[str, int]]) -> Declared | None:
        standing = None
        for agent, instances in order:
            standing = merge.declared_with(standing, "t", "s", "x", agent=agent, instances=instances)
        return standing

    first, other = said(words), said(data.draw(st.permutations(words)))
    assert first is not None
    assert other is not None
    assert first.by == other.by == {agent: max(n for one, n in words if one == agent) for agent, _ in words}


@given(
    declared_by=st.dictionaries(st.sampled_from("ab"), st.integers(1, 9)),
    held=st.dictionaries(st.sampled_from("ab"), st.sets(st.integers(0, 9))),
)
def test_expected_is_never_less_than_what_came_and_equal_when_all_is_here(
    declared_by: dict[str, int], held: dict[str, set[int]]
) -> None:
    received = len(set().union(*held.values()))
    received_by = {agent: len(uids) for agent, uids in held.items()}
    wanted = expected(declared_by, received_by, received)
    assert (wanted is None) == (not declared_by)
    if wanted is not None:
        assert wanted >= received
    if is_complete(declared_by, received_by):
        assert wanted == received


def test_a_study_is_whole_only_when_each_of_its_series_is() -> None:
    here = Series("t", "s", "x", "1.2", received=2, frames=2, received_by={"a": 2})
    assert added_up([here], []).complete is False
    assert added_up([here], [Declared("t", "s", "x", {"a": 2})]).complete is True
    assert added_up([here], [Declared("t", "s", "x", {"a": 2}), Declared("t", "s", "y", {"a": 1})]).complete is False
    assert added_up([], []).declared is None
