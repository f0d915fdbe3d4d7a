"""What `doctor` asks the cloud: is it there, does it believe this agent, do the clocks agree, is its storage there."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

from edge_agent import network
from edge_agent.cloud import Cloud
from edge_agent.config import Cloud as Settings
from edge_agent.doctor.finding import Finding, good, skipped, wrong
from edge_agent.errors import (
    AgentError,
    AgentRevoked,
    CertificateUntrusted,
    ClockDrifts,
    ClockSkewed,
    CloudError,
    CloudUnreachable,
    ProxyNotUsed,
    clock_off,
)
from edge_agent.identity import Identity
from edge_agent.spool.model import File

PATIENCE_S = 10.0
DRIFT_S = 60
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def reached(settings: Settings, who: Identity | None) -> list[Finding]:
    """Findings of cloud, key, clock and storage; without identity only whether the cloud is there."""
    try:
        cloud = Cloud.of(replace(settings, timeout_s=min(settings.timeout_s, PATIENCE_S)), who)
    except AgentError as error:
        return [wrong("cloud", error), skipped("key"), skipped("clock"), skipped("storage")]
    try:
        return _asked(cloud, settings, who)
    finally:
        cloud.close()


def _asked(cloud: Cloud, settings: Settings, who: Identity | None) -> list[Finding]:
    there = good("cloud", settings.url, settings.url)
    try:
        cloud.greet()
    except CloudUnreachable as error:
        return [*_unreachable(error, settings), skipped("key"), skipped("clock"), skipped("storage")]
    except ClockSkewed as error:
        return [there, wrong("clock", error), skipped("key"), skipped("storage")]
    except AgentRevoked as error:
        return [there, wrong("key", error), skipped("clock"), skipped("storage")]
    except CloudError as error:
        return [wrong("cloud", error), skipped("key"), skipped("clock"), skipped("storage")]
    if who is None:
        return [there, skipped("key"), skipped("clock"), skipped("storage")]
    return [there, good("key", f"云端接受 {who.key}", f"the cloud accepts {who.key}"), _clock(cloud.skew_s), _storage(cloud)]


def _unreachable(error: CloudUnreachable, settings: Settings) -> list[Finding]:
    found = wrong("cloud", error)
    if isinstance(error, CertificateUntrusted) and settings.proxy is None:
        issuer = network.issuer(settings.url, PATIENCE_S)
        if issuer:
            found = replace(found, zh=f"{found.zh}颁发者：{issuer}。", en=f"{found.en} It was issued by {issuer}.")
    variable = next((name for name in _PROXY_VARIABLES if os.environ.get(name)), None)
    if variable and settings.proxy is None:
        return [found, wrong("cloud", ProxyNotUsed(variable=variable))]
    return [found]


def _clock(skew_s: float) -> Finding:
    seconds = round(skew_s)
    if abs(seconds) > DRIFT_S:
        return wrong("clock", ClockDrifts(**clock_off(skew_s)))
    return good("clock", f"与云端相差 {seconds} 秒", f"{seconds} s from the cloud's")


def _storage(cloud: Cloud) -> Finding:
    """The vault has an address of its own, which a firewall may not know. A grant is asked for and not used."""
    file = File("report", hashlib.sha256(b"doctor").hexdigest(), 1)
    try:
        (grant,) = cloud.grants([file]).grants
        cloud.reach(grant.url)
    except CloudError as error:
        return wrong("storage", error)
    host = network.place(grant.url)[0]
    return good("storage", host, host)
