"""What a case costs is computed from measured use and dated prices, and the published page is that computation [PLUS-09]."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from iac.cost import usage
from iac.cost.__main__ import MEASURED, PAGE
from iac.cost.bill import Stored, View, case, kept, lines, total, viewed
from iac.cost.measuring import Measured
from iac.cost.page import FIRST_YEAR, MONTHS, page
from iac.cost.prices import Price, Prices, load

ONE = Prices(date(2026, 1, 1), Decimal(7), dict.fromkeys(load().by_unit, Price(Decimal(1), "here", "CNY 1")))


def measured() -> Measured:
    return Measured.from_json(json.loads(MEASURED.read_text(encoding="utf-8")))


@pytest.mark.req("PLUS-09")
def test_the_published_page_is_what_the_measurement_and_the_prices_give():
    """A figure that was typed could flatter; this page nobody types."""
    assert PAGE.read_text(encoding="utf-8") == page(measured(), load())


@pytest.mark.req("PLUS-09")
def test_a_case_stays_within_what_was_promised():
    once = measured()
    assert case(once.arrived, once.stored, once.view, FIRST_YEAR, load()) <= Decimal("0.40")
    assert case(once.arrived, once.stored, once.view, MONTHS, load()) <= Decimal("0.60")


def test_every_price_says_where_it_was_read_and_when():
    prices = load()
    assert prices.read.year >= 2026
    assert all(one.source.startswith("https://") and one.cny > 0 for one in prices.by_unit.values())


def test_a_price_in_dollars_is_turned_into_yuan_once(tmp_path: Path):
    place = tmp_path / "prices.toml"
    place.write_text('read = 2026-01-01\ncny_per_usd = "7"\n[price.event]\nusd = "2"\nsource = "https://x"\n')
    assert load(place)["event"] == Decimal(14)


def call(service: str, what: str, units: float, who: str = "IngestRole") -> str:
    return json.dumps({"at": 1, "who": who, "service": service, "what": what, "units": units, "bytes": 0})


def test_calls_of_people_who_look_on_are_nobodys_study():
    metered = usage.metered(
        [call("dynamodb", "GetItem", 2), call("dynamodb", "GetItem", 5, "operator"), call("s3", "PUT", 1, "root")]
    )
    assert dict(metered) == {"dynamodb_read_unit": 2}


def test_a_write_and_a_read_a_list_and_a_get_have_their_own_prices():
    metered = usage.metered(
        [
            call("dynamodb", "PutItem", 3),
            call("dynamodb", "Query", 1),
            call("s3", "LIST", 1),
            call("s3", "HEAD", 1),
            call("s3", "DELETE", 1),
        ]
    )
    assert dict(metered) == {"dynamodb_write_unit": 3, "dynamodb_read_unit": 1, "s3_put": 1, "s3_get": 1}


def test_a_function_is_charged_by_memory_and_milliseconds_and_a_queue_by_three_requests():
    report = "REPORT RequestId: x\tDuration: 500.0 ms\tBilled Duration: 500.0 ms\tMemory Size: 2048 MB\tMax Memory Used: 9 MB"
    used = usage.reported("ingest", ["START", report])
    assert (used["lambda_gb_second"], used["lambda_request"], used["sqs_request"]) == (1.0, 1, 3)
    assert usage.reported("patient-api", [report])["api_request"] == 1


def test_the_rest_cools_after_a_month_and_everything_else_stays():
    stored = Stored(heads=0, low=10**9, rest=10**9, other=0, films=0, rows=0, objects_cooled=4)
    found = {line.what: line.units for line in kept(stored, 12, ONE)}
    assert found == {"s3_standard_gb_month": 13, "s3_instant_gb_month": 11, "s3_instant_transition": 4}
    assert {line.what for line in kept(stored, 1, ONE)} == {"s3_standard_gb_month"}


def test_a_view_of_a_cooled_study_pays_for_its_retrieval():
    view = View(used={}, cdn_bytes=10**9, cdn_requests=2, rest_reads=3, rest_bytes=10**9)
    assert total(viewed(view, ONE, cooled=False)) == 3
    assert total(viewed(view, ONE, cooled=True)) == 7


def test_the_dearest_stands_first():
    assert [line.what for line in lines({"event": 1, "s3_get": 2}, ONE)] == ["s3_get", "event"]
