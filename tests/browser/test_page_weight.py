"""What a phone must load before it sees something."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.page_weight import compressed_bytes, scripts_of
from tests.browser.web_server import DIST

LIMIT = 180_000


def test_the_pages_and_the_viewer_together_are_light() -> None:
    """180 kB of JavaScript, compressed, with the viewer and its decoder; a cheap phone on a bad line waits for each of them."""
    scripts = scripts_of(DIST)
    assert any("worker" in script.name for script in scripts)
    total = sum(map(compressed_bytes, scripts))
    assert total <= LIMIT, f"{total} bytes: {', '.join(script.name for script in scripts)}"


def test_the_first_page_does_not_wait_for_the_viewer() -> None:
    """index.html names only what the patient page itself needs."""
    named = re.findall(r"/assets/([\w.-]+\.js)", (Path(DIST) / "index.html").read_text())
    assert named
    assert not [name for name in named if name.startswith(("viewer", "worker"))]
