"""One run with real processes: the agent, its kills, a bad link, four senders, and the judgement at the end.

A seed fixes what is sent, when the agent dies and what each connection meets; threads and processes keep their own time, so a
seed tells the same story twice, not the same interleaving.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.agent.agent_process import Agent, free_port
from tests.agent.cloud_server import CloudServer, serving
from tests.faults.real_custody import Holder, ServerHolder
from tests.faults.real_disk import small
from tests.faults.real_link import Link, linked
from tests.faults.real_senders import KINDS, Instance, Sender, make_study

FAST = "packing: {quiet_s: 0.2}\nupload: {retry_first_s: 0.05, retry_longest_s: 0.4, ask_s: 0.05}\ncompleteness: {quiet_s: 0.4}\n"
WAIT_S = 180.0  # for a busy machine; a quiet one takes 3 s


@dataclass(frozen=True)
class Story:
    """What happens. images: of each of four senders; sync_per_mille: failing syncs; max_gib: bound of the spool;
    disk_mib: it lies on a disk of its own, of that size."""

    seed: int
    images: int = 10
    sizes: Sequence[int] = (16, 64, 128)
    kills: int = 2
    outages: int = 1
    sync_per_mille: int = 0
    max_gib: float = 1.0
    min_free_gib: float = 0.0
    disk_mib: int = 0
    timeout_s: float = 2.0


@dataclass
class Run:
    """Everything that is under way."""

    story: Story
    chance: Random
    holder: Holder
    link: Link  # to the cloud
    sender_link: Link  # of the first sender
    agent: Agent
    senders: list[Sender]
    reports: int
    wait_s: float
    threads: list[threading.Thread] = field(default_factory=list)
    pause: threading.Event = field(default_factory=threading.Event)

    @property
    def instances(self) -> list[Instance]:
        return [instance for sender in self.senders for instance in sender.instances]

    def start_senders(self) -> None:
        self.threads = [threading.Thread(target=sender.run, name=sender.name, daemon=True) for sender in self.senders]
        for thread in self.threads:
            thread.start()

    def misfortunes(self) -> None:
        """Kills and outages, in the order and at the times that the seed says; then the bad link until half has arrived."""
        happenings = ["kill"] * self.story.kills + ["outage"] * self.story.outages
        self.chance.shuffle(happenings)
        for happening in happenings:
            self._go_on_for_a_while()
            if happening == "kill":
                self.agent.kill()
                self.agent.start()
            else:
                self.link.down = True
                self.pause.wait(self.chance.uniform(0.1, 0.4))
                self.link.down = False

        self.wait(lambda: 2 * len(self.holder.named()) >= len(self.instances), "half of all", every_s=0.2)

    def _go_on_for_a_while(self) -> None:
        """Some time, or until some bytes more went up: a slow machine must not be past its misfortunes before it begins."""
        if self.chance.random() < 0.5:
            self.pause.wait(self.chance.uniform(0.05, 0.7))
            return
        until, carried = time.monotonic() + 3, self.link.carried + self.chance.uniform(1_000, 40_000)
        while self.link.carried < carried and time.monotonic() < until:
            self.pause.wait(0.002)

    def finish(self) -> None:
        """The links are mended; everything is sent, indexed and declared."""
        self.link.rough = self.sender_link.rough = False
        for thread in self.threads:
            thread.join(self.wait_s)
        assert not any(thread.is_alive() for thread in self.threads), f"{self}: {self.told()}"
        whole = Counter(instance.series_uid for instance in self.instances)
        self.wait(lambda: self.holder.declared() == dict(whole), "declared")
        self.wait(lambda: len(self.holder.named()) >= len(self.instances), "named")
        self.wait(lambda: self.holder.reports() >= self.reports, "reports")
        # a declaration may reach the cloud although the agent's own note of it failed: it is declared once more, a turn later
        self.status = self.agent.until(
            lambda status: (
                set(status["states"]) == {"sent"}
                and not status["shipments"]
                and all(study["declared"] == study["received"] for study in status["studies"])
            ),
            self.wait_s,
        )

    def wait(self, condition: Callable[[], bool], what: str, every_s: float = 0.02) -> None:
        until = time.monotonic() + self.wait_s
        while not condition():
            assert time.monotonic() < until, f"{self}: {what} too late: {self.told()}"
            assert self.agent.process is not None
            assert self.agent.process.poll() is None, f"{self}: the agent ended: {self.told()}"
            self.pause.wait(every_s)

    def judge(self) -> None:
        """Every acknowledged instance once, given back equal; the counts of sender, agent and cloud agree."""
        sent = {instance.sop_uid: instance.sha256 for instance in self.instances}
        acknowledged = {sop_uid for sender in self.senders for sop_uid in sender.acknowledged}
        assert acknowledged == set(sent), f"{self}: senders do not end before all is acknowledged"
        assert self.holder.named() == dict.fromkeys(sent, 1), f"{self}"
        assert self.holder.given_back() == sent, f"{self}"
        whole = Counter(instance.series_uid for instance in self.instances)
        assert self.holder.declared() == dict(whole), f"{self}"
        status = self.status
        assert status["states"] == {"sent": len(sent)}, f"{self}"
        assert [study["declared"] for study in status["studies"]] == [study["received"] for study in status["studies"]], f"{self}"
        assert sum(study["indexed"] for study in status["studies"]) == len(sent) == sum(whole.values()), f"{self}"
        assert self.holder.reports() == self.reports, f"{self}"
        assert not list((self.agent.folder / "reports").glob("*.json")), f"{self}"
        assert (status["parked"], status["overdue"], status["spool_bytes"]) == ([], [], 0), f"{self}"

    def told(self) -> str:
        """The end of the agent's log and what is still missing: a failure must be readable."""
        missing = {sender.name: len(sender.instances) - len(sender.acknowledged) for sender in self.senders}
        tail = self.agent.log.read_text("utf-8").splitlines()[-25:]
        return "\n".join([f"unacknowledged {missing}", *tail])

    def __str__(self) -> str:
        return f"SEED={self.story.seed}"


