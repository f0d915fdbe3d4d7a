"""The demo's steps, in order. Whatever was started is ended when the journey is left, in the opposite order."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from functions.core.notice.text import link_url
from iac.cost.measuring import QUIET_S, Taximeter
from iac.local.cloud import LocalCloud
from iac.local.demo import next_exam, sender, shares, study
from iac.local.demo.account import cost_line, privacy_line
from iac.local.demo.agent import AgentPlace
from iac.local.demo.console import Console
from iac.local.demo.environments import write_environments
from iac.local.demo.hospital import TENANT, ZONE, enrolment_code, ensure_hospital, operate
from iac.local.demo.phone import NUMBER, TAIL, Phone
from iac.local.demo.privacy import words
from iac.local.demo.report import audited_report, deliver
from iac.local.demo.staff import Staff, ensure_staff
from iac.local.demo.study import DemoStudy
from iac.local.demo.watch import Watch, wait_for
from iac.local.errors import DemoError, LocalError, ToolMissing
from iac.local.ports import Ports
from iac.local.process import ROOT
from iac.local.quiet import wait_until_quiet
from iac.local.state import hold

SCANNED_BEFORE = timedelta(minutes=40)  # the report was written and audited since
INDEX_S, RELEASE_S, SMS_S, FILM_S = 600, 120, 120, 180
OFTEN = ("--between", "0", "--daily-limit", "100")  # the demo's phone gets what a provider would space out
MOVED = "    地址已变，旧短信链接失效 · port {before} → {now}: links in old SMS are dead"
NOT_REBUILT = "    上次异常退出后有内容未能重建 · not all could be rebuilt after the cloud was killed: {log}"
WHERE = "Logs: {folder}. 日志在此。"


@dataclass(frozen=True)
class Wish:
    """What the command line asked for."""

    state: Path
    folder: Path | None  # the user's own study
    port: int  # 0: as last time, else any
    cloud_port: int
    slices: int = study.PHANTOM_SLICES
    real: bool = True  # also the real series, where they can be had
    registers: bool = False  # also the patient's next exam


@dataclass(frozen=True)
class Outcome:
    """What a patient, and a test, needs."""

    tenant: str
    exam: str
    link: str
    code: str
    phone_tail: str
    phone_page: str
    staff: Staff
    progress: str = ""  # link of the exam that is registered only


class Journey:
    """`with Journey(wish, console) as journey: outcome = journey.run()`; everything runs until the block is left."""

    def __init__(self, wish: Wish, console: Console) -> None:
        self._wish, self._console = wish, console
        self._stack = ExitStack()
        self._work = wish.state / "demo"
        self._lock = -1
        self._begun = False
        self._watch: Watch | None = None
        self._meter: Taximeter | None = None
        self._staff: Staff | None = None
        self._next_number = ""  # accession number of the exam that is registered only
        self._missing = ""  # why there are no real series
        self.cloud: LocalCloud | None = None
        self.images: DemoStudy | None = None

    def __enter__(self) -> Journey:
        """Raises StateInUse, before anything of the demo that runs there is touched."""
        self._lock = hold(self._wish.state)
        self._stack.callback(os.close, self._lock)
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._stack.callback(shutil.rmtree, self._work, ignore_errors=True)
        return self

    @property
    def begun(self) -> bool:
        """Whether there is anything to stop."""
        return self._begun

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def run(self) -> Outcome:
        """From nothing to a link in a patient's hand. Raises LocalError."""
        own = study.own_study(self._wish.folder, self._work) if self._wish.folder else None
        making = None if own else self._stack.enter_context(ThreadPoolExecutor(1)).submit(self._make_study)
        if not (ROOT / "web" / "dist" / "index.html").is_file():
            raise ToolMissing(tool="The built web app", purpose="for the patient's page", how="Run `make setup`.")
        cloud, phone = self._start_cloud()
        self.cloud = cloud
        agent = self._start_agent(cloud)
        images = self.images = own or self._made_study(making)
        watch = self._watch = Watch(cloud, TENANT, images.facts)
        progress = self._register(images, agent, phone) if self._wish.registers else ""
        self._meter = Taximeter(cloud)
        self._meter.start_again()
        self._send(images, agent)
        self._report(images, agent)
        self._wait(images, watch, phone)
        link = link_url(cloud.origin, watch.token)
        assert self._staff is not None
        return Outcome(TENANT, watch.exam, link, watch.code, TAIL, phone.page, self._staff, progress)

    def _start_cloud(self) -> tuple[LocalCloud, Phone]:
        with self._console.step("云平台启动 · the cloud starts on this machine"):
            self._begun = True
            phone = Phone(self._wish.state, self._work)
            self._stack.callback(phone.stop)
            ports = Ports(self._wish.cloud_port, self._wish.port)
            cloud = self._stack.enter_context(
                LocalCloud.start(self._wish.state, ports, sms=phone.provider, wechat=phone.wechat, lock=self._lock)
            )
            phone.wait()
        write_environments(cloud, self._wish.state)
        if cloud.moved_from:
            self._console.say(MOVED.format(before=cloud.moved_from, now=cloud.ports.gateway))
        if cloud.not_rebuilt:
            self._console.say(NOT_REBUILT.format(log=cloud.not_rebuilt))
        return cloud, phone

    def _start_agent(self, cloud: LocalCloud) -> AgentPlace:
        with self._console.step("医院与人员登记，前置机启动 · hospital, staff, agent"):
            agent = AgentPlace.new(self._wish.state, cloud.origin)
            agent.write_settings()
            enrolled = agent.folder / "enrolled"
            if not enrolled.exists():
                ensure_hospital(cloud, self._work)
                agent.enrol(enrolment_code(cloud, self._work), self._work)
                enrolled.touch()
            self._staff = ensure_staff(cloud, self._wish.state, self._work)
            self._stack.callback(agent.run(self._work).stop, 30)
        return agent

    def _made_study(self, making: Future[DemoStudy] | None) -> DemoStudy:
        with self._console.step("生成检查图像 · images of an invented patient"):
            assert making is not None
            images = making.result()
        if self._missing:
            self._console.say(f"    没有真实图像，仅用模体 · phantom only, no real series: {self._missing}")
        return images

    def _make_study(self) -> DemoStudy:
        """Runs beside the start of cloud and agent."""
        try:
            real = study.real_series() if self._wish.real else {}
        except LocalError as error:
            self._missing, real = str(error), {}
        number = self._count_up()
        scanned = (datetime.now(ZONE) - SCANNED_BEFORE).replace(tzinfo=None, microsecond=0)
        images = self._work / "images"
        images.mkdir()
        return study.invented_study(images, ROOT / "build" / "phantom", real, slices=self._wish.slices, number=number, at=scanned)

    def _count_up(self) -> int:
        """Each run is an exam of its own."""
        kept = self._wish.state / "demo.json"
        number = json.loads(kept.read_text())["number"] + 1 if kept.is_file() else 1
        kept.write_text(json.dumps({"number": number}))
        return int(number)

    def _register(self, images: DemoStudy, agent: AgentPlace, phone: Phone) -> str:
        """The link of the patient's next exam; what an earlier start registered stands."""
        assert self.cloud is not None
        number = self._next_number = next_exam.kept_number(self._wish.state) or f"NEXT{datetime.now(UTC):%Y%m%d%H%M%S}"
        facts = next_exam.follow_up(images.facts, number)
        watch = Watch(self.cloud, TENANT, facts)
        if not watch.exam_row():
            with self._console.step("复查登记，短信送达 · next exam registered, SMS arrived"):
                operate(self.cloud, self._work, "hospital", "set", "--tenant", TENANT, *OFTEN)
                next_exam.register(facts, phone=NUMBER, now=datetime.now(UTC), port=agent.report_port)
                next_exam.keep_number(self._wish.state, number)
                self._wait_for_sms(watch, phone)
        return link_url(self.cloud.origin, watch.token)

    def _send(self, images: DemoStudy, agent: AgentPlace) -> None:
        total = len(images.files)
        size = _size(sum(path.stat().st_size for path in images.files))
        title = f"C-STORE {total} 幅图像 · images, {size} → 前置机 agent"
        with self._console.step(title) as step:
            sender.send(images, agent.dicom_port, self._work, lambda count: step.progress(f"{count}/{total}"))

    def _report(self, images: DemoStudy, agent: AgentPlace) -> None:
        with self._console.step("审核报告送达 · audited report delivered"):
            deliver(audited_report(images, tenant=TENANT, phone=NUMBER, now=datetime.now(UTC)), agent.report_port)

    def _wait(self, images: DemoStudy, watch: Watch, phone: Phone) -> None:
        where = WHERE.format(folder=self._wish.state / "logs")
        total = images.instances
        with self._console.step("压缩、上传、建索引 · packed, uploaded, indexed") as step:

            def indexed() -> bool:
                received = watch.received()
                step.progress(f"{received}/{total}")
                return received >= total

            if not wait_for(indexed, INDEX_S):
                raise DemoError(text=f"Only {watch.received()} of {total} images were indexed. 图像未全部入库。", todo=where)
        with self._console.step("报告与图像匹配，发布 · matched and released"):
            if not wait_for(watch.released, RELEASE_S):
                reasons = ", ".join(watch.exam_row().get("reasons", [])) or "no reason known"
                raise DemoError(text=f"The exam was not released: {reasons}. 检查未发布。", todo=where)
        with self._console.step("短信送达 · SMS arrived"):
            self._wait_for_sms(watch, phone)

    def _wait_for_sms(self, watch: Watch, phone: Phone) -> None:
        def arrived() -> bool:
            return bool(watch.exam_row()) and any(watch.token in message["text"] for message in phone.messages())

        if not wait_for(arrived, SMS_S):
            raise DemoError(text="No SMS arrived. 短信未送达。", todo=WHERE.format(folder=self._wish.state / "logs"))

    def share(self, outcome: Outcome) -> shares.Shares:
        """As the patient does. After the cost was counted: this is no part of it."""
        assert self.cloud is not None, "run first"
        with self._console.step("患者分享两次 · the patient shares it, twice"):
            return shares.share(self.cloud.origin, outcome.link, outcome.phone_tail)

    def cost(self) -> str:
        """What this study cost and will cost."""
        assert self.cloud is not None, "run first"
        assert self._meter is not None
        wait_until_quiet(self.cloud.session("root"), self.cloud.outputs, QUIET_S)
        return cost_line(self.cloud, self._meter.used(), tenant=TENANT, studies=self.studies)

    def privacy(self) -> str:
        """Whether anything beside the vault names the patient."""
        assert self.images is not None, "run first"
        looked_for = {**words(self.images.facts, NUMBER), "next accession number": self._next_number}
        return privacy_line(self._wish.state / "logs", {what: word for what, word in looked_for.items() if word})

    @property
    def studies(self) -> list[str]:
        """Their names in the cloud."""
        assert self._watch is not None, "run first"
        return self._watch.studies

    def wait_for_films(self) -> None:
        """The link works before its films are laid out; a late film is said, not an error."""
        assert self._watch is not None, "run first"
        watch = self._watch
        with self._console.step("电子胶片排版 · film pages laid out"):
            if not wait_for(lambda: watch.films() > 0, FILM_S):
                self._console.say(f"    胶片尚未完成 · no film yet. {WHERE.format(folder=self._wish.state / 'logs')}")


def _size(size_bytes: int) -> str:
    """Never "0 MB": one decimal below ten, kB below one."""
    megabytes = size_bytes / 1e6
    if megabytes < 1:
        return f"{max(1, round(size_bytes / 1e3))} kB"
    return f"{megabytes:.1f} MB" if megabytes < 9.95 else f"{megabytes:.0f} MB"
