"""One exam's way, as `make demo` shows it: C-STORE, agent, vault, index, release, SMS, link, pixels. Every link of it real."""

from __future__ import annotations

import hashlib
import zlib
from functools import partial
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from functions.adapters import bills
from functions.adapters.wiring import Production
from functions.core.imaging.codestream import decode
from functions.core.imaging.parcel import open_heads, rebuild
from iac.local.demo.hospital import TENANT
from iac.local.demo.phone import NUMBER
from iac.operator import hospitals
from tests.cloud import eventually
from tests.cloud_fixtures import Ran
from tests.e2e.patient_client import PatientClient
from tests.handlers.operator_deps import operator_deps

pytestmark = pytest.mark.cloud


@pytest.fixture
def patient(journey: Ran) -> PatientClient:
    client = PatientClient(journey.cloud.origin)
    client.sign_in(journey.outcome.link, journey.outcome.phone_tail)
    return client


def data_sets(ran: Ran) -> dict[str, bytes]:
    """SOP Instance UID → data set bytes, of the files that were sent."""
    found = {}
    for path in ran.images.files:
        raw = path.read_bytes()
        meta_bytes = dcmread(path, stop_before_pixels=True).file_meta.FileMetaInformationGroupLength
        found[str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)] = raw[144 + meta_bytes :]
    return found


@pytest.mark.req("PLUS-01", "ING-12")
def test_every_instance_comes_back_from_the_vault_equal_to_the_byte(journey: Ran) -> None:
    """Custody: what the device sent, the cloud can give back, proven by SHA-256."""
    s3 = journey.cloud.session("root").client("s3")
    originals, pixels = journey.cloud.outputs["OriginalsBucket"], journey.cloud.outputs["PixelsBucket"]
    rebuilt: dict[str, str] = {}
    for entry in s3.list_objects_v2(Bucket=originals, Prefix="k1/")["Contents"]:
        heads = open_heads(s3.get_object(Bucket=originals, Key=entry["Key"])["Body"].read())
        folder = entry["Key"].rsplit("/", 1)[0]

        def fetch(kind: str, offset: int, length: int, heads: Any = heads, folder: str = folder) -> bytes:
            name = f"pixels/{folder}/{getattr(heads, kind).sha256}.{kind}"
            got = s3.get_object(Bucket=pixels, Key=name, Range=f"bytes={offset}-{offset + length - 1}")
            return bytes(got["Body"].read())

        for instance in heads.instances:
            rebuilt[instance.sop_uid] = hashlib.sha256(rebuild(heads, instance, fetch)).hexdigest()
    sent = {uid: hashlib.sha256(data).hexdigest() for uid, data in data_sets(journey).items()}
    assert len(sent) == 24
    assert rebuilt == sent


@pytest.mark.req("PAT-01", "NTF-02", "PLUS-10", "EDGE-05", "EDGE-07")
def test_the_link_in_the_sms_opens_the_exam_with_report_film_and_images(journey: Ran, patient: PatientClient) -> None:
    """The whole promise to a patient."""
    exam = patient.exam()
    (study,) = exam["studies"]
    (series,) = study["series"]
    assert (exam["state"], exam["report"]["state"]) == ("published", "audited")
    assert (study["received"], study["declared"], study["complete"]) == (24, 24, True)
    assert series["frames"] == 24
    assert "右肺上叶" in patient.api("GET", "report").json()["findings"]
    thumbnail = patient.api("POST", f"series/{series['series']}/open").json()["base"] + series["thumbnail"]
    assert patient.ask("GET", thumbnail).content[:3] == b"\xff\xd8\xff"
    (film,) = exam["films"]
    base = patient.api("POST", "derived/open", {"study": study["study"]}).json()["base"]
    assert patient.ask("GET", base + film["pages"][0]).content[:3] == b"\xff\xd8\xff"
    assert patient.ask("GET", base + film["pdf"]).content[:5] == b"%PDF-"


@pytest.mark.req("PLUS-03", "SEC-04")
def test_every_piece_is_what_the_index_says_and_the_frames_are_the_ones_that_were_sent(
    journey: Ran, patient: PatientClient
) -> None:
    """Through gateway and signature, by ranges, checked and decoded: the pixels of the scanner."""
    (study,) = patient.exam()["studies"]
    base, index = patient.series_index(study["series"][0]["series"])
    columns = index["columns"]
    sent = {dcmread(path).pixel_array.tobytes() for path in journey.images.files}
    shown = set()
    for place in range(len(columns["frame"])):
        stream = b""
        for name in ("quarter", "half", "full"):
            piece = {key: columns[name][key][place] for key in ("object", "offset", "bytes", "crc32")}
            data = patient.piece(base, index["objects"][piece["object"]]["name"], piece["offset"], piece["bytes"])
            assert zlib.crc32(data) == piece["crc32"]
            stream += data
        shown.add(np.asarray(decode(stream)).astype("<i2", casting="unsafe").tobytes())
    assert shown == sent


