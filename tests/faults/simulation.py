"""One run: senders, agent and cloud take turns as a seed says, things go wrong, and in the end everything must have arrived.

What is random comes from generators made of the seed, and nothing else runs at the same time: the same seed is the same run.
Within a turn others go on where a real thread would wait, at a sync or at a request, so that turns overlap.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge_agent.errors import SpoolError
from edge_agent.spool.model import Item
from edge_agent.spool.states import State
from tests.faults import invariants
from tests.faults.agent import FOLDER, Actor, Agent, Limits, Parts, start
from tests.faults.chaos import FAULTS, good_cloud, good_disk, good_network, right_clock
from tests.faults.clock import Clock
from tests.faults.cloud_model import Broken, CloudModel
from tests.faults.corpus import Thing, instances, large, reports
from tests.faults.disk import Killed, Machine
from tests.faults.network import SimulatedNetwork, Traffic
from tests.faults.sender import Sender
from tests.faults.trace import Trace, agent_log

SENDERS = 4
TURNS = 350  # while things go wrong
DRAIN_TURNS = 300  # rounds of all actors, until everything has arrived
DEPTH = 2  # how many turns may wait within each other


class Violated(AssertionError):
    """A promise was broken. Says which, in which run, and how to see it again."""

    def __init__(self, seed: int, what: str, trace: Trace) -> None:
        self.seed, self.what, self.trace = seed, what, trace
        told = "\n".join(trace.lines()[-60:])
        super().__init__(f"seed {seed}: {what}\n{told}\n→ python -m tests.faults --seed {seed} --trace")


@dataclass(slots=True)
class Outcome:
    """What one run was like. injected: faults that took effect, by kind."""

    acknowledged: int
    crashes: int
    injected: Counter[str]


@dataclass(slots=True)
class Ledger:
    """What was promised, beyond the life of any process. numbers: which object files of the spool hold it.

    There are several when it was sent again after the agent had given it up (parked) or forgotten it (sent long ago).
    forgotten: object files whose object was sent and then forgotten, also those that a crash brought and nobody was promised.
    """

    acknowledged: dict[tuple[str, str], Thing] = field(default_factory=dict)
    numbers: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    forgotten: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def promised(self, thing: Thing, number: int) -> None:
        self.acknowledged[thing.key] = thing
        self.numbers.setdefault(thing.key, set()).add(number)

    def lost_sight_of(self, before: Mapping[int, Item], now: Mapping[int, Item]) -> None:
        """What the spool knew as sent and knows no more."""
        for number in before.keys() - now.keys():
            if before[number].state is State.SENT:
                self.forgotten.setdefault(before[number].identity, set()).add(number)

    def remembered(self, items: Iterable[Item]) -> None:
        """Known at a start: that they were forgotten did not become stable."""
        for item in items:
            self.forgotten.get(item.identity, set()).discard(item.number)

    def times(self, key: tuple[str, str]) -> int:
        """How often it may have gone up."""
        return len(self.numbers[key] | self.forgotten.get(key, set()))


class Simulation:
    """Everything there is. `run` once."""

    def __init__(self, seed: int, parts: Parts | None = None, trace: Trace | None = None) -> None:
        self.seed, self.parts = seed, parts or Parts()
        self.clock = Clock()
        self.trace = Trace() if trace is None else trace
        self.trace.now_s = self.clock.now_s
        self.rng = self._random("turns")
        self.injected: Counter[str] = Counter()
        self.machine = Machine(self._random("disk"), injected=self.injected)
        self.machine.root.change({FOLDER.name: type(self.machine.root)()})
        self.machine.root.sync()
        self.machine.weather.write_back = self.rng.choice((0.0, 0.1))
        self.traffic = Traffic(injected=self.injected)
        self.cloud = CloudModel(self.clock.now_s, self._random("cloud"), injected=self.injected)
        self.limits = Limits(self.rng.choice((1 << 30, 1 << 30, 6000)), self.rng.choice((0, 0, 4096)))
        self.ledger = Ledger()
        self.senders = self._make_senders()
        self.agent: Agent | None = None
        self.crashes = 0
        self._depth = 0
        self._mortal = True
        self._outside: list[Actor] = [Actor(sender.name, lambda sender=sender: self._send(sender)) for sender in self.senders]
        self._outside.append(Actor("ingest", self.cloud.deliver))

    def _random(self, what: str) -> random.Random:
        return random.Random(f"{self.seed} {what}")

    def _make_senders(self) -> list[Sender]:
        rng = self._random("things")
        things = rng.sample(instances(), rng.randint(4, 12)) + rng.sample(reports(), rng.choice((0, 0, 1, 2)))
        if rng.random() < 0.06:
            things.append(large())
        lists: list[list[Thing]] = [[] for _ in range(SENDERS)]
        for thing in things:
            for chosen in rng.sample(lists, 2 if rng.random() < 0.3 else 1):
                chosen.append(thing)
        for chosen in lists:
            rng.shuffle(chosen)
        return [
            Sender(f"sender {number}", self._random(f"sender {number}"), deque(chosen), self._told, self.trace.note)
            for number, chosen in enumerate(lists, 1)
        ]

    def _told(self, thing: Thing) -> None:
        assert self.agent is not None
        item = self.agent.spool.held(*thing.key)
        if item is None:
            raise Broken(f"{thing} was acknowledged, and the spool does not know it")
        self.ledger.promised(thing, item.number)

    # -- turns

    def run(self) -> Outcome:
        """Raises Violated."""
        with agent_log(self.trace) as surprises:
            try:
                for _ in range(TURNS):
                    self._step()
                self._calm()
                self._drain()
                invariants.everything_arrived(self)
                if surprises:
                    raise Broken(f"the agent met what nobody foresaw: {surprises[0]}")
            except (Broken, OSError) as broken:
                raise Violated(self.seed, str(broken) or type(broken).__name__, self.trace) from broken
        return Outcome(len(self.ledger.acknowledged), self.crashes, self.injected)

    def _step(self) -> None:
        self.clock.passes(self.rng.choice((0.0, 0.0, 0.05, 0.2, 0.6)))
        if self.rng.random() < 0.08:
            (fault,) = self.rng.choices(list(FAULTS), weights=list(FAULTS.values()))
            try:
                self.trace.note("chaos", fault(self))
            except Killed:
                self._after_death()
        if self.agent is None:
            if self.rng.random() < 0.2:
                self.start_agent()
            return
        self._turn(self.rng.choice(self._actors()))

    def _actors(self) -> list[Actor]:
        return self._outside + (self.agent.actors if self.agent is not None else [])

    def _turn(self, actor: Actor) -> None:
        if actor.busy:
            return
        actor.busy = True
        asked = self.agent.network.requests if self.agent is not None else 0
        items = self.agent.spool.items if self.agent is not None else {}
        known = dict(items) if actor.name == "completeness" else {}
        try:
            actor.turn()
        except Killed:
            if self._depth:
                raise
            self._after_death()
        finally:
            actor.busy = False
            self.ledger.lost_sight_of(known, items)
        if actor.name == "heartbeat" and not self._depth and self.agent is not None and self.agent.network.requests == asked:
            invariants.alarm_is_raised(self)  # at once: nobody else had a turn meanwhile

    def _send(self, sender: Sender) -> None:
        if self.agent is not None:
            sender.turn(self.agent.spool)

    def _meanwhile(self) -> None:
        """Others' turns while somebody waits."""
        if self._depth >= DEPTH or self.agent is None or self.rng.random() < 0.6:
            return
        self._depth += 1
        try:
            for _ in range(self.rng.randint(1, 4)):
                self._turn(self.rng.choice(self._actors()))
        finally:
            self._depth -= 1

    # -- lives of the agent

    def start_agent(self) -> None:
        """If it can: a disk that fails may keep it from starting; then it is tried again later."""
        disk = self.parts.disk(self.machine, self._meanwhile)
        rng = self._random(f"network {self.crashes}")
        network = SimulatedNetwork(self.cloud, self.traffic, rng, self.clock.passes, self._meanwhile)
        if self._mortal and self.rng.random() < 0.1:
            disk.life = self.rng.randint(1, 150)  # dies while it starts
        try:
            agent = start(disk, network, self.clock, self._random(f"chance {self.crashes}").random, self.limits, self.parts)
        except Killed:
            self.agent = None
            self._after_death()
            return
        except SpoolError as error:
            self.trace.note("agent", "cannot start", error.code, error.details.get("reason", ""))
            self.machine.release_locks()  # the process ends
            return
        network.dies = lambda: setattr(disk, "is_dead", True)
        self.agent = agent
        self.trace.note("agent", "runs")
        self.ledger.remembered(agent.spool.items.values())
        invariants.promises_are_kept(self)

    def _after_death(self) -> None:
        """kill -9, or the power went; whatever was answered before stands."""
        self.agent, self._depth = None, 0
        self.crashes += 1
        for sender in self.senders:
            sender.cut_off()
        if self.rng.random() < 0.6:
            self.injected["power cut"] += 1
            self.trace.note("chaos", "the power is cut")
            self.machine.cut_power()
            self.machine.weather.read_only = False
        else:
            self.injected["kill -9"] += 1
            self.trace.note("chaos", "the agent is killed")
            self.machine.release_locks()

    def stop_agent(self, release: bool = False, discard: bool = False) -> None:
        """SIGTERM. release: the operator lets what is parked try again before the next start; discard: damaged ones go."""
        assert self.agent is not None
        for sender in self.senders:
            sender.end_association()
        self.agent.spool.close()
        self.agent = None
        if release:
            try:
                self._release(discard)
            except SpoolError as error:
                self.trace.note("operator", "cannot release", error.code)
                self.machine.release_locks()

    def _release(self, discard: bool) -> None:
        """As `python -m edge_agent release`, `discard` with --discard-damaged."""
        spool = self.parts.spool(
            FOLDER,
            self.limits.max_bytes,
            self.limits.min_free_bytes,
            wall_s=self.clock.wall_s,
            now_s=self.clock.now_s,
            disk=self.parts.disk(self.machine),
            in_background=lambda work: None,
        )
        try:
            if discard:
                self.trace.note("operator", "discards", spool.discard_damaged())
            self.trace.note("operator", "releases", spool.release_parked())
        finally:
            spool.close()

    # -- the end

    def _calm(self) -> None:
        """Faults stop, and what was disturbed must go on by itself."""
        self.trace.note("chaos", "all is well from now on")
        for mend in (good_disk, good_network, good_cloud, right_clock):
            mend(self)
        if self.agent is not None:
            self.agent.disk.life = self.agent.network.life = None
        self._mortal = False
        for _ in range(2):
            if self.agent is None:
                self.start_agent()
        if self.agent is None:
            raise Broken("the agent does not start")
        self.agent.disk.life = None

    def _drain(self) -> None:
        """Until everything has arrived. Time goes faster while nothing happens."""
        idle = 0
        for _ in range(DRAIN_TURNS):
            before = self._done()
            actors = self._actors()
            self.rng.shuffle(actors)
            for actor in actors:
                self._turn(actor)
            if invariants.is_drained(self):
                return
            idle = idle + 1 if self._done() == before else 0
            self.clock.passes(min(60.0, 0.5 * 2 ** min(idle, 7)))
            if invariants.only_a_person_can_help(self):
                self.stop_agent(release=True, discard=self.agent is not None and self.agent.spool.room.full)
                self.start_agent()
        raise Broken("it never ends: " + invariants.what_is_left(self))

    def _done(self) -> int:
        """How much has happened. That a sender was refused once more brings nothing on."""
        return len(self.trace) - sum(sender.refusals for sender in self.senders)
