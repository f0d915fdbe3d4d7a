"""Shares when the table is lost: what was taken back stays so, uses are not given back, who looked stays told [PLUS-04]."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.adapters.journal import journal_first
from functions.adapters.openings import note_opened
from functions.core.access import shares, tries
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.access.telling import share_revoked
from functions.core.study import keys
from functions.core.times import epoch_s, iso
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04", "SHR-05")


@pytest.fixture
def here() -> SmallHospital:
    hospital = SmallHospital()
    hospital.open()
    hospital.enrol("LIGHTBOX")
    slices = Slices(number=1, count=2, accession_number="A1")
    deps = hospital.deps
    hospital.deliver(
        *map(hospital.confirm, (upload(deps, slices), declare(deps, [(slices, 2)]), report(deps, accession_number="A1")))
    )
    hospital.settle()
    return hospital


def made(here: SmallHospital, serial: int, **values: object) -> Share:
    exam = here.deps.naming.exam(TENANT, accession_number="A1", study_uid="")
    patient = here.deps.table.get(keys.exam_pk(TENANT, exam), "EXAM")["patient"]  # type: ignore[index]
    now = epoch_s(here.deps.clock.now())
    share = Share(keys.sha256_hex(f"share {serial}"), TENANT, exam, patient, serial, now, now + 86400, "patient")
    share = replace(share, **values)  # type: ignore[arg-type]
    here.deps.table.put(share.to_row(), expect=None)
    here.settle()
    return share


def change(here: SmallHospital, share: Share) -> None:
    row = here.deps.table.get(*share.key())
    assert row is not None
    here.deps.table.put(share.to_row(), expect=row["version"])
    here.settle()


def rebuilt(here: SmallHospital, share: Share) -> Share:
    row = here.deps.table.get(*share.key())
    assert row is not None
    return Share.from_row(row)


def test_what_a_share_gives_is_what_it_gave(here: SmallHospital) -> None:
    share = made(here, 1, series=["a" * 32], report=False, film=False, anonymous=True)
    here.lose_the_table()
    here.reconcile()
    assert rebuilt(here, share) == share


def test_a_share_that_was_taken_back_stays_so_even_if_its_row_never_heard_of_it(here: SmallHospital) -> None:
    """The journal is written first; the crash came between."""
    share = made(here, 1)
    ended = shares.revoked(share, share.issued_at + 60)
    journal_first(share_revoked(ended.to_row()), here.deps)
    here.reconcile()
    assert rebuilt(here, share).revoked_at == share.issued_at + 60
    here.lose_the_table()
    here.reconcile()
    assert rebuilt(here, share).revoked_at == share.issued_at + 60


def test_a_limited_share_is_used_up_and_a_pass_code_has_one_try_left(here: SmallHospital) -> None:
    """Nobody knows how much of either was taken since the journal last heard."""
    limited, coded = made(here, 1, limit=3), made(here, 2, code="c" * 64)
    here.lose_the_table()
    here.reconcile()
    assert shares.is_used_up(rebuilt(here, limited))
    assert tries.tries_left(rebuilt(here, coded), epoch_s(here.deps.clock.now())) == 1


def test_a_locked_share_comes_back_locked(here: SmallHospital) -> None:
    share = made(here, 1, code="c" * 64)
    until = share.issued_at + 900
    change(here, replace(share, tries=5, locked_until=until, lock_level=1))
    here.lose_the_table()
    here.reconcile()
    assert tries.is_locked(rebuilt(here, share), until - 1)
    assert not tries.is_locked(rebuilt(here, share), until)


def test_who_looked_stays_told(here: SmallHospital) -> None:
    share = made(here, 1)
    at = iso(here.deps.clock.now())
    note_opened(here.deps.table, TENANT, share.exam, share.patient, by="share", at=at, number="ab" * 32, share=share)
    note_opened(here.deps.table, TENANT, share.exam, share.patient, by="staff", at=at, number="cd" * 32, account="wang")
    here.settle()
    before = here.deps.table.rows(keys.opened_pk(TENANT, share.exam))
    here.lose_the_table()
    here.reconcile()
    after = [Opening.from_row(row) for row in here.deps.table.rows(keys.opened_pk(TENANT, share.exam))]
    assert after == [Opening.from_row(row) for row in before]
    assert [one.patient for one in after] == [share.patient] * 2
