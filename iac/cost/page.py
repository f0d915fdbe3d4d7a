"""docs/cost.md, made from iac/cost/measured.json (what was measured) and prices.toml. Never written by hand."""

from __future__ import annotations

from decimal import Decimal

from iac.cost.bill import Line, case, kept, lines, shown, total, viewed
from iac.cost.measuring import Measured
from iac.cost.prices import Prices

MONTHS = 36
FIRST_YEAR = 12
WORDS = {
    "lambda_gb_second": "Lambda, GB·s",
    "lambda_request": "Lambda, calls",
    "api_request": "API Gateway, requests",
    "dynamodb_write_unit": "DynamoDB, write units",
    "dynamodb_read_unit": "DynamoDB, read units",
    "dynamodb_gb_month": "DynamoDB with recovery, GB·months",
    "s3_put": "S3, PUT and LIST",
    "s3_get": "S3, GET and HEAD",
    "s3_standard_gb_month": "S3 Standard, GB·months",
    "s3_instant_gb_month": "S3 instant retrieval, GB·months",
    "s3_instant_transition": "S3, moves to instant retrieval",
    "s3_instant_get": "S3 instant retrieval, GET",
    "s3_instant_retrieval_gb": "S3 instant retrieval, GB read",
    "event": "EventBridge, events",
    "sqs_request": "SQS, requests",
    "secret_call": "Secrets Manager, calls",
    "log_gb": "CloudWatch Logs, GB",
    "cdn_gb": "CloudFront, GB",
    "cdn_request": "CloudFront, requests",
}


def page(measured: Measured, prices: Prices) -> str:
    view, stored = measured.view, measured.stored
    first_year, in_all = (case(measured.arrived, stored, view, months, prices) for months in (FIRST_YEAR, MONTHS))
    warm, cooled = viewed(view, prices, cooled=False), viewed(view, prices, cooled=True)
    arrived, keeping = lines(measured.arrived, prices), kept(stored, MONTHS, prices)
    return "\n".join(
        (
            "# What a study costs · 一次检查的成本",
            "",
            "Made by `.venv/bin/python -m iac.cost` from a measured run on the local cloud (`iac/cost/measured.json`)",
            f"and the dated list prices in `iac/cost/prices.toml` ({prices.read.isoformat()}, CNY {prices.cny_per_usd} a USD).",
            "由实测用量与标价自动生成，请勿手改。",
            "",
            f"The study: a chest CT of {measured.instances} slices, {_size(measured.received)} as received. Of it are kept"
            f" {_size(stored.heads)} of heads,",
            f"{_size(stored.low)} of quarters, {_size(stored.rest)} of the rest,"
            f" {_size(stored.films)} of film pages and {_size(stored.other)} beside. A view",
            f"is a sign-in, the report, a film page and every slice in full: {_size(view.cdn_bytes)}.",
            "",
            "| | CNY | goal |",
            "|---|---|---|",
            f"| its way in, once | {shown(total(arrived))} | |",
            f"| keeping it, three years | {shown(total(keeping))} | |",
            f"| one view in the first month | {shown(total(warm))} | |",
            f"| one view later | {shown(total(cooled))} | |",
            f"| **a case in its first year, three views** | **{shown(first_year)}** | ≤ ¥0.40 |",
            f"| **a case over three years, three views** | **{shown(in_all)}** | ≤ ¥0.60 |",
            "",
            "Not in it: the SMS (the provider's price, some ¥0.04), what an installation costs while nothing happens (alarms,",
            "key, idle polling of queues: by installation, not by case), tax. The functions' milliseconds are of the machine",
            "that measured; Lambda gives 1769 MB one core, others a share. `rest` moves to instant retrieval after a month.",
            "",
            "## Its way in",
            "",
            *_table(arrived),
            "",
            "## Three years",
            "",
            *_table(keeping),
            "",
            "## One view in the first month",
            "",
            *_table(warm),
            "",
            "## One view later",
            "",
            *_table(cooled),
            "",
            "## Prices",
            "",
            "| unit | CNY | as quoted | source |",
            "|---|---|---|---|",
            *(
                f"| {WORDS[unit]} | {one.cny.normalize():f} | {one.quoted} | {one.source} |"
                for unit, one in prices.by_unit.items()
            ),
            "",
        )
    )


def _table(found: list[Line]) -> list[str]:
    rows = [f"| {WORDS[line.what]} | {_count(line.units)} | {shown(line.cny)} |" for line in found]
    return ["| | used | CNY |", "|---|---|---|", *rows, f"| together | | **{shown(total(found))}** |"]


def _count(units: Decimal) -> str:
    return f"{units:.0f}" if units == units.to_integral() else f"{Decimal(f'{units:.3g}'):f}"


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 10**6 else f"{octets / 1e3:.0f} kB"
