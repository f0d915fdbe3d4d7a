"""Rebuilds one hospital's rows: its decisions from the journal, everything else from the documents in the vault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from functions.adapters.exams import decide_exam
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.history import standing
from functions.core.history.folding import ExamPast, History
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam
from functions.core.study.release import with_decision
from functions.core.study.states import Release
from functions.core.times import iso
from functions.ingest.messages import Ref, ref_of_key
from functions.ingest.taking import is_pdf
from iac.operator.reconcile.decisions import Decision, apply, decisions, is_lacking
from iac.operator.reconcile.derived import give_back
from iac.operator.reconcile.documents import newest_of, take_report, take_study
from iac.operator.reconcile.outcome import COUNTED, REBUILDING, WAITING, WITHHELD, Outcome
from iac.operator.reconcile.reading import documents
from iac.operator.reconcile.replaying import replaying
from iac.operator.reconcile.survey import Survey

T = TypeVar("T")
SAY_EVERY = 50
RELEASED = Release.RELEASED.value


def is_behind(history: History, survey: Survey, deps: Deps, workers: int) -> bool:
    """Whether rows lack what the journal says; without that all that may lack is what is under way."""
    row = deps.table.get(keys.hospital_pk(history.tenant), "HOSPITAL")
    return row is None or bool(row.get("rebuilding")) or survey.is_behind(history) or _lacks_a_decision(history, deps, workers)


def _lacks_a_decision(history: History, deps: Deps, workers: int) -> bool:
    with ThreadPoolExecutor(workers) as pool:
        try:
            return any(pool.map(lambda decision: is_lacking(decision, deps.table), decisions(history)))
        finally:
            pool.shutdown(cancel_futures=True)


def rebuild(history: History, survey: Survey, deps: Deps, outcome: Outcome, workers: int, *, despite_failures: bool) -> bool:
    """Closes the hospital to ingest and rebuilds its rows; `open_to_work` is for when all of them are told of.

    False when something failed that another try may heal: then no exam was decided on half of its documents, and no link that was
    lost leads to it.
    """
    tenant, now, failed = history.tenant, deps.clock.now(), len(outcome.failed)
    past = replaying(deps, now)
    hospital = _close(history, past, iso(now))
    outcome.say(REBUILDING.format(tenant=tenant))
    outcome.rebuilt.append(tenant)
    for kind, same in groupby(decisions(history), lambda decision: decision[0]):  # one kind after the other: see `decisions`
        again = _standing_again if kind == "links" else _decided_again  # a lost link comes back last
        _each(same, lambda decision: again(decision, past, outcome), workers, outcome, kind)  # noqa: B023 — run before the next
    reports, studies = _lacking_documents(history, survey, deps)
    _each(reports, lambda ref: take_report(ref, hospital, history, deps, outcome), workers, outcome, "reports")
    _each(studies, lambda refs: take_study(refs, hospital, history, deps, outcome), workers, outcome, "studies")
    if len(outcome.failed) == failed or despite_failures:
        exams = _finish_rows(history, past)
        _each(exams, lambda name: _decide(name, hospital, history, deps, outcome), workers, outcome, "检查判定 · exams decided")
    if len(outcome.failed) > failed and not despite_failures:
        outcome.say(WAITING.format(tenant=tenant))
        return False
    for kind in ("settled", "links"):
        last = [decision for decision in decisions(history) if decision[0] == kind]
        _each(last, lambda decision: _decided_again(decision, past, outcome), workers, outcome, kind)
    return len(outcome.failed) == failed or despite_failures


def hold_closed(history: History, deps: Deps, outcome: Outcome, workers: int) -> None:
    """Part of the journal cannot be read, and what that took away would stand open: the hospital is closed, nothing that was lost
    comes back (an agent's key would let it in), and what stands loses what the rest of the journal took away."""
    now = deps.clock.now()
    past = replaying(deps, now)
    _close(history, past, iso(now))
    outcome.closed.append(history.tenant)
    _each(decisions(history), lambda decision: _standing_again(decision, past, outcome), workers, outcome, "决定 · decisions")


def _standing_again(decision: Decision, past: Deps, outcome: Outcome) -> None:
    if past.table.get(*decision[1]):
        _decided_again(decision, past, outcome)


def _decided_again(decision: Decision, past: Deps, outcome: Outcome) -> None:
    if apply(decision, past.table):
        outcome.count(decision[0])


def _close(history: History, past: Deps, since: str) -> Hospital:
    def decide(row: Row | None) -> Row | None:
        stands = standing.hospital(Hospital.from_row(row) if row else None, history)
        return replace(stands, rebuilding=stands.rebuilding or since).to_row() if stands else None

    row = change(past.table, keys.hospital_pk(history.tenant), "HOSPITAL", decide)
    assert row is not None  # the caller knows of a hospital
    return Hospital.from_row(row)


def open_to_work(tenant: str, deps: Deps) -> None:
    def decide(row: Row | None) -> Row | None:
        return replace(Hospital.from_row(row), rebuilding="").to_row() if row else None

    change(replaying(deps, deps.clock.now()).table, keys.hospital_pk(tenant), "HOSPITAL", decide)


def _lacking_documents(history: History, survey: Survey, deps: Deps) -> tuple[list[Ref], list[list[Ref]]]:
    """Reports and registrations, and manifests and declarations by study, that no row says are settled."""
    found = list(unsettled(history, survey, deps))
    reports = [ref for ref in found if ref.kind in ("report", "registration")]
    rest = [ref for ref in found if ref.kind not in ("report", "registration")]
    return reports, [list(refs) for _, refs in groupby(rest, lambda ref: ref.study)]


def unsettled(history: History, survey: Survey, deps: Deps) -> Iterator[Ref]:
    for key in documents(history.tenant, deps):
        ref = ref_of_key(key)
        if ref is None or history.has_ended(ref.study) or not survey.lacks(ref, history):
            continue
        if ref.kind == "report" and (ref.sha256 in survey.pdfs or is_pdf(ref, deps)):
            survey.pdfs.add(ref.sha256)
        else:
            yield ref


def _finish_rows(history: History, past: Deps) -> list[str]:
    """Gives rows back what was rendered for them; returns every exam that studies, reports or the journal name."""
    exams = set(history.exams)
    for row in past.table.scan():
        if row.get("tenant") != history.tenant:
            continue
        give_back(row, history, past.table)
        if row["kind"] in ("exam", "exam_study", "report", "registration"):
            exams.add(row["exam"])
    return sorted(exams)


def _decide(name: str, hospital: Hospital, history: History, deps: Deps, outcome: Outcome) -> None:
    """By the rule that it was decided by before: a later one never publishes what is over.

    Nor does a document that is missing now: what the journal says was taken back or in doubt waits for a person.
    """
    row = deps.table.get(*Exam(history.tenant, name).key())
    past = history.exams.get(name, ExamPast())
    withheld = [False]

    def check(old: Exam | None, new: Exam) -> Exam:
        withheld[0] = past.is_withheld and new.release == RELEASED and (old is None or old.release != RELEASED)
        if not withheld[0]:
            return new
        base = old or Exam(history.tenant, name)
        kept = replace(new, release=base.release, release_serial=base.release_serial)
        return with_decision(kept, "hide", by="reconcile", now=iso(deps.clock.now()))

    rule = (row["rule"] if row else "") or hospital.release_rule
    decide_exam(history.tenant, name, replaying(deps, newest_of(history.tenant, name, deps)), rule, check)
    if withheld[0]:
        outcome.lack(f"exam {name}", WITHHELD)


def _each(things: Iterable[T], work: Callable[[T], None], workers: int, outcome: Outcome, what: str) -> None:
    """What fails is noted, and the rest goes on."""
    listed = list(things)

    def attempt(thing: T) -> None:
        try:
            work(thing)
        except Exception as error:  # whatever it is, it must not keep the others from their rows
            outcome.fail(_name(thing), error)

    with ThreadPoolExecutor(workers) as pool:
        for number, _ in enumerate(pool.map(attempt, listed), start=1):
            if number % SAY_EVERY == 0 or number == len(listed):
                outcome.say(f"{COUNTED.get(what, what)}: {number}/{len(listed)}")


def _name(thing: object) -> str:
    if isinstance(thing, list):
        return f"study {thing[0].study}"
    if isinstance(thing, tuple):
        return f"decision on {thing[0]}"
    return f"{thing.kind} {thing.sha256}" if isinstance(thing, Ref) else f"exam {thing}"
