"""The web app through the gateway: one page for every path, assets for ever, and a policy that lets nothing foreign in."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.security.gateway_cases import Behind, Client, gateway

SCRIPT = "console.log(1);\n" * 200


@pytest.fixture
def client(tmp_path: Path) -> Client:
    assets = tmp_path / "web" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "web" / "index.html").write_text("<!doctype html><title>云灯箱</title>", encoding="utf-8")
    (assets / "app-abc123.js").write_text(SCRIPT)
    (assets / "codec-def456.wasm").write_bytes(b"\0asm" + b"\0" * 2000)
    (tmp_path / "secret.txt").write_text("outside")
    return gateway(tmp_path, Behind())


@pytest.mark.parametrize("path", ["/", "/e", "/exam/film", "/any/thing"])
def test_every_path_of_the_app_is_its_page_and_is_asked_for_again(client: Client, path: str) -> None:
    """A link of last year opens today's app."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_the_page_lets_no_foreign_script_style_or_frame_in(client: Client) -> None:
    """Report text and DICOM text are written by others; the page must hold even if one of them is script."""
    headers = client.get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert not [
        word
        for word in ("unsafe-inline", "unsafe-eval'", "http:", "https:", "*")
        if f" {word}" in headers["content-security-policy"]
    ]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")


def test_hashed_assets_are_kept_for_ever_and_go_out_compressed(client: Client) -> None:
    """Page weight is the first thing a phone feels."""
    answer = client.get("/assets/app-abc123.js", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(answer.content).decode() == SCRIPT
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(SCRIPT) / 10
    assert client.get("/assets/codec-def456.wasm").headers["content-type"] == "application/wasm"


def test_who_cannot_unpack_gets_it_plain(client: Client) -> None:
    answer = client.get("/assets/app-abc123.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == SCRIPT


def test_a_missing_asset_is_404_and_not_the_page(client: Client) -> None:
    """An old page that gets HTML for its script shows white for ever."""
    assert client.get("/assets/gone-000000.js").status_code == 404


def test_an_unchanged_file_is_confirmed_without_bytes(client: Client) -> None:
    first = client.get("/")
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/assets/%2e%2e%2f%2e%2e%2fsecret.txt"]
)
def test_no_path_leads_out_of_the_folder(client: Client, path: str) -> None:
    assert "outside" not in client.get(path).text


def test_an_app_that_is_not_built_is_said(tmp_path: Path) -> None:
    answer = gateway(tmp_path, Behind()).get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text
