"""A patient's browser without a browser: what the page asks for, with the cookies that the page would have."""

from __future__ import annotations

import gzip
import json
from http.cookies import SimpleCookie
from typing import Any

import httpx


class PatientClient:
    """Cookies are kept by name and path, as a browser keeps them; Secure ones go over loopback HTTP, as in Chromium."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._http = httpx.Client(base_url=origin, timeout=40, trust_env=False)
        self._cookies: dict[tuple[str, str], str] = {}
        self.requested: list[str] = []

    def api(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the patient API, `path` after /api/patient/v1/."""
        return self.ask(method, f"/api/patient/v1/{path}", json_body=body if body is not None or method == "GET" else {})

    def ask(self, method: str, path: str, *, json_body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Any request, with the cookies that belong to its path."""
        sent = {"origin": self.origin, **(headers or {})}
        cookies = [f"{name}={value}" for (name, place), value in self._cookies.items() if path.startswith(place)]
        if cookies:
            sent["cookie"] = "; ".join(cookies)
        self.requested.append(path)
        answer = self._http.request(method, path, headers=sent, json=json_body)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name, morsel["path"] or "/"] = morsel.value
        return answer

    def cookie(self, name: str, path: str = "/") -> str:
        """Its value."""
        return self._cookies[name, path]

    def sign_in(self, link: str, phone_tail: str) -> None:
        """Open the link, answer the question."""
        token = link.partition("#t=")[2]
        assert self.api("POST", "links/open", {"token": token}).json()["state"] == "verify"
        answer = self.api("POST", "sessions", {"token": token, "mode": "phone_tail", "answer": phone_tail})
        assert answer.status_code == 201, answer.text

    def exam(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", "exam").json()
        return found

    def series_index(self, series: str) -> tuple[str, dict[str, Any]]:
        """Open a series; returns its base path and its index."""
        opened = self.api("POST", f"series/{series}/open").json()
        answer = self.ask("GET", opened["base"] + opened["index"])
        assert answer.status_code == 200, answer.text
        content = answer.content  # httpx has undone the content encoding
        return opened["base"], json.loads(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)

    def piece(self, base: str, name: str, offset: int, length: int) -> bytes:
        """Bytes of one object, by range."""
        answer = self.ask("GET", base + name, headers={"range": f"bytes={offset}-{offset + length - 1}"})
        assert answer.status_code == 206, (answer.status_code, answer.text[:200])
        return answer.content
