"""A day of tests/handlers/test_every_event_thrice.py on the local cloud: deployed functions, real queues, stream, bus and SMS.

The day holds one study of each kind of which what a patient sees changes or ends (tests/operator/hospital_day.py), of two agents.
What the agents and storage say of each document comes three times and shuffled; so does every change of the table, and with it
every event to render and notify. Then table and buckets are compared with those of a cloud in memory that heard of everything
once and in order.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions.adapters import agents
from functions.adapters.secrets import FixedSecrets
from functions.adapters.table.dynamo import row_of_image
from functions.adapters.table.port import Row
from functions.adapters.vault.s3 import S3Vault
from functions.adapters.wiring import Production
from functions.core.study.hospitals import Hospital
from functions.ingest.messages import Ref
from iac.local.cloud import LocalCloud
from iac.local.demo.phone import Phone
from iac.operator import hospitals
from tests.cloud import eventually
from tests.e2e.feeds import Feeds
from tests.fakes import SETTINGS
from tests.handlers.http_agent import HttpAgent
from tests.handlers.operator_deps import operator_deps
from tests.handlers.outcome import made_of, misnamed, told_once, unlike
from tests.handlers.storm import TIMES, ordered
from tests.handlers.uploads import agent_of
from tests.operator.hospital_day import CHANGING, TENANT, Day, day
from tests.operator.small_hospital import Message, SmallHospital

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

SEED = 15
LISTENERS = {"render": "RenderRule", "notify": "NotifyRule", "billing": "BillingRule"}
COPIES = {"render": 1, "notify": TIMES, "billing": 1}  # of each telling; to notify many, so that two are at one notice at once
PATIENCE_S = 480  # on a machine with much else to do
# rows of what was there before the day, and of an agent's requests: the cloud in memory has no agents
OF_THE_PLACE = {"hospital", "agent", "agent_key", "heartbeat", "token", "nonce", "enrolment"}
# what a list is searched by follows the rows by its own events; tests/handlers and tests/core hold it against them
OF_THE_LAKE = {"lake_line", "lake_month"}
ON_THE_WAY = {"due"}  # when a carrier is asked next


@dataclass(frozen=True)
class Place:
    cloud: LocalCloud
    phone: Phone
    deps: Production
    vault: S3Vault  # as root

    def rows(self) -> list[Row]:
        client = self.cloud.session("root").client("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=self.cloud.outputs["TableName"])
        return of_the_day(row_of_image(item) or {} for page in pages for item in page["Items"])


def of_the_day(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] not in OF_THE_PLACE | OF_THE_LAKE | ON_THE_WAY]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    state = tmp_path_factory.mktemp("thrice")
    phone = Phone(state, state)
    try:
        phone.wait()
        with LocalCloud.start(state, sms=phone.provider) as cloud, contextmanager(operator_deps)(cloud) as deps:
            root = cloud.session("root").client("s3")
            yield Place(cloud, phone, deps, S3Vault(deps.settings, lambda: root))
    finally:
        phone.stop()


@pytest.fixture(scope="module")
def own(place: Place) -> FixedSecrets:
    return FixedSecrets(place.deps.secrets.values())


@pytest.fixture(scope="module")
def today(own: FixedSecrets) -> Day:
    return day(SEED, len(CHANGING), own, of=CHANGING)


@pytest.fixture(scope="module")
def drawing(place: Place, own: FixedSecrets, today: Day) -> Iterator[Future[SmallHospital]]:
    """Once and in order, in memory, with the names and the address of the local cloud; drawn while that cloud is at work."""
    here = SmallHospital(own=own, settings=replace(SETTINGS, origin=place.cloud.origin))
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(ordered, today, here, renders=True)


@pytest.fixture(scope="module")
def calm(drawing: Future[SmallHospital]) -> SmallHospital:
    return drawing.result()


@pytest.fixture(scope="module")
def stormy(place: Place, today: Day, drawing: Future[SmallHospital]) -> Place:
    """The same place after the day."""
    chance, feeds = random.Random(SEED), Feeds(place.cloud)
    for function, rule in LISTENERS.items():
        feeds.divert(rule, function)
    feeds.pause("ingest")
    happen(today, place)
    bodies = feeds.drained("ingest")
    assert len(bodies) >= 2 * len(today.messages), "the agents' word and storage's, of each document"
    feeds.resume("ingest")
    blow(feeds, bodies * TIMES, chance)
    feeds.purge("notify")
    assert feeds.given_up() == []
    return place


def happen(today: Day, place: Place) -> None:
    """Everything is uploaded and confirmed, as two agents do it."""
    hospitals.add(place.deps, Hospital(tenant=TENANT, name="协和医院", phone="010-12345678"))
    sending = {}
    for ae_title in ("LIGHTBOX", "OTHERBOX"):
        code = agents.new_code(place.deps, TENANT, ae_title).code
        sending[agent_of(TENANT, ae_title)] = HttpAgent(place.cloud, TENANT, code, ae_title)
    for (bucket, key), stored in sorted(today.objects.items(), key=lambda one: is_document(one[0][1])):
        place.vault.put(bucket, key, stored.body, content_type=stored.content_type)
    for message in today.messages:
        confirm(sending[message["agent"]], message, today)


def is_document(key: str) -> bool:
    """What names other objects comes after them."""
    return not key.startswith("k1/")


def confirm(agent: HttpAgent, message: Message, today: Day) -> None:
    about: dict[str, Any] = {"sha256": message["sha256"]}
    if message["kind"] != "report":
        named = Ref(**{name: value for name, value in message.items() if name != "agent"})
        document = json.loads(today.objects["originals", named.key()].body)
        listed = document.get("series", [document]) if message["kind"] == "declaration" else [document]
        about |= {"kind": message["kind"], "study_uid": document["study_uid"], "series_uid": listed[0]["series_uid"]}
    answer = agent.call("reports" if message["kind"] == "report" else "manifests", about)
    assert answer.status_code == 202, answer.text


def blow(feeds: Feeds, bodies: list[str], chance: random.Random) -> None:
    """Some of each at a time, until nothing is left and nothing comes after it."""
    pools: dict[str, list[str]] = {"ingest": bodies, **{name: [] for name in LISTENERS}}
    changes: list[dict[str, Any]] = []  # to be told again, and their events with them

    def is_over() -> bool:
        """the end of the storm"""
        for name in LISTENERS:
            pools[name] += feeds.diverted(name) * COPIES[name]
        for name, pool in pools.items():
            feeds.send(name, drawn(pool, 40, chance))
        changes.extend(feeds.changes() * (TIMES - 1))
        if again := drawn(changes, 100, chance):
            feeds.publish_again(again)
        return not again and not any(pools.values()) and feeds.is_still()

    eventually(is_over, PATIENCE_S)


def drawn(pool: list[Any], most: int, chance: random.Random) -> list[Any]:
    """Taken out of the pool."""
    chance.shuffle(pool)
    size = chance.randint(1, most)
    taken, pool[:] = pool[:size], pool[size:]
    return taken


@pytest.mark.req("ING-05")
def test_the_table_is_as_if_each_message_had_come_once(stormy: Place, calm: SmallHospital) -> None:
    assert unlike(of_the_day(calm.rows()), stormy.rows()) == []
    assert {row["kind"] for row in stormy.rows()} == {row["kind"] for row in of_the_day(calm.rows())}


@pytest.mark.req("ING-05")
def test_the_buckets_hold_what_the_rows_name_and_under_each_name_its_own_bytes(stormy: Place, calm: SmallHospital) -> None:
    rows = stormy.rows()
    assert misnamed(stormy.vault, made_of(rows)) == []
    assert misnamed(stormy.vault, [("derived", key) for key in stormy.vault.keys("derived", "")]) == []
    for prefix in ("k1/", "manifests/", "reports/"):
        assert list(stormy.vault.keys("originals", prefix)) == list(calm.deps.vault.keys("originals", prefix))
    uploaded = {key for key in calm.deps.vault.keys("pixels", "") if key.endswith((".low", ".rest"))}
    assert {key for key in stormy.vault.keys("pixels", "") if key.endswith((".low", ".rest"))} == uploaded


@pytest.mark.req("ING-05")
def test_the_journal_names_each_lasting_fact_once(stormy: Place, calm: SmallHospital) -> None:
    def told(vault: Any) -> list[str]:
        entries = [json.loads(vault.get("originals", name)) for name in vault.keys("originals", "journal/")]
        return sorted(entry["id"] for entry in entries if entry["type"] in ("study_viewable", "document_quarantined"))

    assert told(stormy.vault) == told(calm.deps.vault)


@pytest.mark.req("NTF-05")
def test_each_notice_is_one_sms_and_each_released_exam_has_its_notice(stormy: Place) -> None:
    told_once(stormy.rows(), [one["request_id"] for one in stormy.phone.messages() for _ in range(one["sends"])])
