"""A proxy between a browser and the gateway that keeps every byte of what passes, and searches it.

A browser cannot be asked for all that it was sent: it forgets bodies that a script has read. The addresses stay what they are, so
that origin, cookies and signatures mean what they mean without it.
"""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "upgrade", "content-length"}


@dataclass
class Recording:
    """parts: address, and bytes of its request, of its answer's head, or of its body: as sent, and without each compression."""

    address: str = ""
    parts: list[tuple[str, bytes]] = field(default_factory=list)

    def keep(self, url: str, data: bytes) -> None:
        self.parts.append((url, data))
        if data[:2] == b"\x1f\x8b":
            self.keep(url, gzip.decompress(data))

    def found(self, words: set[str]) -> list[tuple[str, str]]:
        """(address, word) of each word that stands in any of it, in the encodings that browsers, DICOM and China use."""
        forms = {word: {word.encode(code) for code in ENCODINGS} for word in words}
        return [(url, word) for url, body in self.parts for word, of in forms.items() if any(form in body for form in of)]


@contextmanager
def recording() -> Iterator[Recording]:
    """Runs the proxy; `address` is for the browser's proxy setting."""
    kept = Recording()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            url = urlsplit(self.path)
            path = f"{url.path}?{url.query}" if url.query else url.path
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kept.keep(self.path, b"\n".join([path.encode(), str(self.headers).encode(), body]))
            behind = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
            sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            behind.request(self.command, path, body or None, sent)
            answer = behind.getresponse()
            data = answer.read()
            kept.keep(self.path, "\n".join(f"{name}: {value}" for name, value in answer.getheaders()).encode())
            kept.keep(self.path, data)
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            behind.close()

        do_GET = do_POST = do_DELETE = do_HEAD = _pass

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
