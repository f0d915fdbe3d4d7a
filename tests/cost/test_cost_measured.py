"""The meter counts what the local cloud really did for a study [PLUS-09]."""

from __future__ import annotations

import pytest

from iac.cost.measuring import Taximeter, stored_of
from iac.local.demo.account import cost_line, privacy_line
from iac.local.demo.phone import NUMBER
from iac.local.demo.privacy import searched, words
from tests.cloud_fixtures import Ran

pytestmark = pytest.mark.cloud


@pytest.mark.req("PLUS-09")
def test_a_journey_is_metered_and_its_cost_said(journey: Ran):
    """What the demo's last lines say is of this study: calls that were made, bytes that are there."""
    used = Taximeter(journey.cloud).used()
    assert {"lambda_gb_second", "api_request", "dynamodb_write_unit", "s3_put", "event", "sqs_request"} <= set(used)
    held = stored_of(journey.cloud, journey.outcome.tenant, journey.studies)
    assert min(held.heads, held.low, held.rest, held.films, held.rows, held.objects_cooled) > 0
    said = cost_line(journey.cloud, used, tenant=journey.outcome.tenant, studies=journey.studies)
    assert said.count("¥0.") == 4


@pytest.mark.req("SEC-07")
def test_the_demo_would_say_that_its_logs_name_the_patient(journey: Ran, tmp_path):
    looked_for = words(journey.images.facts, NUMBER)
    assert "no line of the logs names the patient" in privacy_line(journey.state / "logs", looked_for)
    (tmp_path / "a.log").write_text(f"told {NUMBER}\n")
    assert searched(tmp_path, looked_for) == (1, ["phone in a.log"])
