"""What a visit may see of its exam: the one place that says so. Every list and every address asks here [SHR-03, SHR-05].

What the hospital shows at all, series that its staff hid, and, of a share, what its patient chose to give.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from functions.core.access import anonymity
from functions.core.access.shares import Share
from functions.core.study.records import Series, Study

SWITCHES = ("report", "film", "images", "originals", "sharing")  # of a hospital; one that was never set is on


@dataclass(frozen=True)
class Scope:
    """shows: the hospital's switches. series: of a share, the ones that were chosen, None for all of the exam.

    report, film: whether a share gives them. anonymous: nothing that tells who the patient is, and no film, which does.
    """

    shows: Mapping[str, bool] = field(default_factory=dict)
    series: frozenset[str] | None = None
    report: bool = True
    film: bool = True
    anonymous: bool = False

    def has(self, what: str) -> bool:
        """what: one of SWITCHES."""
        return self.shows.get(what, True)

    @property
    def sees_report(self) -> bool:
        return self.has("report") and self.report

    @property
    def sees_report_pdf(self) -> bool:
        """A PDF bears the patient's name."""
        return self.sees_report and not self.anonymous

    @property
    def sees_images(self) -> bool:
        return self.has("images") and self.series != frozenset()

    @property
    def sees_originals(self) -> bool:
        """DICOM files as the hospital sent them, names and all."""
        return self.sees_images and self.has("originals") and not self.anonymous

    @property
    def sees_film(self) -> bool:
        return self.has("film") and self.film and not self.anonymous

    def sees_series(self, series: Series) -> bool:
        return self.sees_images and self._gives(series)

    def _gives(self, series: Series) -> bool:
        if series.hidden or (self.anonymous and anonymity.why_not(series)):
            return False
        return self.series is None or series.series in self.series

    def visible(self, series: Iterable[Series]) -> list[Series]:
        return [one for one in series if self.sees_series(one)]

    def sees_whole(self, series: Sequence[Series]) -> bool:
        """Whether cookies may be for all of a study, given all its series. An anonymous share gets them for single series: one
        that comes tomorrow may hold a name in its pixels."""
        return not self.anonymous and all(self.sees_series(one) for one in series)

    def sees_film_of(self, series: Sequence[Series], without: Collection[str] = ()) -> bool:
        """Whether a study's film may be shown, given all its series: any may be on it but those that it was drawn without."""
        return self.sees_film and all(self._gives(one) for one in series if one.series not in without)

    def seen(self, study: Study, series: Sequence[Series]) -> tuple[Study, list[Series]]:
        """A study and its series as they are shown: what is counted of the study is what can be seen of it."""
        shown = self.visible(series)
        films = study.films if self.sees_film_of(series, drawn_without(study)) else None
        if len(shown) == len(series):
            return replace(study, films=films), shown
        declared = [one.declared for one in shown]
        return replace(
            study,
            films=films,
            received=sum(one.received for one in shown),
            frames=sum(one.frames for one in shown),
            declared=None if None in declared else sum(number or 0 for number in declared),
            complete=bool(shown) and all(one.complete for one in shown),
            modalities=sorted({one.modality for one in shown if one.modality}),
        ), shown


def of_share(shows: Mapping[str, bool], share: Share) -> Scope:
    """What a share's guests see, under the hospital's switches."""
    series = None if share.series is None else frozenset(share.series)
    return Scope(dict(shows), series, report=share.report, film=share.film, anonymous=share.anonymous)


def drawn_without(study: Study) -> Collection[str]:
    """Series that are not on the study's film, since they were hidden when it was drawn."""
    names: Collection[str] = (study.films or {}).get("without", ())
    return names


def of_hospital(shows: Mapping[str, bool]) -> Scope:
    """What a patient sees by their own link. shows: the hospital's switches."""
    return Scope(shows=dict(shows))
