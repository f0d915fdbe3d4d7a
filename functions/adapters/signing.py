"""CloudFront's signed cookies as Set-Cookie lines, with the deployment's key."""

from __future__ import annotations

from functions.adapters.secrets import Secrets
from functions.core.access.cloudfront import Policy, sign_cookies


def cookies_for(base: str, *, origin: str, secrets: Secrets, expires_at: int) -> list[str]:
    """Three Set-Cookie values that open all below `base` until `expires_at` (epoch s), and are sent nowhere else.

    base: path of the public origin, `/pixels/k1/…/`, with both slashes. The cookies have no age: the policy inside has.
    """
    values = secrets.values()
    policy = Policy(resource=f"{origin}{base}*", expires_at=expires_at)
    cookies = sign_cookies(policy, private_key_pem=values.signing_key.encode(), key_id=values.signing_key_id)
    return [f"{name}={value}; Path={base}; Secure; HttpOnly; SameSite=Lax" for name, value in cookies.items()]
