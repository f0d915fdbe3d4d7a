"""A hospital's retention: years by modality, never fewer than three [LIFE-02].

Days are the hospital's, whole: an exam of 24 November 2026 that is kept three years is there on 24 November 2029 and not on the
25th. 29 February ends on 1 March.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from functions.core.errors import RequestError

FLOOR_YEARS = 3
LONGEST_YEARS = 100
DEFAULT_YEARS = 15
DEFAULT = "default"  # the key for every modality that is not named
WARNED_BEFORE_DAYS = (90, 30)
PATIENT_WARNED_BEFORE_DAYS = 30
NOTICE_DAYS = 30  # nothing ends that was not warned of so long before, whatever date or policy says


class RetentionTooShort(RequestError):
    message = "{kind}: {years} 年过短 · {years} years are too few for {kind}."
    hint = "合同要求影像至少在线保存 3 年 · Contracts ask for three years online at least; give 3 to 100."


def checked(years: Mapping[str, int]) -> dict[str, int]:
    """years: by modality, or `default`. Raises RetentionTooShort."""
    for kind, count in years.items():
        if not FLOOR_YEARS <= count <= LONGEST_YEARS:
            raise RetentionTooShort(kind=kind, years=count)
    return dict(years)


def checked_archive(years: int) -> int:
    """0 for never. Raises RetentionTooShort: for three years full images open at once."""
    return checked({"archive": years})["archive"] if years else 0


def years_kept(policy: Mapping[str, int], modalities: Iterable[str]) -> int:
    """Of a study: the longest of what its modalities ask for. The studies of an exam end each on its own day."""
    default = policy.get(DEFAULT, DEFAULT_YEARS)
    return max((policy.get(modality, default) for modality in modalities), default=default)


def in_use(policy: Mapping[str, int]) -> set[int]:
    """Every number of years that some exam may be kept."""
    return {policy.get(DEFAULT, DEFAULT_YEARS), *(years for kind, years in policy.items() if kind != DEFAULT)}


def last_day(first: date, years: int) -> date:
    """The last whole day on which an exam of `first` is there; at the latest in the year 9999."""
    year = min(first.year + years, date.max.year)
    try:
        return first.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)


def first_day(last: date, years: int) -> date:
    """The earliest day whose exams' last day is not before `last`'s."""
    try:
        return last.replace(year=last.year - years)
    except ValueError:
        return date(last.year - years, 2, 28)
