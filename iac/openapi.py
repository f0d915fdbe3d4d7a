"""OpenAPI 3.1 of our APIs, from the routes and schemas that the functions themselves check requests against.

python -m iac.openapi [FOLDER]      writes FOLDER/edge_api.json, patient_api.json and staff_api.json (build/openapi)
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from functions.adapters.http import Api, Route
from functions.adapters.schemas import FOLDER
from functions.adapters.wiring import production
from functions.core.access import sessions, staff_sessions
from functions.core.billing.months import MONTH
from functions.core.errors import LightboxError
from functions.core.study import keys
from functions.edge_api import app as edge
from functions.patient_api import app as patient
from functions.staff_api import app as staff

JSON = "application/json"
SCHEMAS = Path(FOLDER)
SAMPLES = SCHEMAS.parent / "samples"
LINES = "LB1, METHOD, path, SHA-256 of the body, time, nonce, key, token"
SECURITY: Mapping[str, dict[str, str]] = {
    "edge_api": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": f'`Lightbox key="…", time="…", nonce="…", token="…", signature="…"`: ECDSA P-256 over the lines {LINES}.',
    },
    "patient_api": {
        "type": "apiKey",
        "in": "cookie",
        "name": sessions.COOKIE,
        "description": "Set by POST /patient/v1/sessions.",
    },
    "staff_api": {
        "type": "apiKey",
        "in": "cookie",
        "name": staff_sessions.COOKIE,
        "description": "Set by POST /staff/v1/sessions.",
    },
}
UNSIGNED = (
    *("/edge/v1/enrolments", "/staff/v1/sessions"),
    *("/patient/v1/links/open", "/patient/v1/sessions", "/patient/v1/wechat/start", "/patient/v1/wechat/callback"),
    "/patient/v1/wechat/exams",
    *("/guest/v1/links/open", "/guest/v1/sessions"),
)


def apis() -> Iterator[Api]:
    yield edge.make(production)
    yield patient.make(production)
    yield staff.make(production)


def document(api: Api) -> dict[str, Any]:
    """The API's OpenAPI document. Paths are without the stage, as in docs/interfaces.md."""
    paths: dict[str, Any] = {}
    for route in api.routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(api, route)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.name, "version": "1"},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": {name: _component(name) for name in sorted(_names(api))},
            "securitySchemes": {api.name: SECURITY[api.name]},
        },
    }


def _names(api: Api) -> set[str]:
    named = {name for route in api.routes for name in (route.schema, route.answer) if name}
    return named | {"error.v1"}


def _operation(api: Api, route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.method} {route.path}",
        "summary": (route.handler.__doc__ or route.handler.__name__.replace("_", " ")).split("\n")[0],
        "security": [] if route.path in UNSIGNED else [{api.name: []}],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{_form(name).pattern}$"}}
            for name in re.findall(r"{(\w+)}", route.path)
        ]
        + [
            {"name": name, "in": "query", "required": name in asked["required"], "schema": _resolved(one, asked)}
            for asked in ([json.loads((SCHEMAS / f"{route.query}.json").read_text("utf-8"))] if route.query else [])
            for name, one in asked["properties"].items()
        ],
        "responses": {str(route.status): _answer(route)} | _refusals(api, route),
    }
    if route.schema:
        operation["requestBody"] = {"required": True, "content": {JSON: _content(route.schema)}}
    return operation


def _form(name: str) -> re.Pattern[str]:
    """Of a path's parameter."""
    return {"month": MONTH}.get(name, keys.NAME)


def _resolved(one: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A property as it stands, or the definition that it names."""
    named: Mapping[str, Any] = schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
    return named


def _content(schema: str) -> dict[str, Any]:
    sample = SAMPLES / f"{schema}.json"
    recorded = {"recorded": {"value": json.loads(sample.read_text("utf-8"))}} if sample.is_file() else {}
    return {"schema": _ref(schema), **({"examples": recorded} if recorded else {})}


def _answer(route: Route) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": {JSON: {"schema": _ref(route.answer)}}}


def _refusals(api: Api, route: Route) -> dict[str, Any]:
    """By status: which codes, and what each means."""
    kinds: dict[int, list[type[LightboxError]]] = {}
    for kind in api.refusals(route):
        if kind not in kinds.setdefault(kind.status, []):
            kinds[kind.status].append(kind)
    return {
        str(status): {
            "description": " ".join(f"{kind.code}: {kind.message}" for kind in found),
            "content": {JSON: {"schema": {"allOf": [_ref("error.v1"), _code(found)]}}},
        }
        for status, found in sorted(kinds.items())
    }


def _code(kinds: Sequence[type[LightboxError]]) -> dict[str, Any]:
    return {"properties": {"code": {"enum": [kind.code for kind in kinds]}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _component(name: str) -> dict[str, Any]:
    """The schema as the code reads it; only its references to itself lead to its new place."""
    text = (SCHEMAS / f"{name}.json").read_text("utf-8").replace('"#/$defs/', f'"#/components/schemas/{name}/$defs/')
    schema: dict[str, Any] = json.loads(text)
    return {key: value for key, value in schema.items() if key not in ("$id", "$schema")}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for api in apis():
        text = json.dumps(document(api), ensure_ascii=False, indent=1)
        (folder / f"{api.name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "build/openapi"))
