"""The life of what the agent holds, as one table. Pure: it answers what to do and does nothing.

An object goes WRITING → SPOOLED alone; from SEALED on it belongs to a shipment and moves with it.
Reports and declarations are shipments too. `python -m edge_agent.spool.states` draws the table for docs/agent.md.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from edge_agent.errors import ImpossibleStep


class State(Enum):  # numbers are on disk: never reuse one
    WRITING = 1  # bytes arriving; nothing promised yet
    SPOOLED = 2  # stable on disk; the sender may be told 0x0000
    SENDING = 3  # upload under way
    SENT = 4  # the cloud indexed the manifest that names our SHA-256
    PARKED = 5  # waiting cannot help; a person must look
    DROPPED = 6  # never promised, or damaged and given up by a person; file removed
    PACKED = 7  # in a shipment whose bytes and membership are stable on disk
    UPLOADED = 8  # every object is in the vault, the manifest is confirmed; not yet indexed
    FORGOTTEN = 9  # sent, and too old to be remembered


class Event(Enum):
    SYNCED = 1  # fdatasync returned
    REJECTED = 2  # the object is broken, or the disk is full
    SEALED = 3  # a shipment with it was journaled
    DAMAGED = 4  # its own bytes are no longer what its head says
    PICKED = 5  # an upload worker took it
    TIMED_OUT = 6  # no answer, or an answer that means "later"
    STORED = 7  # everything put, manifest confirmed
    REFUSED = 8  # the cloud said no for good
    INDEXED = 9  # edge_api says: indexed
    QUARANTINED = 10  # edge_api says: quarantined
    UNKNOWN = 11  # edge_api does not know the manifest that we confirmed
    UNMADE = 12  # the shipment's files are damaged; its members are whole
    RELEASED = 13  # a person lets it try again
    EXPIRED = 14  # sent longer ago than completeness.remember_days
    RESTARTED = 15  # the agent starts after a stop or a crash
    DISCARDED = 16  # a person gives up what is damaged


class Do(Enum):
    NOTHING = 1
    ANSWER_SUCCESS = 2
    DELETE_FILE = 3
    UPLOAD = 4
    WAIT = 5  # with back-off
    ASK = 6  # edge_api, whether it is indexed
    ALERT = 7
    PACK = 8


class Step(NamedTuple):
    state: State
    do: Do


S, E = State, Event

TRANSITIONS: dict[tuple[State, Event], Step] = {
    (S.WRITING, E.SYNCED): Step(S.SPOOLED, Do.ANSWER_SUCCESS),
    (S.WRITING, E.REJECTED): Step(S.DROPPED, Do.DELETE_FILE),
    (S.WRITING, E.RESTARTED): Step(S.DROPPED, Do.DELETE_FILE),
    (S.SPOOLED, E.SEALED): Step(S.PACKED, Do.UPLOAD),
    (S.SPOOLED, E.DAMAGED): Step(S.PARKED, Do.ALERT),
    (S.SPOOLED, E.RESTARTED): Step(S.SPOOLED, Do.PACK),
    (S.PACKED, E.PICKED): Step(S.SENDING, Do.UPLOAD),
    (S.PACKED, E.UNMADE): Step(S.SPOOLED, Do.PACK),
    (S.PACKED, E.RESTARTED): Step(S.PACKED, Do.UPLOAD),
    (S.SENDING, E.STORED): Step(S.UPLOADED, Do.ASK),
    (S.SENDING, E.TIMED_OUT): Step(S.PACKED, Do.WAIT),
    (S.SENDING, E.REFUSED): Step(S.PARKED, Do.ALERT),
    (S.SENDING, E.UNMADE): Step(S.SPOOLED, Do.PACK),
    (S.SENDING, E.RESTARTED): Step(S.PACKED, Do.UPLOAD),
    (S.UPLOADED, E.INDEXED): Step(S.SENT, Do.DELETE_FILE),
    (S.UPLOADED, E.QUARANTINED): Step(S.PARKED, Do.ALERT),
    (S.UPLOADED, E.UNKNOWN): Step(S.PACKED, Do.UPLOAD),
    (S.UPLOADED, E.RESTARTED): Step(S.UPLOADED, Do.ASK),
    (S.SENT, E.EXPIRED): Step(S.FORGOTTEN, Do.NOTHING),
    (S.SENT, E.RESTARTED): Step(S.SENT, Do.DELETE_FILE),
    (S.PARKED, E.RELEASED): Step(S.SPOOLED, Do.PACK),
    (S.PARKED, E.RESTARTED): Step(S.PARKED, Do.ALERT),
    (S.PARKED, E.DISCARDED): Step(S.DROPPED, Do.DELETE_FILE),
}


def step(state: State, event: Event) -> Step:
    """The one way a state changes. Raises ImpossibleStep, changing nothing."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleStep(state=state.name, event=event.name) from None


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> WRITING"]
    for (state, event), (following, do) in TRANSITIONS.items():
        told = event.name if do is Do.NOTHING else f"{event.name} / {do.name}"
        lines.append(f"    {state.name} --> {following.name}: {told}")
    lines += ["    DROPPED --> [*]", "    FORGOTTEN --> [*]"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(diagram(), end="")
