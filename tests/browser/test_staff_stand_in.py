"""The stand-in for the staff API answers as the schemas say: else the pages' tests would show nothing about the real one."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.schemas import check
from tests.browser import staff_answers
from tests.browser.staff_stand_in import StaffStandIn, me

SCHEMAS = {
    "GET /agents": "staff_agents_answer.v1",
    "POST /agents/codes": "staff_agent_code_answer.v1",
    "POST /agents/*/revoke": "staff_agent_answer.v1",
    "GET /quarantine": "staff_quarantine_answer.v1",
    "POST /quarantine/*/*/retry": "staff_queued_answer.v1",
    "POST /quarantine/*/*/settle": "staff_quarantine_entry.v1",
    "GET /queues": "staff_queues_answer.v1",
    "POST /queues/*/redrive": "staff_redrive_answer.v1",
    "GET /alarms": "staff_alarms_answer.v1",
    "GET /studies": "staff_studies_answer.v1",
    "GET /exams/*": "staff_exam.v1",
    "GET /exams/*/openings": "staff_openings.v1",
    "GET /exams/*/shares": "staff_shares.v1",
    "GET /exams/*/report": "patient_report.v1",
    "POST /exams/*/series/*/open": "patient_series_answer.v1",
    "GET /bills": "staff_bills_answer.v1",
    "GET /bills/2026-10": "staff_bill_answer.v1",
    "GET /prices": "staff_prices_answer.v1",
}


@pytest.mark.parametrize(("route", "schema"), SCHEMAS.items(), ids=SCHEMAS)
def test_an_answer_fits_its_schema(route: str, schema: str) -> None:
    """As the cloud's own does (tests/contracts)."""
    answer: Any = (StaffStandIn().answers | staff_answers.ALL)[route]
    check(answer[1], schema)


def test_whoever_is_signed_in_fits_the_schema() -> None:
    """Each role, and one account with all three."""
    for roles in (("operator",), ("doctor",), ("finance",), ("operator", "doctor", "finance")):
        check(me(*roles), "staff_me.v1")
