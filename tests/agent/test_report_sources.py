"""Reports come in by HTTP and by folder, are checked and durable before the source is told, and go up once [EDGE-05]."""

from __future__ import annotations

import base64
import hashlib
import json

import httpx
import pytest

from edge_agent.config import Packing
from edge_agent.errors import ReportRefused
from edge_agent.log import JsonLines
from edge_agent.packer import Packer
from edge_agent.sources.folder import ReportFolder
from edge_agent.sources.http import ReportEndpoint
from edge_agent.sources.intake import Intake
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import State
from tests.agent.building import Clock, opened
from tests.agent.cloud_server import TENANT, CloudServer, serving
from tests.agent.uploading import agent, send_next

PDF = b"%PDF-1.7\n% a report\n"


def report(**changes) -> dict:
    """report.v1 as a RIS sends it: without tenant."""
    return {
        "schema": "report.v1",
        "patient": {"id": "P-1", "issuer": "HIS", "name": "张三", "phone": "13800001111"},
        "accession_number": "A-1",
        "state": "audited",
        "version": 1,
        "findings": "两肺纹理清晰。",
        "impression": "未见异常。",
        "people": [{"role": "auditor", "name": "王芳"}],
        "language": "zh-CN",
    } | changes


def raw(content: dict) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


@pytest.fixture
def intake(spool):
    return Intake(spool, TENANT)


def held(spool) -> list[dict]:
    return [json.loads(spool.read(item)) for item in spool.items.values() if item.head.kind is ObjectKind.REPORT]


# -- what is taken


def test_the_agent_fills_in_tenant_and_pdf(spool, intake):
    intake.take(raw(report()), PDF, "test")
    (taken,) = held(spool)
    assert taken == report(tenant=TENANT, pdf={"sha256": hashlib.sha256(PDF).hexdigest(), "bytes": len(PDF)})


def test_the_same_report_again_changes_nothing(spool, intake):
    """RIS systems repeat themselves."""
    first, second = (intake.take(raw(report()), PDF, "test") for _ in range(2))
    assert first == second
    assert len(held(spool)) == 1


REFUSED = {
    "not JSON": (b"{", None, "not JSON"),
    "a list": (b"[]", None, "not a JSON object"),
    "nested without end": (b"[" * 200_000, None, "not JSON"),
    "half a character": (raw(report()).replace("未".encode(), b"\\ud800"), None, "lone surrogate"),
    "GBK instead of UTF-8": ('{"findings": "两肺"}'.encode("gbk"), None, "not JSON in UTF-8"),
    "a field missing": (raw({key: value for key, value in report().items() if key != "impression"}), None, "missing impression"),
    "an unknown field": (raw(report(diagnosis="x")), None, "field that is not known"),
    "an unknown state": (raw(report(state="final")), None, "state: must have enum"),
    "a wrong phone": (
        raw(report(patient={"id": "1", "issuer": "", "phone": "call me"})),
        None,
        "patient/phone: must have pattern",
    ),
    "a time without a zone": (raw(report(audited_at="2026-11-24 08:00:00")), None, "audited_at: must have format"),
    "another hospital's": (raw(report(tenant="h2")), None, "another tenant"),
    "a PDF that is none": (raw(report()), b"<html>", "not a PDF"),
    "a PDF named but not given": (raw(report(pdf={"sha256": "0" * 64, "bytes": 3})), None, "did not come with it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_report_is_refused_by_name_of_field_and_never_by_value(spool, intake, name):
    """The reason goes into logs and files; a report is patient data."""
    content, pdf, words = REFUSED[name]
    with pytest.raises(ReportRefused, match=words) as refused:
        intake.take(content, pdf, "test")
    assert not spool.items
    for value in ("P-1", "张三", "13800001111", "call me", "两肺", "08:00"):
        assert value not in str(refused.value)


# -- HTTP


@pytest.fixture
def endpoint(intake):
    endpoint = ReportEndpoint("127.0.0.1", 0, intake)
    endpoint.start()
    yield f"http://127.0.0.1:{endpoint.port}/reports"
    endpoint.stop()


@pytest.mark.req("EDGE-05")
def test_a_report_by_http_is_durable_when_it_is_answered(spool, endpoint):
    answer = httpx.post(endpoint, json=report())
    assert answer.status_code == 201
    (item,) = spool.items.values()
    assert (item.state, answer.json()["sha256"]) == (State.SPOOLED, item.head.sha256)


@pytest.mark.parametrize("form", ["base64", "multipart"])
def test_a_pdf_comes_along_in_either_form(spool, endpoint, form):
    if form == "base64":
        answer = httpx.post(endpoint, json=report(pdf_base64=base64.b64encode(PDF).decode()))
    else:
        files = {"report": ("r.json", raw(report()), "application/json"), "pdf": ("r.pdf", PDF, "application/pdf")}
        answer = httpx.post(endpoint, files=files)
    assert answer.status_code == 201
    assert held(spool)[0]["pdf"]["sha256"] == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ({"json": {}, "headers": {"origin": "http://evil.example"}}, 403),
        ({"files": {"pdf": ("r.pdf", PDF, "application/pdf")}}, 400),
        ({"json": {"pdf_base64": "!"}}, 400),
        ({"json": {"pdf_base64": 7}}, 400),
    ],
)
def test_what_is_wrong_is_said_with_a_status_and_a_code(spool, endpoint, request_of, status):
    answer = httpx.post(endpoint, **request_of)
    assert answer.status_code == status
    assert {"code", "message", "hint", "retry"} == answer.json().keys()
    assert answer.json()["hint"]
    assert not spool.items


