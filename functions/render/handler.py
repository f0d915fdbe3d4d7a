"""Images or a release arrived: thumbnails, films and report PDFs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import envelopes
from functions.adapters.hospitals import open_hospital
from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.wiring import Deps, production
from functions.core.study.states import Tier
from functions.render.films import render_exam_films, render_films
from functions.render.reports import render_report
from functions.render.thumbnails import render_thumbnail


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    deps = production()
    return per_record(event, render, deps, deps.own_queue)


def render(message: Mapping[str, Any], deps: Deps) -> None:
    """Everything is made from the rows as they stand now; an event says only what to look at. Twice is once.

    Raises ServiceBusy while the hospital's rows are lost or being rebuilt: a film of half a study would stay.
    """
    envelope = envelopes.opened(message)
    tenant, body = envelope["tenant"], envelope["body"]
    open_hospital(tenant, deps)
    match envelope["type"]:
        case "series_indexed":
            render_thumbnail(tenant, body["study"], body["series"], body["index"], deps)
            render_films(tenant, body["study"], deps, only_released=True)
        case "study_completed" | "study_revised" | "series_hidden" | "series_shown":
            render_films(tenant, body["study"], deps)
        case "tier_changed" if body["tier"] == Tier.ONLINE:
            render_films(tenant, body["study"], deps)
        case "report_audited":
            render_report(tenant, body["exam"], deps, at_least=body["version"])
            if body["version"] > 1:  # nothing else tells of a correction; with the first version comes the release
                render_exam_films(tenant, body["exam"], deps)
        case "exam_released":
            render_report(tenant, body["exam"], deps)
            for study in body["studies"]:
                render_films(tenant, study, deps)
