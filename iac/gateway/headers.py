"""Which headers pass from hop to hop."""

from __future__ import annotations

from collections.abc import Iterable

from functions.core.page_headers import Headers

# RFC 9110 7.6.1, and what each hop sets anew.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def passed_on(headers: Iterable[tuple[str, str]], *, without: Iterable[str] = ()) -> Headers:
    """The headers that another hop may see: no hop-by-hop ones, none that `Connection` names, none of `without`. Lower case."""
    given = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in given if name == "connection" for token in value.split(",")}
    dropped = HOP_BY_HOP | named | set(without)
    return [(name, value) for name, value in given if name not in dropped]
