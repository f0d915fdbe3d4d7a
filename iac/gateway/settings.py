"""What the gateway is told, read once from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One running gateway.

    The credential is the gateway's own: it reads objects of the two buckets and can do nothing else.
    """

    port: int  # on loopback
    origin: str  # as patients see it: `http://127.0.0.1:8080`, no trailing slash
    api_url: str  # the REST API's invoke URL, stage included, no trailing slash
    storage_url: str  # S3 endpoint, path style
    region: str
    access_key: str
    secret_key: str
    pixels: str  # bucket behind /pixels/
    derived: str  # bucket behind /derived/
    public_keys: Mapping[str, bytes]  # key id → PEM: whose signatures open an object
    web: Path  # folder of the built web app
    access_log: Path  # one JSON line a request
    host: str = "127.0.0.1"
    max_body_bytes: int = 6 * 1024 * 1024  # Lambda's limit for a synchronous request or answer


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Raises KeyError naming the variable that is not set."""
    env = environment
    return Settings(
        port=int(env["GATEWAY_PORT"]),
        origin=env["LIGHTBOX_ORIGIN"].rstrip("/"),
        api_url=env["GATEWAY_API_URL"].rstrip("/"),
        storage_url=env["AWS_ENDPOINT_URL"].rstrip("/"),
        region=env["AWS_REGION"],
        access_key=env["AWS_ACCESS_KEY_ID"],
        secret_key=env["AWS_SECRET_ACCESS_KEY"],
        pixels=env["LIGHTBOX_PIXELS"],
        derived=env["LIGHTBOX_DERIVED"],
        public_keys={name: pem.encode() for name, pem in json.loads(env["GATEWAY_PUBLIC_KEYS"]).items()},
        web=Path(env["GATEWAY_WEB"]),
        access_log=Path(env["GATEWAY_ACCESS_LOG"]),
    )
