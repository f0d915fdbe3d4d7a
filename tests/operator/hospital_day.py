"""Everything that agents of a small hospital send on one day, by seed: a vault with all of it, and the messages in their order.

Studies of every kind that makes trouble: late images, two agents, corrected, retracted, contradicting and foreign reports,
studies without accession number, claimed once and twice, documents that cannot be read.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.adapters.secrets import FixedSecrets
from tests.fakes import Fakes
from tests.handlers.uploads import TENANT, Slices, add_hospital, agent_of, declare, report, upload
from tests.operator.small_hospital import Message, secrets

Kind = Callable[["Case"], list[Message]]


@dataclass(frozen=True)
class Case:
    """One study and its exam. number: from 1; deps: whose vault takes what is sent."""

    deps: Fakes
    number: int
    chance: random.Random

    @property
    def accession(self) -> str:
        return f"A{self.number}"

    def slices(self, *, part: int = 1, **changes: Any) -> Slices:
        """part: which of the case's studies, where it has several."""
        given = {"count": 1, "accession_number": self.accession, "patient_id": f"P{self.number}", "size": 32}
        return Slices(number=self.number + 1000 * (part - 1), **{**given, **changes})

    def patient(self, **changes: Any) -> dict[str, Any]:
        phone = f"138{self.number:08d}"
        known = {"id": f"P{self.number}", "issuer": "", "name": "张三", "sex": "M", "birth_date": "1980-01-02", "phone": phone}
        return {**known, **changes}

    def report(self, **changes: Any) -> Message:
        minute = f"2026-11-24T06:{10 + self.number % 50:02d}"
        version = changes.get("version", 1)
        given = {"patient": self.patient(), "accession_number": self.accession, "audited_at": f"{minute}:{version:02d}Z"}
        return report(self.deps, **{**given, **changes})

    def images(self) -> list[Message]:
        slices = self.slices(count=self.chance.choice((1, 2)))
        return [upload(self.deps, slices), declare(self.deps, [(slices, slices.count)])]


def plain(case: Case) -> list[Message]:
    return [*case.images(), case.report()]


def report_first(case: Case) -> list[Message]:
    return [case.report(), *case.images()]


def corrected(case: Case) -> list[Message]:
    """In what stands on the film, too."""
    right = {"findings": "更正。", "item": "胸部CT增强", "patient": case.patient(name="张珊")}
    return [*plain(case), case.report(version=2, state="corrected", **right)]


def retracted(case: Case) -> list[Message]:
    return [*plain(case), case.report(version=2, state="retracted")]


def preliminary(case: Case) -> list[Message]:
    return [*case.images(), case.report(state="preliminary")]


def late_images(case: Case) -> list[Message]:
    early, late = case.slices(), case.slices(first=1)
    return [
        upload(case.deps, early),
        declare(case.deps, [(early, 1)]),
        case.report(),
        declare(case.deps, [(early, 2)], at="06:30:00"),
        upload(case.deps, late),
    ]


def more_declared(case: Case) -> list[Message]:
    """A whole study is released; then its agent speaks of a series that never comes."""
    one, other = case.slices(), case.slices(series=2)
    return [
        upload(case.deps, one),
        declare(case.deps, [(one, 1)]),
        case.report(),
        declare(case.deps, [(one, 1), (other, 2)], at="06:40:00"),
    ]


def joined(case: Case) -> list[Message]:
    """Two studies, one of them without accession number: the report says that it belongs to the exam, too."""
    one, other = case.slices(), case.slices(accession_number="", part=2)
    return [
        *(message for each in (other, one) for message in (upload(case.deps, each), declare(case.deps, [(each, 1)]))),
        case.report(study_uids=[other.study_uid]),
    ]


def two_agents(case: Case) -> list[Message]:
    """Each holds a part; one image is with both."""
    first, second = case.slices(count=2), case.slices(first=1, count=2)
    other = agent_of(ae_title="OTHERBOX")
    return [
        upload(case.deps, first),
        upload(case.deps, second, agent=other),
        declare(case.deps, [(first, 2)]),
        declare(case.deps, [(second, 2)], agent=other),
        case.report(),
    ]


def somebody_else(case: Case) -> list[Message]:
    return [*case.images(), case.report(patient={"id": "P0", "issuer": "", "name": "李四", "phone": "13700000000"})]


def contradicting(case: Case) -> list[Message]:
    return [*plain(case), case.report(findings="另一份报告。")]


def two_patients(case: Case) -> list[Message]:
    return [*plain(case), upload(case.deps, case.slices(first=1, patient_id="P0"))]


def unnumbered(case: Case) -> list[Message]:
    slices = case.slices(accession_number="")
    return [upload(case.deps, slices), declare(case.deps, [(slices, 1)]), case.report(study_uids=[slices.study_uid])]


def claimed_twice(case: Case) -> list[Message]:
    slices = case.slices(accession_number="")
    claims = [case.report(accession_number=f"{case.accession}-{claim}", study_uids=[slices.study_uid]) for claim in (1, 2)]
    return [upload(case.deps, slices), *claims]


def two_versions(case: Case) -> list[Message]:
    """One image under whose UID another came, one that an archive corrected on the way, and one that came in other bytes."""
    slices = case.slices(count=3)
    return [
        upload(case.deps, slices),
        upload(case.deps, case.slices(changes={"RescaleIntercept": 0, "SeriesDescription": "骨窗"})),
        declare(case.deps, [(slices, 3)]),
        upload(case.deps, case.slices(first=1, changes={"InstitutionName": "协和"})),
        case.report(),
        upload(case.deps, case.slices(first=2, changes={"DataSetTrailingPadding": b"\0" * 10})),
    ]


def unreadable(case: Case) -> list[Message]:
    return [upload(case.deps, case.slices(), surprise=1), case.report()]


KINDS: tuple[Kind, ...] = (
    *(plain, report_first, corrected, retracted, preliminary, late_images, more_declared, two_agents),
    *(somebody_else, contradicting, two_patients, unnumbered, joined, claimed_twice, two_versions, unreadable),
)
# One of each way in which what a patient sees changes or ends; the other kinds see less of it or none.
CHANGING: tuple[Kind, ...] = (
    *(report_first, corrected, retracted, late_images, more_declared, two_agents, contradicting, joined, two_versions),
)


@dataclass(frozen=True)
class Day:
    objects: dict[Any, Any]  # of the memory vault
    messages: list[Message]  # as edge_api would send them, in the order of the day


def day(seed: int, studies: int, own: FixedSecrets | None = None, *, of: tuple[Kind, ...] = KINDS) -> Day:
    """Every kind at least once where there are enough studies; their messages mixed as several devices mix them.

    own: the secrets of the cloud that names everything, if it is not a cloud in memory. of: the kinds.
    """
    chance = random.Random(seed)
    deps = Fakes(secrets=own or secrets())
    add_hospital(deps)
    kinds = [*of, *(chance.choice(of) for _ in range(studies))][:studies]
    chance.shuffle(kinds)
    waiting = [kind(Case(deps, number, chance)) for number, kind in enumerate(kinds, start=1)]
    messages: list[Message] = []
    while waiting:
        chosen = chance.choice(waiting)
        messages.append(chosen.pop(0))
        waiting = [rest for rest in waiting if rest]
    return Day(dict(deps.vault._objects), messages)


__all__ = ["TENANT", "Day", "day"]
