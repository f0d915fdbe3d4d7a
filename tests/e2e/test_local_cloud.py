"""The local cloud starts and stops as a laptop needs it: on loopback only, keeping what it holds, saying what is in its way."""

from __future__ import annotations

import shutil
import socket
import subprocess
from functools import partial
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from iac.local import emulator
from iac.local.cloud import LocalCloud, Ports
from iac.local.errors import PortTaken, StateInUse, ToolMissing
from iac.local.process import ROOT

pytestmark = pytest.mark.cloud


def family() -> set[psutil.Process]:
    """This process and all that it started, and they."""
    return {psutil.Process(), *psutil.Process().children(recursive=True)}


def frozen(folder: Path) -> Path:
    """The sources as they are now; a test of what is not deployed again must not see an editor at work."""
    for name in ("functions", "events"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", folder)
    return folder


def test_what_it_holds_lives_over_a_clean_stop_and_the_second_start_deploys_nothing(tmp_path: Path) -> None:
    """A demo that is closed in the evening is there in the morning, links included."""
    root = frozen(tmp_path / "sources")
    with LocalCloud.start(tmp_path / "state", root=root) as first:
        table = first.session("root").resource("dynamodb").Table(first.outputs["TableName"])
        table.put_item(Item={"pk": "TENANT#t#TEST", "sk": "TEST", "version": 1})
        first.session("root").client("s3").put_object(
            Bucket=first.outputs["PixelsBucket"], Key="pixels/k1/t/x", Body=b"\x00\xffpixels"
        )
    with LocalCloud.start(tmp_path / "state", root=root) as second:
        table = second.session("root").resource("dynamodb").Table(second.outputs["TableName"])
        assert table.get_item(Key={"pk": "TENANT#t#TEST", "sk": "TEST"})["Item"]["version"] == 1
        kept = second.session("root").client("s3").get_object(Bucket=second.outputs["PixelsBucket"], Key="pixels/k1/t/x")
        assert kept["Body"].read() == b"\x00\xffpixels"
        assert second.secrets == first.secrets
        assert second.origin == first.origin
        assert second.outputs == first.outputs
        assert second.session("operator").client("sts").get_caller_identity()["Arn"].endswith("user/operator")
        assert not second.deployed


def test_nothing_of_it_is_left_after_a_stop(tmp_path: Path) -> None:
    """No process, no port, no temporary file."""
    before = family()
    cloud = LocalCloud.start(tmp_path)
    started = family() - before
    cloud.stop()
    assert len(started) >= 2
    _, alive = psutil.wait_procs(list(started), timeout=10)  # a busy kernel needs a moment between SIGKILL and the end
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert not (tmp_path / "tmp").exists()
    for port in (cloud.ports.cloud, cloud.ports.gateway):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_listens_on_loopback_only(local_cloud: LocalCloud) -> None:
    """A demo with real images on a laptop in a café is nobody else's business."""
    listening = [
        connection.laddr
        for process in family()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {local_cloud.ports.cloud, local_cloud.ports.gateway} <= {address.port for address in listening}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("which", ["cloud", "gateway"])
def test_a_taken_port_is_named_with_what_to_do(which: str, tmp_path: Path) -> None:
    """ "Address already in use" from a child's log helps nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as error:
            LocalCloud.start(tmp_path, Ports(**{which: port}))
    assert str(port) in str(error.value)
    assert "choose another" in str(error.value)


def test_a_second_cloud_on_the_same_state_is_refused(tmp_path: Path) -> None:
    """Two writers of one state folder would each save over the other."""
    with LocalCloud.start(tmp_path), pytest.raises(StateInUse) as error:
        LocalCloud.start(tmp_path)
    assert str(tmp_path) in str(error.value)


def test_a_missing_tool_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing that goes wrong on a new machine."""
    monkeypatch.setattr(emulator, "find_spec", lambda _: None)
    with pytest.raises(ToolMissing) as error:
        LocalCloud.start(tmp_path)
    assert "ministack" in str(error.value)
    assert "make setup" in str(error.value)


def test_it_asks_for_no_credentials_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own AWS keys in the environment must never reach the local cloud, nor it them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEVELOPER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "developer-secret")
    monkeypatch.setenv("AWS_PROFILE", "production")
    with LocalCloud.start(tmp_path) as cloud:
        (emulator_process,) = [p for p in psutil.Process().children() if p.cwd() == str(tmp_path / "tmp")]
        assert not {
            name for name in emulator_process.environ() if name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED"
        }
        assert cloud.session("root").client("sts").get_caller_identity()["Account"] == "000000000000"


# The operator's `hospital list` finds in the originals whose rows are lost (docs/operator.md, Rights); nobody else lists them.
LISTS_NOT = {"operator": ["PixelsBucket", "DerivedBucket"], "gateway": ["OriginalsBucket", "PixelsBucket", "DerivedBucket"]}


@pytest.mark.parametrize("user", LISTS_NOT)
def test_users_may_do_their_work_and_nothing_else(local_cloud: LocalCloud, user: str) -> None:
    """The gateway is open to the world: what it could do, an attacker in it could."""
    session = local_cloud.session(user)
    for call in (
        *(partial(session.client("s3").list_objects_v2, Bucket=local_cloud.outputs[bucket]) for bucket in LISTS_NOT[user]),
        lambda: session.client("s3").put_object(Bucket=local_cloud.outputs["PixelsBucket"], Key="pixels/k1/x", Body=b""),
        lambda: session.client("lambda").list_functions(),
        lambda: session.client("iam").list_users(),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_a_wrong_secret_key_is_refused(local_cloud: LocalCloud) -> None:
    """The emulator can be started without checking signatures; ours never is."""
    from iac.local.session import Credentials, LocalSession

    right = local_cloud._credentials("operator")
    wrong = LocalSession(local_cloud.endpoint, Credentials(right.access_key, "x" * len(right.secret_key)))
    with pytest.raises(ClientError) as error:
        wrong.client("dynamodb").get_item(TableName=local_cloud.outputs["TableName"], Key={"pk": {"S": "a"}, "sk": {"S": "b"}})
    assert error.value.response["Error"]["Code"] in ("InvalidSignatureException", "SignatureDoesNotMatch")


def test_ttl_is_on_and_point_in_time_recovery_too(local_cloud: LocalCloud) -> None:
    """What the emulator ignores in the template is set afterwards, so that both clouds are one."""
    client = local_cloud.session("root").client("dynamodb")
    ttl = client.describe_time_to_live(TableName=local_cloud.outputs["TableName"])["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")


def test_the_command_line_says_a_taken_port_in_one_line(tmp_path: Path) -> None:
    """No stack trace for what a person can put right."""
    import sys

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "iac.local.demo", "--port", str(port), "--state", str(tmp_path), "--no-wait"],
            capture_output=True,
            text=True,
            timeout=180,
        )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr
