"""CloudFront's signed cookies as Set-Cookie lines, with the deployment's key."""

from __future__ import annotations

from functions.adapters.secrets import Secrets

COOKIES = ("CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id")


def cookies_for(path: str, *, origin: str, secrets: Secrets, now: int, expires_at: int) -> list[str]:
    """Three Set-Cookie values that open all below a folder, or one object, until `expires_at`, and are sent nowhere else.

    path: of the public origin; a folder ends with a slash. now, expires_at: epoch s. The browser forgets them when they end:
    it keeps some 180 a site, and dead ones would push out those that still open something.
    """
    from functions.core.access.cloudfront import Policy, sign_cookies  # brings cryptography, which no start needs

    values = secrets.values()
    policy = Policy(resource=f"{origin}{path}*" if path.endswith("/") else f"{origin}{path}", expires_at=expires_at)
    cookies = sign_cookies(policy, private_key_pem=values.signing_key.encode(), key_id=values.signing_key_id)
    attributes = f"Path={path}; Max-Age={max(0, expires_at - now)}; Secure; HttpOnly; SameSite=Lax"
    return [f"{name}={value}; {attributes}" for name, value in cookies.items()]


def expired_cookies_for(path: str) -> list[str]:
    """Three Set-Cookie values that take away what `cookies_for` gave for the same path."""
    return [f"{name}=; Path={path}; Max-Age=0; Secure; HttpOnly; SameSite=Lax" for name in COOKIES]
