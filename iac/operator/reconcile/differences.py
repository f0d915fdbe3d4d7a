"""What a rebuilt table may differ in, each with its reason; everything else is equal, and `differences` says where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.adapters.table.port import Row

# kinds of rows that are not rebuilt
GONE: Mapping[str, str] = {
    "session": "a patient answers at the door again",
    "staff_session": "whoever was signed in signs in again",
    "sign_in_tries": "wrong passwords are not journalled: an account that was lost lets nobody in without a new first password",
    "token": "an agent asks for a new one",
    "nonce": "a signed request is good for 300 s: only a rebuild that is faster lets one be replayed, which changes nothing",
    "enrolment": "a code lives for 15 minutes; the operator makes another",
    "heartbeat": "the agent's next one comes within a minute",
    "due": "deciding its exam makes it again; a notice that was put off is looked up, one that went out asked for its receipt",
    "walked": "the first night's walk begins at the beginning",
    "sends": "what a phone got today is forgotten: at worst it gets one more than its limit",
    "lake_line": "lists are filled anew from the other rows, within half an hour",
    "lake_month": "as lake_line",
    "wechat_token": "WeChat gives another",
    "wechat_state": "whoever was about to log in begins again",
    "wechat_choice": "as wechat_state",
}
# fields of rows
MAY_DIFFER: Mapping[str, Mapping[str, str]] = {
    "*": {"version": "counts writes"},
    "study": {
        "created_at": "when the images were packed stands for when they came",
        "updated_at": "as created_at",
        "day_pk": "of a study whose images name no day: that of created_at",
        "day_sk": "as day_pk",
    },
    "series": {"updated_at": "as a study's created_at"},
    "exam": {
        "created_at": "when the first change was told stands for when it was made",
        "updated_at": "when its newest document was made",
        "due_at": "of an exam that was published: its time is over",
        "person_sk": "of an exam whose images and report name no day: that of created_at",
    },
    "notice": {"not_before": "of one that has gone out: its time is over"},
    "case": {"shown": "read from the exam's row where it is missing"},
    "correction": {"shown": "as a case's"},
    "receipt": {
        "at": "when the document was made stands for when it was settled",
        "agent": "a report does not name its agent",
    },
    "quarantine": {"at": "as a receipt's", "agent": "as a receipt's"},
    "account": {
        "password": "stands in no journal: an operator gives a new first one (`account reset`)",
        "must_change": "as password",
    },
    "link": {
        "tries": "wrong answers are not journalled: one is left before the link locks, a right one forgets them",
        "locked_until": "a lock that a right answer ended after its time stands as over",
        "shut_until": "between the fifth answer and its outcome: as tries",
        "lock_level": "an unlocking of a link that was open is not journalled: the next lock lasts as long as it would have",
    },
}


def is_gone(row: Row) -> str:
    """Why this very row is not rebuilt; empty when it is."""
    if row["kind"] == "receipt" and row["state"] == "queued":
        return "nobody had taken it yet: the agent confirms it again, or `reconcile` takes it"
    if row["kind"] == "quarantine" and row["subject"] in ("exam", "series", "notice") and not row["open"]:
        return "a doubt that is settled: the journal still holds it"
    if row["kind"] == "notice" and row["state"] in ("pending", "sending", "unknown"):
        return "its fate is looked up at the provider before anything is sent"
    return GONE.get(row["kind"], "")


def differences(before: Iterable[Row], after: Iterable[Row]) -> list[str]:
    """Rows and fields that differ and may not. Names of rows and fields only: values may be a person's."""
    was = {(row["pk"], row["sk"]): row for row in before if not is_gone(row)}
    now = {(row["pk"], row["sk"]): row for row in after if not is_gone(row)}
    found = [f"missing: {kind_of(was[key])} {key[1]}" for key in sorted(was.keys() - now.keys())]
    found += [f"new: {kind_of(now[key])} {key[1]}" for key in sorted(now.keys() - was.keys())]
    for key in sorted(was.keys() & now.keys()):
        old, new = was[key], now[key]
        allowed = {*MAY_DIFFER["*"], *MAY_DIFFER.get(old["kind"], {})}
        names = sorted(name for name in {*old, *new} - allowed if old.get(name) != new.get(name))
        found += [f"differs: {kind_of(old)} {key[1]}: {name}" for name in names]
    return found


def kind_of(row: Row) -> str:
    return f"{row['kind']} of {row['tenant']}" if "tenant" in row else str(row["kind"])
