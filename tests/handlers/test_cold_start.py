"""What an API's modules may cost before its first request (bench/init.py measures it)."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = {
    "argon2",
    "boto3",
    "botocore",
    "pynamodb",
    "jsonschema",
    "cryptography",
    "aws_lambda_powertools",
    "numpy",
    "pydicom",
    "zoneinfo",
}


@pytest.mark.parametrize("name", ["edge_api", "patient_api", "staff_api"])
def test_an_api_loads_heavy_libraries_with_the_first_request_that_needs_them(name: str) -> None:
    """One import at the top of a wrong file makes every cold start wait for it; and garbage is collected again afterwards."""
    code = f"import gc, sys, functions.{name}.app; print(gc.isenabled(), *sorted({{one.split('.')[0] for one in sys.modules}}))"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=environment)
    collects, *loaded = done.stdout.split()
    assert (collects, LATER & set(loaded)) == ("True", set()), done.stderr
