"""ministack as a child process: loopback only, signatures and policies enforced, state kept over a clean stop."""

from __future__ import annotations

import json
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from iac.local.errors import ToolMissing
from iac.local.ports import LOOPBACK, answers
from iac.local.process import Child, clean_environment, python

SERVICES = (
    "apigateway,cloudformation,dynamodb,dynamodbstreams,events,iam,kms,lambda,logs,monitoring,s3,secretsmanager,sns,sqs,ssm,sts"
)
GUARDED = Path(__file__).with_name("guarded.py")
STOP_S = 120  # saving state is part of stopping; a large vault takes a while


class Emulator:
    """One emulator on one state folder.

    state_dir: `state/` (tables, queues, keys, …, written at stop), `s3/` (objects, written at once), `tmp/` (removed at stop).
    keep_open: file descriptors that live as long as the emulator (the state folder's lock).
    """

    def __init__(self, state_dir: Path, port: int, *, keep_open: tuple[int, ...] = ()) -> None:
        if find_spec("ministack") is None:
            raise ToolMissing(tool="ministack", purpose="as the local cloud", how="Run `make setup`.")
        self.port = port
        self.endpoint = f"http://{LOOPBACK}:{port}"
        self.tmp = state_dir / "tmp"
        self.log = state_dir / "logs" / "cloud.log"
        self.calls = state_dir / "logs" / "calls.jsonl"  # who asked for what, see guarded.py
        self.meter = state_dir / "logs" / "meter.jsonl"  # what AWS would charge for, see metered.py
        shutil.rmtree(self.tmp, ignore_errors=True)
        for folder in (self.tmp, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.meter.unlink(missing_ok=True)  # of one start: a line a call, some thousand for a study
        _forget_stream_positions(state_dir / "state" / "lambda.json")
        self._child = Child(
            "The local cloud",
            python("-P", str(GUARDED)),
            self._environment(state_dir),
            self.log,
            cwd=self.tmp,
            keep_open=keep_open,
        )

    def _environment(self, state_dir: Path) -> dict[str, str]:
        return clean_environment(
            self.tmp,
            {
                "AUTH": "true",  # without it tampered, expired and anonymous requests succeed
                "BIND_HOST": LOOPBACK,  # its default is every interface
                "GATEWAY_PORT": str(self.port),
                "MINISTACK_HOST": LOOPBACK,
                "SERVICES": SERVICES,
                "PERSIST_STATE": "1",
                "STATE_DIR": str(state_dir / "state"),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(state_dir / "s3"),
                "SFTP_ENABLED": "0",
                "IOT_MTLS_ENABLED": "0",
                "DOCKER_HOST": f"unix://{self.tmp}/no-docker",
                "LIGHTBOX_CALLS": str(self.calls),
                "LIGHTBOX_METER": str(self.meter),
                "LOG_LEVEL": "WARNING",  # at INFO it prints request lines, presigned queries included
            },
        )

    def wait(self, seconds: float = 90) -> None:
        """Until it answers. Raises CloudSilent."""
        self._child.wait_until(lambda: answers(self.port, "/_ministack/health"), seconds)

    @property
    def pid(self) -> int:
        return self._child.process.pid

    @property
    def was_killed(self) -> bool:
        """Ended without saving its state."""
        return self._child.process.poll() == -signal.SIGKILL

    def stop(self) -> None:
        """Save state, end it and the functions it runs, remove its temporary files."""
        self._child.stop(STOP_S)
        shutil.rmtree(self.tmp, ignore_errors=True)


def _forget_stream_positions(kept: Path) -> None:
    """Let stream readers begin with the first change after this start.

    The emulator keeps how far each reader was, but not the changes themselves: restored, a reader would wait for as many new
    changes as it had read before, and publish would be silent for that long.
    """
    if not kept.is_file():
        return
    state = json.loads(kept.read_text())
    positions = state["payload"].get("dynamodb_stream_positions")
    if positions and positions.get("data"):
        positions["data"] = {}
        fresh = kept.with_suffix(".new")
        fresh.write_text(json.dumps(state))
        fresh.replace(kept)
