"""The demo's hospital, made as an operator makes one: by the operator's commands, with the operator's credential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from iac.local.cloud import LocalCloud
from iac.local.demo.agent import AE_TITLE, last_line
from iac.local.errors import DemoError
from iac.local.process import clean_environment, python, run_to_end

TENANT = "renhe"
NAME = "仁和医院"
ISSUER = "RENHE"
ZONE = ZoneInfo("Asia/Shanghai")  # what a hospital is given when none is named
PHONE, HOURS = "010-5550 0199", "8:00-17:30"


def ensure_hospital(cloud: LocalCloud, tmp: Path) -> None:
    """Add the hospital unless it is there."""
    try:
        operate(cloud, tmp, "hospital", "show", "--tenant", TENANT)
    except DemoError:
        given = ("--name", NAME, "--phone", PHONE, "--hours", HOURS, "--issuer", ISSUER)
        operate(cloud, tmp, "hospital", "add", "--tenant", TENANT, *given)


def enrolment_code(cloud: LocalCloud, tmp: Path) -> str:
    """A one-time code for the demo's agent."""
    return str(operate(cloud, tmp, "hospital", "enrolment-code", "--tenant", TENANT, "--ae-title", AE_TITLE)["code"])


def operate(cloud: LocalCloud, tmp: Path, *arguments: str) -> Any:
    """Run an operator's command; returns its JSON. Raises DemoError with what it said."""
    environment = clean_environment(tmp, cloud.environment("operator"))
    command = python("-m", "iac.operator", "--json", *arguments)
    done = run_to_end(command, environment, 180)
    if done.returncode:
        raise DemoError(text=f"`iac.operator {' '.join(arguments[:2])}` failed: {last_line(done.stderr)}", todo="")
    return json.loads(done.stdout)
