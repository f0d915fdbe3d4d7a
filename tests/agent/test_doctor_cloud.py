"""`doctor` on the way to the cloud: who is refused there and why, and what stands between."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge_agent import network
from edge_agent.config import load
from tests.agent.agent_process import Agent, free_port
from tests.agent.certificates import self_signed
from tests.agent.cloud_server import CloudServer, serving
from tests.agent.doctored import advised, enrolled, rewrite, wrong
from tests.agent.way_out import Behaviour, cutting, listening, plain, portal, proxy, proxy_that_wants_a_password, silent

pytestmark = pytest.mark.req("PLUS-17")


@pytest.fixture
def agent(tmp_path: Path, cloud: CloudServer) -> Iterator[Agent]:
    with enrolled(tmp_path / "agent", cloud.url) as agent:
        yield agent


# -- who the agent is


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize(
    ("answer", "check", "code", "words"),
    [
        ({"code": "key_revoked"}, "key", "KeyRevoked", "(k-1) was revoked"),
        ({"code": "key_unknown"}, "key", "KeyUnknown", "does not know this agent's key pair (k-1)"),
        ({"code": "clock_skewed", "now": "2001-01-01T00:00:00Z"}, "clock", "ClockSkewed", "s ahead; the cloud refuses"),
    ],
)
def test_a_refused_agent_is_told_why_by_doctor_status_and_log(
    agent: Agent, cloud: CloudServer, answer: dict[str, str], check: str, code: str, words: str
) -> None:
    cloud.refuse = lambda route, body: (401, answer)
    found = wrong(agent)
    assert list(found) == [check]
    assert found[check].code == code
    assert words in found[check].en
    agent.start()
    trouble = agent.until(lambda status: status["trouble"] is not None)["trouble"]
    assert (trouble["error"], trouble["hint"]) == (code, found[check].hint)
    assert words in trouble["message"]
    assert agent.wait_for("heartbeat_unanswered")["error"] == code
    assert trouble["message"] in agent.call("status").stdout


def test_a_clock_that_is_off_is_told_in_seconds_before_and_after_it_matters(agent: Agent, cloud: CloudServer) -> None:
    cloud.now = lambda: datetime.now(UTC) + timedelta(seconds=120)
    assert re.search("clock is 1[12][09] s behind", advised(agent)["ClockDrifts"].en)
    assert wrong(agent) == {}
    cloud.now = lambda: datetime.now(UTC) + timedelta(hours=1)
    assert wrong(agent)["clock"].code == "ClockSkewed"


# -- the way to the cloud


@contextmanager
def behind(agent: Agent, behaviour: Behaviour, scheme: str = "http", host: str = "127.0.0.1") -> Iterator[None]:
    """The agent's cloud is a listener that misbehaves."""
    before = agent.config.read_text("utf-8")
    with listening(behaviour) as port:
        agent.config.write_text(before.replace(load(agent.config).cloud.url, f"{scheme}://{host}:{port}/api"), "utf-8")
        yield
    agent.config.write_text(before, "utf-8")


@pytest.mark.parametrize(
    ("behaviour", "scheme", "code"),
    [
        (silent, "http", "AnswerLate"),
        (silent, "https", "AnswerLate"),
        (cutting, "http", "ConnectionCut"),
        (portal, "http", "NotTheCloud"),
        (plain, "https", "TlsFailed"),
    ],
)
def test_what_is_not_the_cloud_is_told_apart(agent: Agent, behaviour: Behaviour, scheme: str, code: str) -> None:
    with behind(agent, behaviour, scheme):
        assert wrong(agent)["cloud"].code == code


def test_a_closed_port_and_an_unknown_name_are_told_apart(agent: Agent, cloud: CloudServer) -> None:
    port = free_port()
    rewrite(agent, cloud.url, f"http://127.0.0.1:{port}")
    assert wrong(agent)["cloud"].en == f"127.0.0.1 refuses connections on port {port}."
    agent.start()
    trouble = agent.until(lambda status: status["trouble"] is not None)["trouble"]
    assert trouble["message"] == wrong(agent)["cloud"].en
    rewrite(agent, f"http://127.0.0.1:{port}", "https://no-such-host.invalid")
    assert wrong(agent)["cloud"].en == "No DNS server knows the name no-such-host.invalid."


