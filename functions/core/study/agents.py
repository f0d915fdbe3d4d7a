"""A hospital's agents, their keys and what they sign in with: the rows that an enrolment and each request write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record
from functions.core.times import parse

OFFLINE_AFTER = timedelta(seconds=105)  # three heartbeats missed: seen within two minutes
SILENT_AFTER = timedelta(minutes=15)  # somebody is called: no router takes so long to start again


@dataclass(frozen=True, eq=False, repr=False)
class Agent(Record):
    """One installation at a hospital, by its AE title, and the keys it may sign with."""

    kind: ClassVar[str] = "agent"
    tenant: str
    agent: str
    ae_title: str
    keys_held: list[str] = field(default_factory=list)
    enrolled_at: str = ""
    revoked_at: str = ""
    revoked_by: str = ""  # `operator:…`, `staff:…`
    revoked_because: str = ""

    def key(self) -> tuple[str, str]:
        return keys.agent_pk(self.tenant, self.agent), "AGENT"

    def indexed(self) -> Mapping[str, Any]:
        return {"day_pk": keys.agents_pk(), "day_sk": keys.agents_sk(self.tenant, self.agent)}


@dataclass(frozen=True, eq=False, repr=False)
class AgentKey(Record):
    """The public half; the private one never left the agent."""

    kind: ClassVar[str] = "agent_key"
    id: str
    tenant: str
    agent: str
    public_key: str  # PEM, P-256
    ae_title: str = ""  # the agent's
    created_at: str = ""
    revoked_at: str = ""

    def key(self) -> tuple[str, str]:
        return keys.key_pk(self.id), "KEY"


@dataclass(frozen=True, eq=False, repr=False)
class EnrolmentCode(Record):
    """A one-time code, by its digest; tied to tenant and AE title."""

    kind: ClassVar[str] = "enrolment"
    digest: str
    tenant: str
    ae_title: str
    expires_at: int  # epoch s
    used_by: str = ""  # agent

    def key(self) -> tuple[str, str]:
        return keys.enrolment_pk(self.digest), "ENROLMENT"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at + 86400}


@dataclass(frozen=True, eq=False, repr=False)
class AgentToken(Record):
    """A short token, by its digest."""

    kind: ClassVar[str] = "token"
    digest: str
    key_id: str
    expires_at: int  # epoch s

    def key(self) -> tuple[str, str]:
        return keys.token_pk(self.digest), "TOKEN"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


@dataclass(frozen=True, eq=False, repr=False)
class Nonce(Record):
    """A nonce that was seen; kept as long as the clock check would let it pass again."""

    kind: ClassVar[str] = "nonce"
    key_id: str
    nonce: str
    expires_at: int  # epoch s

    def key(self) -> tuple[str, str]:
        return keys.nonce_pk(self.key_id, self.nonce), "NONCE"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


@dataclass(frozen=True, eq=False, repr=False)
class Heartbeat(Record):
    """An agent's latest word about itself."""

    kind: ClassVar[str] = "heartbeat"
    tenant: str
    agent: str
    version_text: str
    spool: dict[str, int]
    parked: int
    at: str
    overdue: int = 0  # confirmed long ago and not yet indexed
    full: bool = False  # senders are refused

    def key(self) -> tuple[str, str]:
        return keys.agent_pk(self.tenant, self.agent), "HEARTBEAT"


def is_silent(agent: Agent, heartbeat: Heartbeat | None, now: datetime) -> bool:
    """Whether an agent that should be running was not heard for so long that somebody is to look after it."""
    return _is_unheard(agent, heartbeat, now, SILENT_AFTER)


def is_offline(agent: Agent, heartbeat: Heartbeat | None, now: datetime) -> bool:
    """Whether an agent is shown as not there. A new one has longer, to say its first word."""
    return _is_unheard(agent, heartbeat, now, OFFLINE_AFTER if heartbeat else SILENT_AFTER)


def _is_unheard(agent: Agent, heartbeat: Heartbeat | None, now: datetime, long: timedelta) -> bool:
    if agent.revoked_at:
        return False
    heard = heartbeat.at if heartbeat else agent.enrolled_at
    return not heard or now - parse(heard) >= long
