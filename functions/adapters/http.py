"""Glue between Chalice and our handlers: checked bodies in, JSON and cookies out, errors as statuses in this one place.

A handler is `(Request, Deps) -> Answer`. Routes are explicit; API Gateway's stage carries the `/api` of the public path.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chalice.app import Chalice, Response

from functions.adapters import schemas
from functions.adapters.observability import count, logger, timed
from functions.adapters.wiring import Deps
from functions.core import json_text
from functions.core.errors import BodyTooLarge, ContentTypeWrong, DocumentInvalid, LightboxError, OriginWrong, ServiceBusy

BODY_LIMIT = 8 * 1024  # of routes that name no other
READS = ("GET", "HEAD")
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, eq=False, repr=False)
class Request:
    """What a handler is given."""

    method: str
    path: str  # as called, without the stage: /edge/v1/tokens
    params: Mapping[str, str]  # of the path
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    schema: str | None
    id: str
    source_ip: str
    noted: dict[str, str]  # what the request turned out to be about; stands in its log line, also when it is refused
    query: Mapping[str, str] = field(default_factory=dict)  # as `check` lets it through; of a name given twice only one
    query_schema: str | None = None
    repeated: frozenset[str] = frozenset()  # names that the query gives more than once

    def note(self, **names: str) -> None:
        """Keyed names only: tenant, agent, exam, study, series; of staff the account. Empty ones are left out."""
        self.noted.update({name: value for name, value in names.items() if value})

    def check(self) -> None:
        """Query and body against the route's schemas. Raises ContentTypeWrong, DocumentInvalid."""
        if self.query_schema:
            if self.repeated:
                raise DocumentInvalid(schema=self.query_schema, where="the query", rule="once")
            schemas.check(dict(self.query), self.query_schema)
        self.json  # noqa: B018 — raises

    @cached_property
    def json(self) -> Any:
        """The body, checked against the route's schema at first use; None on a route without one.

        Raises ContentTypeWrong, DocumentInvalid.
        """
        return _json(self.headers, self.body, self.schema) if self.schema else None

    def cookie(self, name: str) -> str | None:
        """None also when it is there twice: one of them was set by somebody else, and nothing says which."""
        pairs = [pair.strip(" \t").partition("=") for pair in self.headers.get("cookie", "").split(";")]
        values = [value for found, _, value in pairs if found == name]
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What it gives back; a body becomes JSON."""

    body: Any = None
    status: int = 200
    cookies: Sequence[str] = ()  # values of Set-Cookie
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request, Deps], Answer]


@dataclass(frozen=True, eq=False, repr=False)
class Route:
    """One route: what it takes, and all that it may answer; iac/openapi.py tells others from this.

    schema: what the JSON body must meet; without one nobody looks at the body. query: the same for the query, a flat object of
    strings. limit: bytes of the body. answer: schema of the body that comes with `status`, None where none comes. refusals: the
    handler's own; `Api.refusals` adds those of the glue.
    """

    method: str
    path: str
    handler: Handler
    schema: str | None
    limit: int
    answer: str | None
    status: int
    refusals: tuple[type[LightboxError], ...]
    query: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Api:
    """One Chalice app and its routes. deps: called per request, so that importing an app opens nothing.

    body_first: a body is checked before its handler is called. Else a handler reads `request.json` once it knows who asks, since
    checking costs more than a signature.
    """

    name: str
    deps: Callable[[], Deps]
    check_origin: bool  # a browser's API: mutations need the public origin
    body_first: bool
    app: Chalice
    routes: list[Route] = field(default_factory=list)

    @classmethod
    def make(cls, name: str, deps: Callable[[], Deps], *, check_origin: bool, body_first: bool = True) -> Api:
        app = Chalice(app_name=name, configure_logs=False)
        return cls(name, deps, check_origin, body_first, app)

    def route(
        self,
        method: str,
        path: str,
        handler: Handler,
        *,
        schema: str | None = None,
        query: str | None = None,
        limit: int = BODY_LIMIT,
        answer: str | None = None,
        status: int = 200,
        refusals: Iterable[type[LightboxError]] = (),
    ) -> None:
        """As `Route` says."""
        route = Route(method, path, handler, schema, limit, answer, status, tuple(refusals), query)
        self.routes.append(route)

        def view(**params: str) -> Response:
            return self._serve(route, params)

        view.__name__ = handler.__name__
        self.app.route(path, methods=[method], name=f"{method} {path}", content_types=[])(view)

    def refusals(self, route: Route) -> Iterator[type[LightboxError]]:
        """Every kind of error that the route may answer, those of the glue first."""
        yield from (ServiceBusy, BodyTooLarge)
        if self.check_origin and route.method not in READS:
            yield OriginWrong
        if route.schema:
            yield from (ContentTypeWrong, DocumentInvalid)
        elif route.query:
            yield DocumentInvalid
        yield from route.refusals

    def _serve(self, route: Route, params: Mapping[str, str]) -> Response:
        started = time.perf_counter()
        raw: Any = self.app.current_request
        request_id = raw.context.get("requestId", "")
        noted: dict[str, str] = {}
        try:
            deps = self.deps()
            request = _request(raw, params, route, noted)
            if self.check_origin and route.method not in READS:
                _same_origin(request, deps.settings.origin)
            if self.body_first:
                request.check()
            with deps.tracer.span(route.handler.__name__, request_id=request_id):
                answer, code = route.handler(request, deps), "ok"
        except LightboxError as error:
            waiting = {"Retry-After": str(error.after_s)} if error.after_s else {}
            answer, code = Answer({**error.answer(), "request_id": request_id}, error.status, headers=waiting), error.code
        except Exception as error:  # the one place where what nobody foresaw becomes a 500 that says nothing
            about = {**noted, "error": type(error).__name__, "request_id": request_id}
            logger.error("unforeseen", extra=about, exc_info=_bare(error))
            answer, code = Answer({**LightboxError().answer(), "code": "internal", "request_id": request_id}, 500), "internal"
        took_ms = (time.perf_counter() - started) * 1000
        facts = {"route": f"{route.method} {route.path}", "status": answer.status, "code": code, "ms": round(took_ms)}
        logger.info("served", extra={**noted, **facts, "request_id": request_id})
        timed("Latency", took_ms, api=self.name)
        if answer.status >= 500:
            count("ServerError", api=self.name)
        return _response(answer, request_id)


def _request(raw: Any, params: Mapping[str, str], route: Route, noted: dict[str, str]) -> Request:
    body = raw.raw_body
    body = body.encode() if isinstance(body, str) else bytes(body)
    if len(body) > route.limit:
        raise BodyTooLarge(bytes=len(body), limit=route.limit)
    headers = {name.lower(): value for name, value in raw.headers.items()}
    path = raw.path
    for name, value in params.items():
        path = path.replace("{" + name + "}", value)
    source_ip = raw.context.get("identity", {}).get("sourceIp", "")
    asked: Any = raw.query_params  # None where there is no query
    repeated = frozenset(name for name in asked or () if len(asked.getlist(name)) > 1)
    return Request(
        *(raw.method, path, params, headers, body, route.schema, raw.context.get("requestId", ""), source_ip, noted),
        query=dict(asked or {}),
        query_schema=route.query,
        repeated=repeated,
    )


def _json(headers: Mapping[str, str], body: bytes, schema: str) -> Any:
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ContentTypeWrong()
    try:
        parsed = json_text.read(body)
    except json_text.NotPlain:
        raise DocumentInvalid(schema=schema, where="the document", rule="json") from None
    schemas.check(parsed, schema)
    return parsed


def _same_origin(request: Request, origin: str) -> None:
    if request.headers.get("origin") != origin:
        raise OriginWrong()


def _response(answer: Answer, request_id: str) -> Response:
    headers: dict[str, Any] = {**HEADERS, "X-Request-Id": request_id, **answer.headers}
    if answer.cookies:
        headers["Set-Cookie"] = list(answer.cookies)
    body = "" if answer.body is None else json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return Response(body=body, status_code=answer.status, headers=headers)


def _bare(error: Exception) -> tuple[type[BaseException], BaseException, Any]:
    """The trace without the error's text, which may repeat what it was working on."""
    kind = type(error)
    return RuntimeError, RuntimeError(kind.__name__), error.__traceback__
