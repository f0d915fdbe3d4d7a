"""The film of a study: pages as pictures, and one PDF of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from functions.adapters import fonts
from functions.adapters.observability import count, logger
from functions.adapters.pdf import pdf
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core import plain_text
from functions.core.errors import ObjectArchived, ServiceBusy
from functions.core.imaging.errors import DataSetMalformed, ParcelDamaged, PixelsUnreadable
from functions.core.imaging.film import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    FilmFrame,
    FilmHeader,
    FilmSeries,
    Page,
    SeriesFacts,
    Shortage,
    plan_pages,
)
from functions.core.imaging.film_marks import Sheet
from functions.core.imaging.film_page import GRID_HEIGHT, GRID_WIDTH, lay_out
from functions.core.imaging.film_picture import jpeg
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Patient, Series, Study
from functions.core.study.states import Imaging, Release
from functions.core.times import parse
from functions.render.paper import hospital_of, paper_of
from functions.render.pictures import IndexedFrame, SeriesPictures
from functions.render.reported import current_document, person_of

ROUNDS = 3  # images may arrive while pages are drawn; then they are drawn again


@dataclass(frozen=True)
class Order:
    """All that a film is made of; the same order always makes the same bytes."""

    header: FilmHeader
    series: tuple[Series, ...]
    drawn_at: str  # ISO UTC: date of the PDF, the exam's
    without: tuple[str, ...] = ()  # names of series that are hidden

    @property
    def fingerprint(self) -> str:
        facts: list[Any] = [asdict(self.header), [[one.series, one.index] for one in self.series], self.drawn_at]
        facts += [self.without] if self.without else []
        return keys.sha256_hex(json.dumps(facts, ensure_ascii=False, sort_keys=True))


def render_films(tenant: str, study: str, deps: Deps, *, only_released: bool = False) -> None:
    """Make the study's film if it is due and not made of just this already.

    only_released: not merely because the images are complete; of that an event of its own tells.
    """
    for _ in range(ROUNDS):
        row = deps.table.get(keys.study_pk(tenant, study), "STUDY")
        if row is None or not _is_due(Study.from_row(row), deps, only_released):
            return
        order = _order(Study.from_row(row), deps)
        if order is None or (row["films"] or {}).get("made_from") == order.fingerprint:
            return
        try:
            drawn = _draw(order, deps)
        except ObjectArchived:  # `tier_changed` tells when it was recalled
            logger.info("film not drawn, its images lie in the archive", extra={"tenant": tenant, "study": study})
            return
        _keep(tenant, study, drawn, order.without, deps)
    raise ServiceBusy(service="a study whose images keep arriving")


def render_exam_films(tenant: str, exam: str, deps: Deps) -> None:
    """Of all studies that the exam has now."""
    row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    for study in sorted(row["studies"]) if row else ():
        render_films(tenant, study, deps, only_released=True)


def _is_due(study: Study, deps: Deps, only_released: bool) -> bool:
    """Images complete, or released: then patients get what there is, marked as a part."""
    if study.imaging == Imaging.COMPLETE and not only_released:
        return True
    row = deps.table.get(keys.exam_pk(study.tenant, study.exam), "EXAM") if study.exam else None
    return row is not None and row["release"] == Release.RELEASED


def _order(study: Study, deps: Deps) -> Order | None:
    """None where no person is known yet, or nothing can be shown."""
    rows = [Series.from_row(row) for row in deps.table.rows(keys.study_pk(study.tenant, study.study), "SERIES#")]
    pictured = [one for one in rows if one.index and one.frames]
    series = [one for one in pictured if not one.hidden]
    without = tuple(sorted(one.series for one in pictured if one.hidden))
    if not series or not study.exam:
        return None
    series.sort(key=lambda one: (one.number is None, one.number or 0, one.series))
    header = _header(study, _shortage(study, rows), deps)
    return Order(header, tuple(series), study.at or study.created_at, without) if header else None


def _shortage(study: Study, series: Sequence[Series]) -> Shortage | None:
    """Counted on the series: their rows are written before the study's, and the event that brings us here follows them."""
    received = sum(one.received for one in series)
    return None if study.complete and received == study.received else Shortage(received, study.declared)


