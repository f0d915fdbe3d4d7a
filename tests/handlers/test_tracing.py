"""Tracing is on where the deployment says so, and costs nothing elsewhere. In processes of their own: it changes botocore."""

from __future__ import annotations

import subprocess
import sys

import pytest

from functions.adapters.settings import from_environment

NAMES = ("TABLE", "ORIGINALS", "PIXELS", "DERIVED", "BUS", "INGEST_QUEUE_URL", "SECRETS", "ORIGIN")
PROGRAM = """
import sys
import botocore.client
from functions.adapters.wiring import production
deps = production()
with deps.tracer.span("work", request_id="r"):
    print("Wrapper" in type(botocore.client.BaseClient._make_api_call).__name__, "aws_xray_sdk" in sys.modules)
"""


@pytest.mark.parametrize(("said", "on"), [("xray", True), ("", False)])
def test_calls_of_other_services_are_traced_only_where_tracing_is_on(said: str, on: bool) -> None:
    """Also outside a trace that Lambda began, the work itself goes on."""
    environment = {f"LIGHTBOX_{name}": "x" for name in NAMES} | {"LIGHTBOX_TRACING": said}
    assert from_environment(environment).tracing is on
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == [str(on), str(on)], done.stderr
