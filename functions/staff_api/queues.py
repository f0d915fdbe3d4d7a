"""The deployment's queues. They hold every hospital's messages: for operators of the platform only (core/access/rights.py)."""

from __future__ import annotations

from functions.adapters.http import Answer, Request
from functions.adapters.journal import journal_first
from functions.adapters.settings import WatchedQueue
from functions.adapters.wiring import Deps
from functions.core.errors import NotFound
from functions.core.study.event import event
from functions.core.times import iso
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller

MOST = 100  # letters moved by one request: within the time that API Gateway waits


def list_queues(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Of each: what waits, what is worked on, what was given up."""
    counted = [(queue, deps.dead_letters.counts(queue)) for queue in deps.settings.queues]
    listed = [
        {"name": queue.name, "waiting": n.waiting, "in_flight": n.in_flight, "dead": n.dead, "may_redrive": bool(queue.url)}
        for queue, n in counted
    ]
    return Answer({"queues": listed})


def redrive(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Give what was given up to its function again, up to a hundred at once; the page asks again while some are left."""
    queue = _named(request.params["queue"], deps)
    now = iso(deps.clock.now())
    moved = deps.dead_letters.redrive(queue, MOST)
    if moved:
        body = {"queue": queue.name, "moved": moved}
        version = f"{now}/{request.id}"
        journal_first(event("queue_redriven", caller.tenant, f"queue/{queue.name}", version, now, body, cause=caller.by), deps)
    return Answer({"moved": moved, "left": deps.dead_letters.counts(queue).dead})


ROUTES = (
    StaffRoute("GET", "/staff/v1/queues", list_queues, right="queues.read", answer="staff_queues_answer.v1"),
    StaffRoute(
        *("POST", "/staff/v1/queues/{queue}/redrive", redrive),
        right="queues.change",
        schema="staff_empty_request.v1",
        answer="staff_redrive_answer.v1",
        refusals=(NotFound,),
    ),
)


def _named(name: str, deps: Deps) -> WatchedQueue:
    """Raises NotFound, also for one whose letters no function takes."""
    for queue in deps.settings.queues:
        if queue.name == name and queue.url:
            return queue
    raise NotFound()