def test_another_path_is_not_found(endpoint):
    assert httpx.post(endpoint + "/x", json={}).status_code == 404


def test_a_full_spool_tells_the_ris_to_come_again(tmp_path):
    with opened(tmp_path / "full", max_bytes=0) as spool:
        endpoint = ReportEndpoint("127.0.0.1", 0, Intake(spool, TENANT))
        endpoint.start()
        answer = httpx.post(f"http://127.0.0.1:{endpoint.port}/reports", json=report())
        endpoint.stop()
    assert (answer.status_code, answer.json()["retry"]) == (503, True)


# -- folder


@pytest.fixture
def folder(tmp_path, intake):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder, ReportFolder(folder, 1.0, intake)


@pytest.mark.req("EDGE-05")
def test_a_report_by_folder_is_taken_when_it_rests_and_then_removed(spool, folder):
    path, watcher = folder
    (path / "r.pdf").write_bytes(PDF)
    (path / "r.json").write_bytes(raw(report()))
    assert watcher.look() == 0
    assert watcher.look() == 1
    assert held(spool)[0]["pdf"]["bytes"] == len(PDF)
    assert not list(path.iterdir())


def test_a_file_that_is_still_being_written_is_left_alone(spool, folder):
    path, watcher = folder
    (path / "r.json").write_bytes(raw(report())[:40])
    watcher.look()
    (path / "r.json").write_bytes(raw(report()))
    assert watcher.look() == 0
    assert watcher.look() == 1


def test_a_bad_report_moves_aside_with_its_reason(spool, folder):
    path, watcher = folder
    (path / "r.json").write_bytes(raw(report(state="final")))
    (path / "r.pdf").write_bytes(PDF)
    watcher.look()
    watcher.look()
    assert sorted(file.name for file in (path / "refused").iterdir()) == ["r.json", "r.pdf", "r.reason.txt"]
    assert "state: must have enum" in (path / "refused" / "r.reason.txt").read_text("utf-8")
    assert not spool.items


@pytest.mark.req("SEC-07")
@pytest.mark.parametrize("content", [raw(report()), raw(report(state="final")), b"["], ids=["taken", "refused", "not JSON"])
def test_a_files_name_stays_out_of_the_log(spool, folder, caplog, content):
    """A RIS names its files after patients."""
    caplog.set_level("INFO", "edge_agent")
    path, watcher = folder
    (path / "张三_P-1.json").write_bytes(content)
    (path / "张三_P-1.pdf").write_bytes(PDF)
    watcher.look()
    watcher.look()
    said = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert '"report_' in said
    for word in ("张三", json.dumps("张三")[1:-1], "P-1"):
        assert word not in said