def _header(study: Study, shortage: Shortage | None, deps: Deps) -> FilmHeader | None:
    """None where nobody is known whose images these are. Makes the paper link if nobody has made it yet."""
    hospital = hospital_of(study.tenant, deps)
    exam = deps.table.get(keys.exam_pk(study.tenant, study.exam), "EXAM")
    report = (current_document(exam, deps) if exam else None) or {}
    patient = _patient(study, report, hospital, deps) if hospital else None
    if hospital is None or patient is None:
        return None
    paper = paper_of(hospital, study.exam, patient.patient, deps)
    return FilmHeader(
        hospital=hospital.name,
        name=patient.name,
        sex=paper.sex(patient),
        age=paper.age(patient, study.at),
        patient_id=patient.id,
        accession_number=study.accession_number or report.get("accession_number", ""),
        item=plain_text.line(report.get("item", "")) or study.description,
        study_date=paper.local(study.at),
        language=paper.language,
        link=paper.link,
        code=paper.code,
        shortage=shortage,
    )


def _patient(study: Study, report: Mapping[str, Any], hospital: Hospital, deps: Deps) -> Patient | None:
    """In the report's words where it speaks of the one whom the images name, else in theirs."""
    reported = person_of(report, hospital, deps) if report else None
    if reported and study.patient in ("", reported.patient):
        return reported
    row = deps.table.get(keys.patient_pk(study.tenant, study.patient), "PATIENT") if study.patient else None
    return Patient.from_row(row) if row else None


def _draw(order: Order, deps: Deps) -> tuple[list[bytes], bytes, str]:
    """(pages, PDF, fingerprint)."""
    face = fonts.face()
    sheets = list(_sheets(order, deps))
    pages = [jpeg(sheet, face) for sheet in sheets]
    document = pdf(
        sheets,
        face,
        fonts.path(),
        title=order.header.item or order.header.hospital,
        created=parse(order.drawn_at),
        language=order.header.language,
    )
    return pages, document, order.fingerprint


def _sheets(order: Order, deps: Deps) -> Iterator[Sheet]:
    series = [SeriesPictures(deps, row) for row in order.series]
    facts = [SeriesFacts(one.row.modality, len(one.frames), one.frames[0].aspect if one.frames else 1.0) for one in series]
    pages = plan_pages(facts, width=GRID_WIDTH, height=GRID_HEIGHT)
    for number, page in enumerate(pages, 1):
        frames = list(_frames(page, series))
        yield lay_out(page, frames, order.header, fonts.face(), number=number, of=len(pages))


def _frames(page: Page, series: Sequence[SeriesPictures]) -> Iterator[tuple[FilmSeries, FilmFrame]]:
    width = GRID_WIDTH / page.columns
    for place, frame in page.cells:
        pictures = series[place]
        row = pictures.row
        words = FilmSeries(row.number, row.modality, row.description, row.frames)
        yield words, _frame(pictures, pictures.frames[frame], width)


def _frame(pictures: SeriesPictures, frame: IndexedFrame, width: float) -> FilmFrame:
    """The frame's picture; black with its number where it cannot be decoded, so that nothing moves up into its place."""
    try:
        return pictures.film_frame(frame, wanted_px=width)
    except (PixelsUnreadable, ParcelDamaged, DataSetMalformed) as error:
        logger.info("frame not shown", extra={"series": pictures.row.series, "code": error.code})
        count("FrameNotShown", where="film")
        return FilmFrame(np.zeros((8, 8), np.uint8), number=frame.number)


def _keep(tenant: str, study: str, drawn: tuple[list[bytes], bytes, str], without: Sequence[str], deps: Deps) -> None:
    pages, document, fingerprint = drawn
    prefix = keys.derived_prefix(tenant, study)
    names = [f"film/{keys.sha256_hex(page)}.jpg" for page in pages]
    for name, page in zip(names, pages, strict=True):
        deps.vault.put("derived", prefix + name, page, content_type="image/jpeg")
    pdf_name = f"film/{keys.sha256_hex(document)}.pdf"
    deps.vault.put("derived", prefix + pdf_name, document, content_type="application/pdf")
    films: dict[str, Any] = {
        "pages": names,
        "pdf": pdf_name,
        "width": PAGE_WIDTH,
        "height": PAGE_HEIGHT,
        "made_from": fingerprint,
        **({"without": list(without)} if without else {}),
    }

    def decide(old: Row | None) -> Row | None:
        return None if old is None else {**old, "films": films}

    change(deps.table, keys.study_pk(tenant, study), "STUDY", decide)
