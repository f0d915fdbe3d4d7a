"""`status` reads what is on disk, beside a running agent, and counts each study's way to the cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_agent.__main__ import main
from edge_agent.config import Packing, load
from edge_agent.packer import Packer
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import Event
from edge_agent.status import as_json, look
from edge_agent.status_text import as_text
from tests.agent.building import SERIES, STUDY, Clock, image, keep, opened


@pytest.fixture
def settings(tmp_path: Path):
    (tmp_path / "agent.yaml").write_text("cloud: {url: http://127.0.0.1:9}\nspool: {folder: spool}\n")
    return load(tmp_path / "agent.yaml")


def test_each_step_of_a_study_is_counted_while_the_agent_runs(settings):
    clock = Clock()
    with opened(settings.spool.folder, clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)

        def counts() -> tuple:
            (study,) = look(settings).studies
            assert study.study_uid == STUDY
            return study.received, study.packed, study.sent, study.indexed, study.declared

        keep(spool, image(1))
        keep(spool, image(2))
        assert counts() == (2, 0, 0, 0, None)
        clock.now += 10
        packer.pack_next()
        assert counts() == (2, 2, 0, 0, None)
        spool.advance(spool.shipments[0], Event.PICKED)
        spool.advance(spool.shipments[0], Event.STORED)
        assert counts() == (2, 2, 2, 0, None)
        spool.advance(spool.shipments[0], Event.INDEXED)
        spool.declare(STUDY, {SERIES: 2})
        assert counts() == (2, 2, 2, 2, 2)
        assert look(settings).running


def test_parked_things_are_listed_with_their_reason(settings):
    clock = Clock()
    with opened(settings.spool.folder, clock=clock) as spool:
        keep(spool, image(1))
        keep(spool, image(1, series="1.2.3.5"))
        spool.park(spool.items[1], "its bytes changed")
        clock.now += 10
        Packer(spool, Packing(), now_s=clock)
        spool.queue.take_series(clock.now, 2, 1, 100)
        shipment = spool.seal(0, "manifest", [spool.items[0]], [], {})
        spool.advance(shipment, Event.PICKED)
        spool.advance(shipment, Event.REFUSED, "400 document_invalid")
    view = look(settings)
    assert {entry["reason"] for entry in view.parked} == {"its bytes changed", "400 document_invalid"}
    assert view.running is None
    text = as_text(view)
    assert "not running" in text
    assert "400 document_invalid" in text


def test_what_the_cloud_does_not_finish_is_shown(settings):
    clock = Clock()
    with opened(settings.spool.folder, clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        Packer(spool, Packing(), now_s=clock).pack_next()
        spool.advance(spool.shipments[0], Event.PICKED)
        spool.advance(spool.shipments[0], Event.STORED)
    assert look(settings, lambda: clock.now + 599).overdue == []
    view = look(settings, lambda: clock.now + 1200)
    assert view.overdue == [{"shipment": 0, "kind": "manifest", "objects": 1, "minutes": 20}]
    assert "逾期 · Overdue      shipment 0, kind manifest, objects 1, minutes 20" in as_text(view)


def test_a_weeks_delivered_studies_do_not_fill_the_screen(settings):
    """What is under way is listed; what is done is a number."""
    with opened(settings.spool.folder) as spool:
        for number in range(25):
            keep(spool, image(1, study=f"1.2.{number}", series=f"1.2.{number}.1"))
    view = look(settings)
    for study in view.studies[:3]:
        study.indexed = study.declared = study.received
    text = as_text(view)
    assert "3 delivered, 22 under way" in text
    assert "2 more are not listed" in text
    assert "1.2.0 " not in text
    assert len(text.splitlines()) < 30


def test_json_has_what_programs_ask_for(settings):
    with opened(settings.spool.folder) as spool:
        keep(spool, image(1))
        spool.put(ObjectKind.REPORT, b"{}")
    told = json.loads(as_json(look(settings)))
    assert told["states"] == {"spooled": 1}
    assert told["reports"] == {"spooled": 1}
    assert told["studies"][0]["received"] == 1
    assert told["free_bytes"] > 0


def test_an_agent_is_drained_when_the_cloud_has_everything(settings, tmp_path, capsys):
    """Before an agent is removed somebody must be able to know, without reading a table."""
    command = ["status", "--drained", "--config", str(tmp_path / "agent.yaml")]
    clock = Clock()
    assert main(command) == 0
    with opened(settings.spool.folder, clock=clock) as spool:
        keep(spool, image(1))
        assert main(command) == 1
        assert "1 objects, 0 reports, 0 shipments" in capsys.readouterr().out
        clock.now += 10
        Packer(spool, Packing(), now_s=clock).pack_next()
        assert main(command) == 1
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(spool.shipments[0], event)
        assert main(command) == 1
        assert "1 studies not declared complete" in capsys.readouterr().out
        spool.declare(STUDY, {SERIES: 1})
        assert main(command) == 0
        spool.put(ObjectKind.REPORT, b"{}")
        assert main(command) == 1
    assert "全部已送达云端 · the cloud has everything" in capsys.readouterr().out
