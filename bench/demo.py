"""How long the demo takes from its command to the patient's link when it has run before: design §12's `make demo` row."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Goal, NotHere, Row, fact

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"https?://\S+/e#t=\w+")
GIVEN_UP_S = 600


def rows() -> Iterator[Row]:
    """One row: the second start on one state folder. The first deploys and enrols; a user waits for that once."""
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        raise NotHere("the web app is not built: make setup")
    with tempfile.TemporaryDirectory() as state:
        first, second = seconds_to_link(Path(state)), seconds_to_link(Path(state))
    note = f"wall clock, command to link, once (a start, its exam and its end take a minute); the first start took {first:.1f} s"
    yield fact("demo, second start to link", second, unit="s", goal=Goal("value", "<", 30), note=note)


def seconds_to_link(state: Path) -> float:
    """Run the demo on `state` until it stops by itself; answers the seconds until its link was printed. Raises NotHere with the
    demo's last line when none was."""
    command = [sys.executable, "-u", "-m", "iac.local.demo", "--state", str(state), "--no-wait"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as demo:
        assert demo.stdout is not None
        taken, last = None, ""
        for line in demo.stdout:
            last = line.strip() or last
            if taken is None and LINK.search(line):
                taken = time.perf_counter() - start
        status = demo.wait(GIVEN_UP_S)
    if status or taken is None:
        raise NotHere(f"the demo showed no link (exit status {status}): {last}")
    return taken
