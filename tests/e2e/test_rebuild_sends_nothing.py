"""The cloud killed under a real agent: what was there is not put again, nobody is told twice, and work goes on [PLUS-04].

Counted on the way between the two and in storage itself, not believed from what either says of itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from pydicom import dcmwrite, uid
from pydicom.dataset import FileMetaDataset

from functions.adapters import agents
from functions.core.study.hospitals import Hospital
from iac.operator import hospitals
from tests.agent.agent_process import Agent
from tests.agent.building import image
from tests.cloud import eventually
from tests.e2e.counting_proxy import CountingProxy, counting
from tests.e2e.killable_cloud import Place, killable, token_of
from tests.e2e.patient_client import PatientClient
from tests.faults.real_senders import Instance, PynetdicomSender

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.req("PLUS-04", "EDGE-10", "NTF-05")]

QUICK = (
    "packing: {quiet_s: 0.3, target_mib: 0.1}\n"  # several parcels of few images
    "upload: {workers: 1, retry_first_s: 0.2, retry_longest_s: 1, ask_s: 0.2}\n"
    "completeness: {quiet_s: 0.6}\n"
)
PHONES = {1: "13800001234", 2: "13800002345", 3: "13800003456"}  # by exam: one phone is told once a minute
MADE_BY_THE_CLOUD = (".index", ".thumb.jpg")
PUT_BEFORE_THE_CUT = 5  # of the second study: in the middle of its second shipment


@dataclass
class Site:
    """A modality, a RIS and the agent between them and the cloud."""

    place: Place
    proxy: CountingProxy
    agent: Agent
    folder: Path
    port: int = 0

    def scan(self, exam: int, first: int, count: int, size: int = 64) -> None:
        """C-STORE some images of an exam's study; returns once the agent has acknowledged them."""
        study = f"1.2.826.0.1.3680043.10.777.{exam}"
        instances = []
        for number in range(first, first + count):
            ds = image(number, study=study, series=f"{study}.1", size=size, shade=Random(exam * 100 + number).randrange(4096))
            ds.AccessionNumber, ds.PatientID = f"A{exam}", f"P-{exam}"
            ds.file_meta = FileMetaDataset()
            ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
            path = self.folder / f"{exam}-{number}.dcm"
            dcmwrite(path, ds, enforce_file_format=True)
            instances.append(Instance(path, str(ds.SOPInstanceUID), f"{study}.1", ""))
        sender = PynetdicomSender("CT1", instances, self.port, Random(1))
        sender.run()
        assert len(sender.acknowledged) == count

    def report(self, exam: int) -> None:
        words = {
            "patient": {"id": f"P-{exam}", "issuer": "", "name": "张三", "phone": PHONES[exam]},
            "accession_number": f"A{exam}",
            "state": "audited",
            "version": 1,
            "findings": "两肺纹理清晰。",
            "impression": "未见异常。",
            "people": [{"role": "auditor", "name": "王芳"}],
            "language": "zh-CN",
        }
        waiting = self.agent.folder / "reports" / f"{exam}.json"
        waiting.with_suffix(".new").write_text(json.dumps(words, ensure_ascii=False), "utf-8")
        waiting.with_suffix(".new").rename(waiting)

    def all_is_sent(self, images: int) -> None:
        """By the agent's own word: each image is indexed in the cloud, each study declared, nothing waits or was given up."""
        status = self.agent.until(
            lambda told: (
                told["states"] == {"sent": images}
                and not told["shipments"]
                and all(study["declared"] == study["received"] == study["indexed"] for study in told["studies"])
            )
        )
        assert status["parked"] == []

    def versions(self) -> Counter[str]:
        """How often each object that an agent sends was written, by storage."""
        client, outputs = self.place.cloud.session("root").client("s3"), self.place.cloud.outputs
        found: Counter[str] = Counter()
        for bucket, folder in (("OriginalsBucket", ""), ("PixelsBucket", "pixels/")):
            for kind in ("k1", "manifests", "reports"):
                pages = client.get_paginator("list_object_versions").paginate(
                    Bucket=outputs[bucket], Prefix=f"{folder}{kind}/{self.place.tenant}/"
                )
                found.update(one["Key"] for page in pages for one in page.get("Versions", []))
        return Counter({key: times for key, times in found.items() if not key.endswith(MADE_BY_THE_CLOUD)})


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Site]:
    with killable(tmp_path / "cloud") as place, counting(place.cloud.origin, place.cloud.endpoint) as proxy:
        with place.deps() as deps:
            hospitals.add(deps, Hospital(tenant=place.tenant, name="协和医院", phone="010-12345678"))
            code = agents.new_code(deps, place.tenant, "LIGHTBOX").code
        agent = Agent(tmp_path / "agent", proxy.url, QUICK, spool="max_gib: 0.1", reports="folder: reports, folder_poll_s: 0.1")
        (agent.folder / "reports").mkdir()
        enrolled = agent.call("enrol", "--code", code)
        assert enrolled.returncode == 0, enrolled.stderr
        here = Site(place, proxy, agent, tmp_path)
        here.port = agent.start()
        try:
            yield here
        finally:
            agent.kill()


def keys_of(proxy: CountingProxy) -> list[str]:
    return [one.path for one in proxy.puts()]


def test_after_a_kill_only_what_lacks_is_sent_and_nobody_is_told_twice(hospital: Site) -> None:
    """One exam sent and told of; of the next the cloud has a part when it dies; a third is scanned while it is dead."""
    place, proxy = hospital.place, hospital.proxy
    hospital.scan(exam=1, first=1, count=2)
    hospital.report(exam=1)
    eventually(lambda: len(place.texts()) == 1, seconds=120)
    hospital.all_is_sent(images=2)
    place.quiet()
    texts, there = place.texts(), keys_of(proxy)

    proxy.cut_when = lambda asked: sum(one.method == "PUT" for one in asked) == len(there) + PUT_BEFORE_THE_CUT
    hospital.scan(exam=2, first=1, count=6, size=256)
    assert proxy.cut.wait(60)
    place.kill()
    hospital.scan(exam=3, first=1, count=2)
    half = keys_of(proxy)[len(there) :]
    assert len(half) == PUT_BEFORE_THE_CUT

    place.start()
    proxy.api, proxy.storage = place.cloud.origin, place.cloud.endpoint
    proxy.mend()
    hospital.all_is_sent(images=10)
    place.quiet()
    assert place.texts() == texts
    after = keys_of(proxy)[len(there) + len(half) :]
    assert after
    assert not {*there, *half} & {*after}
    assert {one.status for one in proxy.puts()} == {200}, "a second put of an object is answered 412"
    assert hospital.versions() == Counter(path.split("/", 2)[2] for path in keys_of(proxy))

    for exam in (2, 3):
        hospital.report(exam)
    hospital.scan(exam=1, first=3, count=1)
    eventually(lambda: len(place.texts()) == 3, seconds=90)
    hospital.all_is_sent(images=11)
    place.quiet()
    assert len(place.texts()) == 3
    assert {one.status for one in proxy.puts()} == {200}

    patient = PatientClient(place.cloud.origin)
    patient.sign_in(f"{place.cloud.origin}/e#t={token_of(texts[0])}", PHONES[1][-4:])
    assert patient.exam()["studies"][0]["received"] == 3