def test_storage_behind_a_firewall_of_its_own_is_found(agent: Agent, cloud: CloudServer) -> None:
    """The API answers, the vault's address is not let through: every upload would fail."""
    cloud.vault_url = f"http://127.0.0.1:{free_port()}"
    assert {check: found.code for check, found in wrong(agent).items()} == {"storage": "ConnectionRefused"}


def test_no_way_out_of_this_machine_is_told() -> None:
    """A missing route cannot be made here; the error that the system gives for it can."""
    beneath = httpx.ConnectError("no route")
    beneath.__cause__ = OSError(errno.ENETUNREACH, "Network is unreachable")
    meant = network.meaning(beneath, "https://film.example/api", route="tokens", timeout_s=1)
    assert (meant.code, str(meant)) == ("NoRoute", "There is no way to film.example: Network is unreachable.")


@pytest.fixture
def tls_agent(tmp_path: Path) -> Iterator[Agent]:
    """Enrolled at a real TLS server whose certificate only `ca_file` makes trusted."""
    context, certificate = self_signed(tmp_path)
    with (
        serving(CloudServer(), context) as cloud,
        enrolled(tmp_path / "agent", cloud.url, f"timeout_s: 2, ca_file: {certificate}") as agent,
    ):
        yield agent


@pytest.mark.req("SEC-03")
def test_a_certificate_of_ones_own_is_trusted_only_when_the_settings_say_so(tls_agent: Agent) -> None:
    assert wrong(tls_agent) == {}
    rewrite(tls_agent, f", ca_file: {load(tls_agent.config).cloud.ca_file}", "")
    found = wrong(tls_agent)["cloud"]
    assert found.code == "CertificateUntrusted"
    assert found.en.startswith("The certificate of localhost is not trusted: self-signed certificate")
    assert found.en.endswith("It was issued by CN=Hospital Proxy CA.")
    tls_agent.start()
    trouble = tls_agent.until(lambda status: status["trouble"] is not None)["trouble"]
    assert (trouble["error"], trouble["hint"]) == (found.code, found.hint)
    assert found.en.startswith(trouble["message"])


@pytest.mark.parametrize(("changed", "words"), [({"days": -1}, "expired"), ({"host": "other.example"}, "localhost")])
def test_an_expired_certificate_and_one_for_another_host_are_told(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    context, certificate = self_signed(tmp_path, **changed)
    with serving(CloudServer(), context) as cloud:
        agent = Agent(tmp_path / "agent", cloud.url, cloud=f"timeout_s: 2, ca_file: {certificate}")
        found = wrong(agent)["cloud"]
    assert found.code == "CertificateUntrusted"
    assert words in found.en


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_certificate_file_that_is_none_is_named(agent: Agent, content: bytes | None) -> None:
    rewrite(agent, "timeout_s: 1", "timeout_s: 1, ca_file: hospital.pem")
    if content is not None:
        (agent.folder / "hospital.pem").write_bytes(content)
    found = wrong(agent)["cloud"]
    assert found.code == "CertificatesUnreadable"
    assert found.en in agent.call("run").stderr


def test_a_proxy_is_used_and_told_apart_from_the_cloud(tls_agent: Agent) -> None:
    for behaviour, code in ((proxy, None), (proxy_that_wants_a_password, "ProxyFailed")):
        before = tls_agent.config.read_text("utf-8")
        with listening(behaviour) as port:
            rewrite(tls_agent, "timeout_s: 2", f"timeout_s: 2, proxy: 'http://127.0.0.1:{port}'")
            assert [found.code for found in wrong(tls_agent).values()] == ([code] if code else [])
            if code:
                assert "407" in wrong(tls_agent)["cloud"].en
        assert wrong(tls_agent)["cloud"].en == f"127.0.0.1 refuses connections on port {port}."
        assert "cloud.proxy" in wrong(tls_agent)["cloud"].hint
        tls_agent.config.write_text(before, "utf-8")


def test_a_proxy_of_the_environment_is_pointed_out_when_the_cloud_is_not_reached(
    agent: Agent, cloud: CloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert "ProxyNotUsed" not in advised(agent)
    rewrite(agent, cloud.url, f"http://127.0.0.1:{free_port()}")
    assert advised(agent)["ProxyNotUsed"].en.startswith("HTTPS_PROXY names a proxy")
