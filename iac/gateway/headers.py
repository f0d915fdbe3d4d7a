"""Which headers pass, which are added."""

from __future__ import annotations

from collections.abc import Iterable

Headers = list[tuple[str, str]]

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

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the codec is WebAssembly; nothing wider is needed
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "worker-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

EVERYWHERE: Headers = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
]

PAGE: Headers = [
    *EVERYWHERE,
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
]

STRICT_TRANSPORT: Headers = [("strict-transport-security", "max-age=31536000; includeSubDomains")]


def passed_on(headers: Iterable[tuple[str, str]], *, without: Iterable[str] = ()) -> Headers:
    """The headers that another hop may see: no hop-by-hop ones, none that `Connection` names, none of `without`. Lower case."""
    given = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in given if name == "connection" for token in value.split(",")}
    dropped = HOP_BY_HOP | named | set(without)
    return [(name, value) for name, value in given if name not in dropped]
