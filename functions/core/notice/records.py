"""Rows beside notices: what waits for its time, what a phone got lately, whose WeChat account is whose, registrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record

EXAM = "exam"  # what of `Due`: decide the exam again


@dataclass(frozen=True, eq=False, repr=False)
class Due(Record):
    """What waits for its time. at: ISO UTC. what: `exam`, or the id of the event that goes on the bus once more."""

    kind: ClassVar[str] = "due"
    tenant: str
    exam: str
    what: str
    at: str
    event: dict[str, Any] | None = None

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.due_sk(self.what)

    def indexed(self) -> Mapping[str, Any]:
        return {"day_pk": keys.due_pk(), "day_sk": f"{self.at}#{self.tenant}#{self.exam}#{self.what}"}


@dataclass(frozen=True, eq=False, repr=False)
class Sends(Record):
    """What a phone got in the last day: notice's request id → epoch seconds. phone: keyed name."""

    kind: ClassVar[str] = "sends"
    phone: str
    sent: dict[str, int] = field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return keys.sends_pk(self.phone), "SENDS"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": max(self.sent.values()) + 2 * 86400} if self.sent else {}


@dataclass(frozen=True, eq=False, repr=False)
class Registration(Record):
    """The hospital's latest word on an exam that is ordered. Times ISO UTC. patient: keyed name."""

    kind: ClassVar[str] = "registration"
    tenant: str
    exam: str
    patient: str
    sha256: str  # of the document
    state: str  # registered, cancelled
    changed_at: str
    registered_at: str
    scheduled_at: str = ""
    accession_number: str = ""
    item: str = ""
    modality: str = ""
    person: dict[str, str] = field(default_factory=dict)  # as `people.Words`
    digests: list[str] = field(default_factory=list)  # of every document that said something of it

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_registration_sk()

    def is_older_than(self, other: Registration) -> bool:
        return (self.changed_at, self.sha256) < (other.changed_at, other.sha256)


@dataclass(frozen=True, eq=False, repr=False)
class Binding(Record):
    """A WeChat account that a patient said is theirs. wechat: keyed name of account and open id; times in epoch seconds.

    serial: +1 at each binding, so that an unbinding ends just the one that it met.
    """

    kind: ClassVar[str] = "wechat_binding"
    tenant: str
    patient: str
    wechat: str
    account: str  # app id of the official account
    open_id: str
    bound_at: int
    unbound_at: int = 0
    serial: int = 1

    def key(self) -> tuple[str, str]:
        return keys.patient_pk(self.tenant, self.patient), keys.wechat_binding_sk(self.wechat)


@dataclass(frozen=True, eq=False, repr=False)
class Bound(Record):
    """That a WeChat account was bound to a patient; whether it still is, the patient's `Binding` says."""

    kind: ClassVar[str] = "wechat_bound"
    tenant: str
    patient: str
    wechat: str

    def key(self) -> tuple[str, str]:
        return keys.wechat_pk(self.tenant, self.wechat), f"PATIENT#{self.patient}"


@dataclass(frozen=True, eq=False, repr=False)
class AccountToken(Record):
    """An official account's access token, shared by all functions. expires_at: epoch seconds."""

    kind: ClassVar[str] = "wechat_token"
    account: str
    token: str
    expires_at: int

    def key(self) -> tuple[str, str]:
        return keys.wechat_token_pk(self.account), "TOKEN"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


@dataclass(frozen=True, eq=False, repr=False)
class LoginChoice(Record):
    """Somebody who came by WeChat and has several exams to choose from. browser: digest of the cookie; wechat: as `Binding`."""

    kind: ClassVar[str] = "wechat_choice"
    browser: str
    tenant: str
    wechat: str
    expires_at: int

    def key(self) -> tuple[str, str]:
        return keys.wechat_state_pk(self.browser), "CHOICE"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


@dataclass(frozen=True, eq=False, repr=False)
class LoginState(Record):
    """A login page of WeChat that a browser was sent to. browser: digest of the cookie that it must bring back; used once."""

    kind: ClassVar[str] = "wechat_state"
    state: str  # its digest
    browser: str
    tenant: str
    expires_at: int
    patient: str = ""  # to whom the account is to be bound; "" to get in

    def key(self) -> tuple[str, str]:
        return keys.wechat_state_pk(self.state), "STATE"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}
