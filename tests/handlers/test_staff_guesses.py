"""Many who guess at once share five tries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from functions.core.access.accounts import SignInTries
from functions.core.access.tries import MAX_TRIES
from tests.handlers.crowded_table import CrowdedTable
from tests.handlers.staff_world import PASSWORD, Browser, StaffWorld
from tests.handlers.uploads import TENANT

GUESSES = 16


def test_parallel_guesses_share_five_tries() -> None:
    """A try is written before anything is compared: else a hundred requests at once would be a hundred guesses."""
    world = StaffWorld()
    world.browser("doctor", account="wang")
    tried = SignInTries(TENANT, "wang").key()
    world.deps.table = CrowdedTable(world.deps.table, tried, threads=GUESSES, rounds=1)
    with ThreadPoolExecutor(GUESSES) as pool:
        replies = list(pool.map(lambda number: Browser(world).sign_in("wang", f"Guess-{number:04d}"), range(GUESSES)))
    left = [reply.body["tries_left"] for reply in replies if reply.code == "sign_in_wrong"]
    assert len(left) == len(set(left)) < MAX_TRIES
    assert {reply.code for reply in replies} <= {"sign_in_wrong", "account_locked", "version_conflict"}
    assert Browser(world).sign_in("wang", PASSWORD).code == "account_locked"
