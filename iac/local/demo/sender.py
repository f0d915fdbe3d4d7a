"""Sends a study by C-STORE from another process: dcmtk's storescu where it is installed, else a sender of our own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from iac.local.demo.agent import AE_TITLE, last_line
from iac.local.demo.study import DemoStudy, transfer_syntaxes
from iac.local.errors import DemoError
from iac.local.ports import LOOPBACK
from iac.local.process import clean_environment, held_back, python

UNCOMPRESSED = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}  # what storescu proposes unasked
MOST_ARGUMENTS = 2000


def send(study: DemoStudy, port: int, tmp: Path, sent: Callable[[int], None]) -> str:
    """C-STORE every file to the agent; `sent` is told how many are through. Returns the sender's name. Raises DemoError."""
    storescu = shutil.which("storescu")
    plain = {syntax for _, _, syntax in transfer_syntaxes(study.files)} <= UNCOMPRESSED
    if storescu and plain and len(study.files) <= MOST_ARGUMENTS:
        name, mark = "dcmtk storescu", "Received Store Response"
        command = [storescu, "-v", "-aet", "DEMO", "-aec", AE_TITLE, LOOPBACK, str(port), *map(str, study.files)]
    else:
        name, mark = "pynetdicom", "sent "
        listed = tmp / "files-to-send"
        listed.write_text("\n".join(map(str, study.files)), encoding="utf-8")
        command = python("-m", "iac.local.demo.send", LOOPBACK, str(port), AE_TITLE, f"@{listed}")
    done, said = _follow(command, tmp, mark, sent)
    if done:
        raise DemoError(text=f"{name} failed: {said}", todo="See .lightbox/logs/agent.log.")
    return name


def _follow(command: list[str], tmp: Path, mark: str, sent: Callable[[int], None]) -> tuple[int, str]:
    """Run it, counting the lines that `mark` a stored image. Returns exit status and last line."""
    environment = clean_environment(tmp) | {"TCP_NODELAY": "1"}  # else each image waits for an acknowledgement's delay
    count, lines = 0, ""
    with held_back() as interrupts:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
        )
    with process:
        assert process.stdout is not None
        try:
            if interrupts:
                raise KeyboardInterrupt
            for line in process.stdout:
                lines = line if line.strip() else lines
                if mark in line:
                    count += 1
                    sent(count)
            status = process.wait()
        except BaseException:
            process.kill()
            raise
    return status, last_line(lines)