@pytest.mark.req("SEC-04")
def test_a_copied_address_opens_nothing(journey: Ran, patient: PatientClient) -> None:
    """Hot-linking: the address alone is worth nothing, in another browser too."""
    (study,) = patient.exam()["studies"]
    base, index = patient.series_index(study["series"][0]["series"])
    stranger = PatientClient(journey.cloud.origin)
    assert stranger.ask("GET", base + index["objects"][0]["name"]).status_code == 403
    assert patient.ask("GET", base + index["objects"][0]["name"]).status_code == 200


@pytest.mark.req("SHR-05", "PLUS-06")
def test_the_first_request_after_the_answer_that_a_share_was_stopped_is_refused(journey: Ran, patient: PatientClient) -> None:
    """Whoever was told that it is stopped may rely on it: told by order, not by a clock. Image calls too."""
    wish = {"lasts_s": 3600, "series": None, "report": True, "film": True, "anonymous": False, "code": None, "limit": 0}
    (study,) = patient.exam()["studies"]
    calls = (
        ("GET", "exam", None),
        ("POST", f"series/{study['series'][0]['series']}/open", {}),
        ("POST", "derived/open", {"study": study["study"]}),
        ("GET", "report", None),
    )
    for first in range(len(calls)):
        share = patient.api("POST", "shares", wish).json()["share"]
        token = share["link"].partition("#t=")[2]
        guest = PatientClient(journey.cloud.origin)
        assert guest.ask("POST", "/api/guest/v1/sessions", json_body={"token": token}).status_code == 201
        for method, path, body in calls:
            assert guest.ask(method, f"/api/guest/v1/{path}", json_body=body).status_code == 200, path
        assert patient.api("POST", f"shares/{share['serial']}/revoke").json()["share"]["state"] == "revoked"
        for method, path, body in (*calls[first:], ("POST", "sessions", {"token": token})):
            answer = guest.ask(method, f"/api/guest/v1/{path}", json_body=body)
            assert (answer.status_code, answer.json()["code"]) == (410, "link_revoked"), path


@pytest.mark.req("NTF-02", "NTF-05")
def test_one_sms_and_it_says_no_more_than_it_must(journey: Ran) -> None:
    """A phone is read over its owner's shoulder."""
    import httpx

    messages = httpx.get(f"{journey.outcome.phone_page}feed", trust_env=False).json()["messages"]
    assert len(messages) == 1
    (message,) = messages
    assert message["phone"] == NUMBER
    assert journey.outcome.link in message["text"]
    facts = journey.images.facts
    for private in (facts.name, facts.patient_id, facts.accession_number, journey.outcome.code, NUMBER[-4:], "结节", "胸部"):
        assert private not in message["text"]


@pytest.mark.req("PLUS-01")
def test_counts_of_sender_agent_and_cloud_agree(journey: Ran, patient: PatientClient) -> None:
    """Nothing lost, nothing doubled."""
    import json
    import subprocess
    import sys

    settings = journey.state / "agent" / "agent.yaml"
    command = [sys.executable, "-m", "edge_agent", "status", "--json", "--config", str(settings)]
    status = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    (study,) = [one for one in status["studies"] if one["study_uid"] in journey.images.facts.study_uids]
    (shown,) = patient.exam()["studies"]
    assert (len(journey.images.files), study["received"], shown["received"]) == (24, 24, 24)


@pytest.mark.req("LIFE-07")
def test_the_exam_is_its_hospitals_first_case(journey: Ran) -> None:
    """Audited and to be looked at: once on this month's bill, at the price that holds where none was agreed."""
    for deps in operator_deps(journey.cloud):
        (bill,) = eventually(partial(of_demo, deps), 60)
        assert (bill["count"], bill["price"], bill["sum"], bill["state"]) == (1, "4.00", "4.00", "open")


def of_demo(deps: Production) -> list[dict[str, Any]]:
    """Months with a case."""
    hospital = hospitals.find(deps, TENANT)
    return [one for one in bills.summaries(deps.table, hospital, deps.clock.now()) if one["count"]]
