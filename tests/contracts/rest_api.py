"""A Chalice app behind WSGI, as API Gateway's REST API calls it: for clients that want to speak HTTP without a network."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

from functions.adapters.http import Api
from tests.fakes import LambdaContext

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


def rest_api(api: Api) -> Wsgi:
    """Explicit routes only; whatever else is asked for is 403, as API Gateway answers it."""
    routes = [(route, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path))) for route in api.routes]

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        for route, pattern in routes:
            found = pattern.fullmatch(path.removeprefix("/api"))
            if found and route.method == method:
                answer = api.app(_event(environ, method, route.path, found.groupdict()), LambdaContext())
                break
        else:
            start_response("403 Forbidden", [("Content-Type", "application/json")])
            return [b'{"message":"Missing Authentication Token"}']
        headers = list(answer.get("headers", {}).items())
        headers += [(name, value) for name, values in answer.get("multiValueHeaders", {}).items() for value in values]
        start_response(f"{answer['statusCode']} x", headers)
        return [answer["body"].encode()]

    return serve


def _event(environ: Environ, method: str, resource: str, params: dict[str, str]) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    try:
        text, encoded = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "resource": resource,
        "path": environ["PATH_INFO"],
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {name: unquote(value) for name, value in params.items()} or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": environ["PATH_INFO"],
            "requestId": "request-1",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": text or None,
        "isBase64Encoded": encoded,
    }


def with_headers(app: Wsgi, make: Callable[[str, bytes], dict[str, str]]) -> Wsgi:
    """The app behind a client that adds headers to each request: what the path and the body, as sent, need. None of the request's
    own of the same name is left."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ = {**environ, "wsgi.input": io.BytesIO(body)}
        for name, value in make(environ["PATH_INFO"], body).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return app(environ, start_response)

    return serve
