"""The cloud on one machine: emulator, stack, users, secrets and the gateway in front, started and stopped as one.

with LocalCloud.start(Path(".lightbox")) as cloud:
    cloud.origin                     # http://127.0.0.1:…, what patients and agents see (SPA, /api, /pixels, /derived)
    cloud.endpoint                   # the AWS API
    cloud.outputs["TableName"]       # template.yaml's outputs
    cloud.session("operator")        # boto3 session of an IAM user: operator, gateway, root
    cloud.environment("operator")    # LIGHTBOX_* and AWS_* for a child process
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from iac.aws.secrets import ensure as ensure_secrets
from iac.aws.secrets import public_key_pem
from iac.local.bundles import fingerprint
from iac.local.deploy import deploy, outputs, stack_status
from iac.local.emulator import Emulator
from iac.local.errors import LocalError
from iac.local.gateway import Gateway
from iac.local.ports import LOOPBACK, Ports
from iac.local.process import ROOT
from iac.local.quiet import wait_until_quiet
from iac.local.rebuild import is_stack_lost, objects_aside, put_back, rebuild
from iac.local.session import REGION, ROOT_USER, Credentials, LocalSession
from iac.local.state import Left, hold, keep_secrets, kept_secrets, left, name_holder, note
from iac.local.template import function_folders, read
from iac.local.users import ensure_users, load_users

STAGE = "local"
SIGNING_KEY_ID = "KLOCAL"
FINISH_S, FIRST_WORK_S = 10, 60


class LocalCloud:
    """A running local cloud; `start` makes one, `stop` or leaving the `with` block ends it and keeps its state."""

    def __init__(self, state_dir: Path, ports: Ports) -> None:
        self.state_dir = state_dir
        self.ports = ports
        self.origin = f"http://{LOOPBACK}:{ports.gateway}"
        self.outputs: dict[str, str] = {}
        self.secrets: dict[str, Any] = {}
        self.deployed = False
        self.moved_from = 0  # the gateway's port at the last start, if that was another
        self.not_rebuilt: Path | None = None  # the log that names what a kill has cost
        self._users: dict[str, Credentials] = {}
        self._lock: int | None = None
        self._emulator: Emulator | None = None
        self._gateway: Gateway | None = None

    @classmethod
    def start(
        cls,
        state_dir: Path,
        ports: Ports | None = None,
        *,
        sms: dict[str, Any] | None = None,
        wechat: dict[str, Any] | None = None,
        lock: int | None = None,
        root: Path = ROOT,
    ) -> LocalCloud:
        """Start on `state_dir` (made if missing). Deploys only when code, template or origin changed since the last start.

        sms, wechat: settings for the secret, as functions/adapters/sms and functions/adapters/wechat read them.
        lock: of a caller that holds the state folder already (`state.hold`), who stays its owner after `stop`.
        Raises a LocalError that says what to do.
        """
        state_dir = state_dir.resolve()
        before = _ports_before(state_dir)
        cloud = cls(state_dir, (ports or Ports()).chosen(before))
        cloud.moved_from = before.gateway if before and before.gateway != cloud.ports.gateway else 0
        try:
            cloud._start(root, lock, sms=sms, wechat=wechat)
        except BaseException:
            cloud.stop()
            raise
        return cloud

    def _start(self, root: Path, lock: int | None, **providers: dict[str, Any] | None) -> None:
        self._lock = hold(self.state_dir) if lock is None else os.dup(lock)
        before = left(self.state_dir)
        note(self.state_dir, Left.KILLED)
        put_back(self.state_dir)
        stack_lost = before is Left.KILLED and is_stack_lost(self.state_dir)
        if stack_lost:
            self._deploy_beside_the_objects(root)
        name_holder(self._lock, self._run_emulator().pid)
        (self.state_dir / "ports.json").write_text(json.dumps(vars(self.ports)))
        self._deploy(root, anyway=before is Left.KILLED and not stack_lost)
        self._ensure_secrets(**providers)
        if before is not Left.IN_ORDER and self._has_journal():
            self.not_rebuilt = rebuild(self.state_dir, self.environment("reconcile"))
        self._gateway = self._open_gateway(root)
        self._gateway.wait()

    def _run_emulator(self) -> Emulator:
        assert self._lock is not None, "the state folder is held first"
        self._emulator = Emulator(self.state_dir, self.ports.cloud, keep_open=(self._lock,))
        self._emulator.wait()
        return self._emulator

    def _deploy_beside_the_objects(self, root: Path) -> None:
        """A new stack makes its own buckets and refuses those that are there: they wait outside until it stands and is saved."""
        with objects_aside(self.state_dir):
            emulator = self._run_emulator()
            self._deploy(root, anyway=True)
            wait_until_quiet(self.session("root"), self.outputs, FIRST_WORK_S)  # a new bucket's test events
            emulator.stop()

    def _open_gateway(self, root: Path) -> Gateway:
        environment = {
            **self.environment("gateway"),
            "GATEWAY_PORT": str(self.ports.gateway),
            "GATEWAY_API_URL": self.api_url,
            "GATEWAY_PUBLIC_KEYS": json.dumps({self.secrets["signing_key_id"]: public_key_pem(self.secrets["signing_key"])}),
            "GATEWAY_WEB": str(root / "web" / "dist"),
            "GATEWAY_ACCESS_LOG": str(self.state_dir / "logs" / "access.log"),
        }
        return Gateway(self.state_dir, self.ports.gateway, environment)

    def _ensure_secrets(self, **providers: dict[str, Any] | None) -> None:
        """The emulator's copy is lost with a kill; other keys would give every name and link another meaning."""
        client, secret_id = self.session("root").client("secretsmanager"), self.outputs["SecretsId"]
        if kept := kept_secrets(self.state_dir):
            client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(kept))
        self.secrets = ensure_secrets(client, secret_id, signing_key_id=SIGNING_KEY_ID, **providers)
        if self.secrets != kept:
            keep_secrets(self.state_dir, self.secrets)

    def _has_journal(self) -> bool:
        s3 = self.session("root").client("s3")
        found = s3.list_objects_v2(Bucket=self.outputs["OriginalsBucket"], Prefix="journal/", MaxKeys=1)
        return bool(found.get("Contents"))

    def _deploy(self, root: Path, *, anyway: bool) -> None:
        """anyway: a kill may have left an older stack than the mark says."""
        session = self.session("root")
        parameters = {"Stage": STAGE, "Cloud": "local", "Origin": self.origin}
        wanted = _deploy_digest(root, parameters)
        mark, kept = self.state_dir / "deployed", self.state_dir / "users.json"
        if anyway or not (mark.is_file() and mark.read_text() == wanted and stack_status(session)):
            mark.unlink(missing_ok=True)
            deploy(root, session, parameters, self._cloud_log)
            self.deployed = True
        self.outputs = outputs(session)
        self._users = ensure_users(session, self.outputs, kept) if self.deployed else load_users(kept)
        mark.write_text(wanted)

    @property
    def _cloud_log(self) -> Path:
        return self.state_dir / "logs" / "cloud.log"

    @property
    def endpoint(self) -> str:
        """The AWS API's URL."""
        return f"http://{LOOPBACK}:{self.ports.cloud}"

    @property
    def api_url(self) -> str:
        """API Gateway's invoke URL; a route's path follows it."""
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/api"

    def session(self, user: str) -> LocalSession:
        """A boto3 session as `operator`, `gateway` or `root`."""
        return LocalSession(self.endpoint, self._credentials(user))

    def environment(self, user: str) -> dict[str, str]:
        """What a child process of that user needs: where the cloud is, what things are called, whose keys it has."""
        pair = self._credentials(user)
        made = self.outputs
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": pair.access_key,
            "AWS_SECRET_ACCESS_KEY": pair.secret_key,
            "LIGHTBOX_STAGE": STAGE,
            "LIGHTBOX_ORIGIN": self.origin,
            "LIGHTBOX_TABLE": made["TableName"],
            "LIGHTBOX_ORIGINALS": made["OriginalsBucket"],
            "LIGHTBOX_PIXELS": made["PixelsBucket"],
            "LIGHTBOX_DERIVED": made["DerivedBucket"],
            "LIGHTBOX_BUS": made["BusName"],
            "LIGHTBOX_INGEST_QUEUE_URL": made["IngestQueueUrl"],
            "LIGHTBOX_LIFECYCLE_QUEUE_URL": made["LifecycleQueueUrl"],
            "LIGHTBOX_SECRETS": made["SecretsId"],
        }

    def _credentials(self, user: str) -> Credentials:
        return ROOT_USER if user == "root" else self._users[user]

    def stop(self) -> None:
        """End everything in order; what the cloud holds is saved. Safe to call twice."""
        if self._gateway is not None:
            self._gateway.stop()
            self._gateway = None
        if self._emulator is not None:
            finished = not self._emulator.was_killed and self._finish_work()  # nobody is left to ask
            self._emulator.stop()
            if not self._emulator.was_killed:
                note(self.state_dir, Left.IN_ORDER if finished else Left.UNTOLD)
            self._emulator = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _finish_work(self) -> bool:
        """Let what was taken be finished, within reason: a message that fails waits for its next turn, which is kept.

        True when nothing moves any more: then nothing of the table's stream is lost with the stop.
        """
        if not self.outputs:
            return False
        try:
            return wait_until_quiet(self.session("root"), self.outputs, FINISH_S)
        except (BotoCoreError, ClientError):
            return False  # the emulator is gone already; there is nothing left to wait for

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _ports_before(state_dir: Path) -> Ports | None:
    """The ports of the last start on this state."""
    kept = state_dir / "ports.json"
    return Ports(**json.loads(kept.read_text())) if kept.is_file() else None


def _deploy_digest(root: Path, parameters: Mapping[str, str]) -> str:
    """Equal when a deploy would change nothing."""
    template = root / "template.yaml"
    folders = sorted(set(function_folders(read(template)).values()))
    facts = {
        "code": fingerprint(root, folders),
        "template": hashlib.sha256(template.read_bytes()).hexdigest(),
        "parameters": dict(parameters),
        "emulator": version("ministack"),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


__all__ = ["LocalCloud", "LocalError", "Ports"]