@contextmanager
def telling(story: Story, folder: Path, cloud: CloudServer | None = None) -> Iterator[Run]:
    """An enrolled, running agent with bad links to a small cloud and to one of its senders, who have not begun."""
    cloud = cloud or CloudServer()
    with serving(cloud), under_way(story, folder, cloud.url, "CODE-1234", lambda _: ServerHolder(cloud)) as run:
        cloud.vault_url = run.link.url
        yield run


@contextmanager
def under_way(
    story: Story, folder: Path, url: str, code: str, holder: Callable[[list[Instance]], Holder], wait_s: float = WAIT_S
) -> Iterator[Run]:
    """The same for the cloud at `url`, a loopback address. holder: what will be asked in the end about these instances."""
    chance = Random(story.seed)
    with ExitStack() as stack:
        link = stack.enter_context(linked(int(url.rpartition(":")[2]), Random(chance.random()), 10_000))
        port = free_port()
        sender_link = stack.enter_context(linked(port, Random(chance.random()), 100_000))
        prefix = stack.enter_context(small(folder / "agent" / "spool", story.disk_mib)) if story.disk_mib else []
        module = ["edge_agent"]
        if story.sync_per_mille:
            module = ["tests.faults.real_failing_sync", str(story.seed), str(story.sync_per_mille)]
        agent = Agent(
            folder / "agent",
            link.url,
            FAST,
            cloud=f"timeout_s: {story.timeout_s}, heartbeat_s: 5",
            spool=f"max_gib: {story.max_gib}, min_free_gib: {story.min_free_gib}",
            reports="folder: reports, folder_poll_s: 0.05",
            dicom_port=port,
            prefix=prefix,
            module=module,
        )
        enrolled = agent.call("enrol", "--code", code)
        assert enrolled.returncode == 0, enrolled.stderr
        senders = [
            kind(
                f"CT{number}",
                make_study(folder / f"CT{number}", f"1.2.3.{story.seed + 1}.{number}", story.images, story.sizes, chance),
                sender_link.port if number == 0 else port,
                Random(chance.random()),
            )
            for number, kind in enumerate(KINDS)
        ]
        instances = [instance for sender in senders for instance in sender.instances]
        run = Run(story, chance, holder(instances), link, sender_link, agent, senders, reports=2, wait_s=wait_s)
        _write_reports(agent.folder / "reports", run.reports)
        agent.start()
        stack.callback(agent.kill)
        stack.callback(lambda: [sender.stop.set() for sender in senders])
        link.rough = sender_link.rough = True
        yield run


def _write_reports(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        report = {
            "patient": {"id": f"P-{number}", "issuer": "HIS", "name": "张三", "phone": "13800001111"},
            "accession_number": f"A-{number}",
            "state": "audited",
            "version": 1,
            "findings": "两肺纹理清晰。",
            "impression": "未见异常。",
            "people": [{"role": "auditor", "name": "王芳"}],
            "language": "zh-CN",
        }
        (folder / f"{number}.pdf").write_bytes(b"%%PDF-1.7\n%% report %d\n" % number)
        (folder / f"{number}.json").write_text(json.dumps(report, ensure_ascii=False), "utf-8")
