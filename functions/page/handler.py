"""Somebody opened an address of the app; answer with its page and its headers.

Behind CloudFront in China alone. The page stands in the web bucket, where a deploy puts it after the files that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.web_page import WebBucket
from functions.core.page_headers import PAGE, STRICT_TRANSPORT

HEADERS = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache", **dict([*PAGE, *STRICT_TRANSPORT])}


@cache
def _bucket() -> WebBucket:
    return WebBucket.from_environment()


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    return answer(_bucket().page)


def answer(page: Callable[[], str]) -> dict[str, Any]:
    """page: gives the HTML. The same page whatever the address: where one is stands in its fragment (web/src/routes.ts)."""
    return {"statusCode": 200, "headers": HEADERS, "body": page()}
