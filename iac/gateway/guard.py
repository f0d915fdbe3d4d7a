"""The check that the CDN makes before it serves an object: three signed cookies, or the same in a signed URL's query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from functions.core.access.cloudfront import HASH_COOKIE, KEY_COOKIE, POLICY_COOKIE, SIGNATURE_COOKIE, verify_cookies

QUERY_NAMES = {"Policy": POLICY_COOKIE, "Signature": SIGNATURE_COOKIE, "Key-Pair-Id": KEY_COOKIE, "Hash-Algorithm": HASH_COOKIE}


def check(
    *, origin: str, raw_path: str, query: str, cookies: Mapping[str, str], now: float, public_keys: Mapping[str, bytes]
) -> None:
    """Let a request for `origin` + `raw_path` pass. Raises CookieRefused.

    raw_path: as sent, not decoded, so that nothing can be hidden from the policy by an escape. query: without the question mark.
    A signed URL's own parameters are not part of the address that its policy names; any other parameter is.
    """
    parameters = parse_qsl(query, keep_blank_values=True)
    in_query = {QUERY_NAMES[name]: value for name, value in parameters if name in QUERY_NAMES}
    others = [(name, value) for name, value in parameters if name not in QUERY_NAMES]
    url = origin + raw_path + (f"?{urlencode(others)}" if others else "")
    credentials = in_query if POLICY_COOKIE in in_query else cookies
    verify_cookies(credentials, url, now=now, public_keys=public_keys)
