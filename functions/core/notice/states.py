"""The life of one notice: one message to one person about one event, sent once or not at all.

    pending ──taken──► sending ──accepted──► sent
       ▲  │               │ ├────refused───► failed
       │  └──gave_up──────┼─┴──────────────► failed
       ├──────busy────────┘ └────lost──────► unknown ──found──► sent
       ├──────never_arrived───────────────── unknown ──not_told──► held
       └──────again─────────────────────────────────────────────── held ──arrived──► sent
                                                                   held ──dropped──► failed

A message whose fate is unknown is looked up by its request id and never sent again blindly [NTF-05]. What the provider cannot
tell a person finds out and decides.
"""

from __future__ import annotations

from enum import StrEnum

from functions.core.errors import ImpossibleStep


class State(StrEnum):
    PENDING = "pending"  # nothing was handed to the provider, or it surely took nothing
    SENDING = "sending"  # handed over; the answer is not known yet
    SENT = "sent"  # the provider took it
    FAILED = "failed"  # the provider will never take it, or too many attempts failed
    UNKNOWN = "unknown"  # the answer was lost
    HELD = "held"  # nobody can tell: a person decides


class Event(StrEnum):
    TAKEN = "taken"
    ACCEPTED = "accepted"
    BUSY = "busy"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    LOST = "lost"
    FOUND = "found"
    NEVER_ARRIVED = "never_arrived"
    NOT_TOLD = "not_told"
    ARRIVED = "arrived"  # a person's words, as the next two
    AGAIN = "again"
    DROPPED = "dropped"


S, E = State, Event
TRANSITIONS = {
    (S.PENDING, E.TAKEN): S.SENDING,
    (S.PENDING, E.GAVE_UP): S.FAILED,
    (S.SENDING, E.ACCEPTED): S.SENT,
    (S.SENDING, E.BUSY): S.PENDING,
    (S.SENDING, E.REFUSED): S.FAILED,
    (S.SENDING, E.LOST): S.UNKNOWN,
    (S.UNKNOWN, E.FOUND): S.SENT,
    (S.UNKNOWN, E.NEVER_ARRIVED): S.PENDING,
    (S.UNKNOWN, E.REFUSED): S.FAILED,
    (S.UNKNOWN, E.NOT_TOLD): S.HELD,
    (S.HELD, E.ARRIVED): S.SENT,
    (S.HELD, E.AGAIN): S.PENDING,
    (S.HELD, E.DROPPED): S.FAILED,
}
FINAL = frozenset({S.SENT, S.FAILED})
RESTING = FINAL | {S.HELD}  # nothing happens to it by itself


def step(state: State, event: Event) -> State:
    """The one way a notice changes. Raises ImpossibleStep, changing nothing."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleStep(machine="notice", state=state.value, event=event.value) from None