def test_files_that_cannot_be_read_do_not_hold_up_the_others(spool, folder):
    """Reports are looked at by name: the first ones were once all that was ever looked at."""
    path, watcher = folder
    (path / "a.json").write_bytes(b"[" * 200_000)
    (path / "b.json").write_bytes(raw(report()).replace("未".encode(), b"\\ud800"))
    (path / "c.json").write_bytes(raw(report(version=3)))
    (path / "d.json").write_bytes(raw(report(version=2)))
    watcher.look()
    assert watcher.look() == 2
    assert sorted(file.name for file in (path / "refused").glob("*.json")) == ["a.json", "b.json"]
    assert sorted(content["version"] for content in held(spool)) == [2, 3]


def test_a_file_that_fails_for_an_unknown_reason_stays_and_the_others_go_on(spool, intake, tmp_path):
    class Odd:
        failing = True

        def take(self, content, pdf, source):
            if self.failing and b'"version": 1' in content:
                raise PermissionError(13, "Permission denied")
            return intake.take(content, pdf, source)

    odd = Odd()
    watcher = ReportFolder(tmp_path, 1.0, odd)
    (tmp_path / "a.json").write_bytes(raw(report()))
    (tmp_path / "b.json").write_bytes(raw(report(version=2)))
    assert [watcher.look() for _ in range(3)] == [0, 1, 0]
    odd.failing = False
    assert watcher.look() == 1
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("body", [b"[" * 200_000, raw(report()).replace("未".encode(), b"\\ud800")])
def test_a_report_that_cannot_be_text_is_refused_by_http_too(endpoint, body):
    answer = httpx.post(endpoint, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "ReportRefused"


def test_a_pdf_alone_is_no_report(spool, folder):
    path, watcher = folder
    (path / "r.pdf").write_bytes(PDF)
    watcher.look()
    watcher.look()
    assert (path / "r.pdf").exists()
    assert not spool.items


# -- on to the cloud


@pytest.mark.req("EDGE-05")
def test_a_report_and_its_pdf_go_up_by_the_same_grants_and_are_confirmed(tmp_path):
    clock = Clock()
    with serving(CloudServer()) as cloud, agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        intake = Intake(spool, TENANT)
        intake.take(raw(report()), PDF, "test")
        packer.pack_next()
        send_next(spool, uploader)
        assert uploader.ask() == 1
        assert {item.state for item in spool.items.values()} == {State.SENT}
        assert cloud.objects[f"report_pdf/{hashlib.sha256(PDF).hexdigest()}"] == PDF
        # a correction that keeps its PDF: the vault has that already
        intake.take(raw(report(state="corrected", version=2)), PDF, "test")
        packer.pack_next()
        send_next(spool, uploader)
        assert uploader.ask() == 1
        assert [document["version"] for document in cloud.documents("report")] == [1, 2]
        assert sum(cloud.puts.values()) == 3


def test_a_report_whose_pdf_is_damaged_is_parked_not_sent_without_it(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        Intake(spool, TENANT).take(raw(report()), PDF, "test")
        (pdf,) = [item for item in spool.items.values() if item.head.kind is ObjectKind.REPORT_PDF]
        path = spool.object_path(pdf.number)
        path.write_bytes(path.read_bytes()[:-1])
        Packer(spool, Packing(), now_s=clock).pack_next()
        assert [item.state for item in spool.items.values() if item is not pdf] == [State.PARKED]
        assert not spool.shipments


def test_a_report_that_the_cloud_would_refuse_for_its_size_is_refused_at_once(spool, tmp_path):
    """The RIS hears it; in the cloud it would lie in quarantine."""
    intake = Intake(spool, TENANT, max_report_bytes=2000)
    with pytest.raises(ReportRefused, match=r"the report is larger than 0\.00\d+ MiB"):
        intake.take(raw(report(findings="x" * 2000)), None, "http")
    assert intake.take(json.dumps(report(), indent=200).encode(), None, "http").version == 1  # blanks do not count
    assert len(held(spool)) == 1


def test_a_file_beyond_all_bounds_is_refused_with_its_reason(intake, tmp_path):
    folder = ReportFolder(tmp_path, 1, intake)
    with (tmp_path / "A.json").open("wb") as file:
        file.truncate(33 << 20)
    folder.look()
    assert folder.look() == 0
    assert "larger than 32 MiB" in (tmp_path / "refused" / "A.reason.txt").read_text("utf-8")
