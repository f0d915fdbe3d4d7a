"""A route of the staff's API: what it takes, what it answers, and the one right that it needs.

Each module about a subject has its `ROUTES`; app.py joins them. Checks come in the order in which a wrong answer would tell the
least: session, first password, right, and only then what was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.adapters import http
from functions.adapters.http import BODY_LIMIT, Answer, Api, Request
from functions.adapters.observability import count
from functions.adapters.wiring import Deps
from functions.core.access.rights import WHILE_MUST_CHANGE
from functions.core.errors import HospitalRebuilding, LightboxError, PasswordMustChange, RightMissing, StaffSessionMissing
from functions.staff_api.audit import note_refused
from functions.staff_api.visit import Caller, caller_of

Handler = Callable[[Caller, Request, Deps], Answer]
NO_CALLER = (StaffSessionMissing, HospitalRebuilding, PasswordMustChange, RightMissing)


@dataclass(frozen=True, eq=False, repr=False)
class StaffRoute:
    """As `http.Route`. right: one of `functions.core.access.rights.RIGHTS`; refusals: the handler's own."""

    method: str
    path: str
    handler: Handler
    right: str
    schema: str | None = None
    query: str | None = None
    answer: str | None = None
    status: int = 200
    limit: int = BODY_LIMIT
    refusals: tuple[type[LightboxError], ...] = ()


def add(api: Api, route: StaffRoute) -> None:
    api.route(
        *(route.method, route.path, _behind_its_right(route)),
        schema=route.schema,
        query=route.query,
        limit=route.limit,
        answer=route.answer,
        status=route.status,
        refusals=(*NO_CALLER, *route.refusals),
    )


def _behind_its_right(route: StaffRoute) -> http.Handler:
    def checked(request: Request, deps: Deps) -> Answer:
        caller = caller_of(request, deps)
        if caller.must_change and route.right not in WHILE_MUST_CHANGE:
            raise PasswordMustChange()
        if not caller.has(route.right):
            count("StaffRefused", right=route.right)
            note_refused(caller, route.right, deps)
            raise RightMissing(right=route.right)
        request.check()
        return route.handler(caller, request, deps)

    checked.__name__, checked.__doc__ = route.handler.__name__, route.handler.__doc__
    return checked
