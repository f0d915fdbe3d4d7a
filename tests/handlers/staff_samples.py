"""What a hospital's staff does, for the recorded samples (record_samples.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.adapters import accounts
from functions.core.access.tries import MAX_TRIES
from tests.handlers.staff_world import PASSWORD, Browser, StaffWorld
from tests.handlers.uploads import TENANT, report

if TYPE_CHECKING:
    from tests.handlers.record_samples import Recorder

BY = "operator:test"
# no row tells of these
JOURNALLED = ("account_unlocked", "staff_refused", "agent_invited", "quarantine_retried", "queue_redriven")


def sign_in(recorder: Recorder) -> None:
    """An account from its first password to its end."""
    deps, world = recorder.deps, StaffWorld(recorder.deps)
    recorder.keep("staff_session_request.v1", {"hospital": TENANT, "account": "wang", "password": PASSWORD})
    recorder.keep("staff_password_request.v1", {"old": "Fad2-Jgh5-Dpb5-Hkr5", "new": PASSWORD})
    doctor = world.browser("doctor", account="wang")
    recorder.keep("staff_me.v1", doctor.call("GET", "me").body)
    doctor.call("GET", "agents")
    _exam(recorder, doctor)
    for _ in range(MAX_TRIES):
        Browser(world).sign_in("wang", "Wrong-1895")
    recorder.events()
    accounts.unlock(deps, TENANT, "wang", by=BY)
    accounts.amend(deps, TENANT, "wang", by=BY, disabled=True)
    recorder.events()


def operate(recorder: Recorder) -> None:
    """What the hospital's operator looks at and does."""
    deps, world = recorder.deps, StaffWorld(recorder.deps)
    operator = world.browser("operator", platform=True)
    code = operator.call("POST", "agents/codes", {"ae_title": "NEWBOX"}).body
    recorder.keep("staff_agent_code_request.v1", {"ae_title": "NEWBOX"})
    recorder.keep("staff_agent_code_answer.v1", {**code, "code": "ABCD-EFGH-JKMN"})
    recorder.keep("staff_agents_answer.v1", operator.call("GET", "agents").body)
    recorder.keep("staff_agent_revoke_request.v1", {"reason": "前置机已更换"})
    recorder.take(report(deps, accession_number="A8", pdf={"sha256": "5" * 64, "bytes": 5}))  # which never came
    waiting = operator.call("GET", "quarantine").body
    recorder.keep("staff_quarantine_answer.v1", waiting)
    (entry,) = [one for one in waiting["entries"] if one["reason"] == "pdf_missing"]
    named = {"subject": entry["subject"], "name": entry["name"]}
    operator.call("POST", "quarantine/{subject}/{name}/retry", {}, params=named)
    note = {"note": "RIS 时钟已校正，报告已重发"}
    recorder.keep("staff_settle_request.v1", note)
    settled = operator.call("POST", "quarantine/{subject}/{name}/settle", note, params=named)
    recorder.keep("staff_quarantine_entry.v1", settled.body)
    deps.dead_letters.dead["ingest"] = ["{}"]
    recorder.keep("staff_alarms_answer.v1", operator.call("GET", "alarms").body)
    recorder.keep("staff_queues_answer.v1", operator.call("GET", "queues").body)
    redriven = operator.call("POST", "queues/{queue}/redrive", {}, params={"queue": "ingest"})
    recorder.keep("staff_redrive_answer.v1", redriven.body)
    recorder.events()
    for event in _journal(deps):
        if event["type"] in JOURNALLED:
            recorder.keep(f"{event['type']}.v1", event)


def _exam(recorder: Recorder, doctor: Browser) -> None:
    """A series is hidden and shown, a phone corrected."""
    deps = recorder.deps
    exam = deps.naming.exam(TENANT, accession_number="A1", study_uid="")
    seen = doctor.call("GET", "exams/{exam}", params={"exam": exam}).body
    place = {"exam": exam, "series": seen["studies"][0]["series"][0]["series"]}
    for action, reason in (("hide", "定位像"), ("show", "误操作")):
        body = {"reason": reason}
        recorder.keep("staff_series_request.v1", body)
        recorder.keep(
            "staff_series_answer.v1", doctor.call("POST", f"exams/{{exam}}/series/{{series}}/{action}", body, params=place).body
        )
        recorder.events()
    recorder.keep("staff_exam.v1", doctor.call("GET", "exams/{exam}", params={"exam": exam}).body)
    recorder.keep("staff_shares.v1", doctor.call("GET", "exams/{exam}/shares", params={"exam": exam}).body)
    recorder.keep("staff_openings.v1", doctor.call("GET", "exams/{exam}/openings", params={"exam": exam}).body)
    body = {"phone": "13900005678", "reason": "患者换号"}
    recorder.keep("staff_patient_request.v1", body)
    recorder.keep("staff_patient_answer.v1", doctor.call("POST", "exams/{exam}/patient", body, params={"exam": exam}).body)


def _journal(deps: Any) -> list[dict[str, Any]]:
    return [json.loads(deps.vault.get("originals", key)) for key in deps.vault.keys("originals", f"journal/{TENANT}/")]
