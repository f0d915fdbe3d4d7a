"""template.yaml and the Chalice apps name the same routes: one missing there is a 403 that no unit test sees."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from iac.local.template import read

ROOT = Path(__file__).resolve().parents[2]
RESOURCES: dict[str, dict[str, Any]] = read(ROOT / "template.yaml")["Resources"]


def routes_of_template(function: str) -> set[tuple[str, str]]:
    events = RESOURCES[function]["Properties"]["Events"].values()
    return {(event["Properties"]["Method"], event["Properties"]["Path"]) for event in events if event["Type"] == "Api"}


def routes_of_app(module: str) -> set[tuple[str, str]]:
    app = importlib.import_module(module).app
    return {(method, path) for path, methods in app.routes.items() for method in methods}


@pytest.mark.parametrize(
    ("function", "module"),
    [
        ("EdgeApi", "functions.edge_api.app"),
        ("PatientApi", "functions.patient_api.app"),
        ("StaffApi", "functions.staff_api.app"),
    ],
)
def test_template_and_app_name_the_same_routes(function: str, module: str) -> None:
    """A route is reachable exactly when its app answers it."""
    assert routes_of_template(function) == routes_of_app(module)


def test_no_route_is_a_catch_all() -> None:
    """Chalice matches the resource's path; ANY and {proxy+} would hide what is open."""
    for function in ("EdgeApi", "PatientApi", "StaffApi"):
        for method, path in routes_of_template(function):
            assert method in {"GET", "POST", "PUT", "DELETE"}
            assert "+" not in path
