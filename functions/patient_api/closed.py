"""While a hospital's index is lost or being rebuilt its door is shut: nothing is said of exams that may be half there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.wiring import Deps
from functions.core.access.exam_view import hospital_view
from functions.core.errors import ExamExpired, ExamNotReleased, HospitalRebuilding, LightboxError
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_any_closed, is_closed

TRY_AGAIN_S = 60


def open_hospital(tenant: str, deps: Deps) -> Hospital:
    """Raises HospitalRebuilding, which names whom to call where that is known."""
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None or is_closed(row):
        known = {} if row is None else {"hospital": hospital_view(Hospital.from_row(row))}
        raise HospitalRebuilding(after_s=TRY_AGAIN_S, **known)
    return Hospital.from_row(row)


def not_shown(exam: Mapping[str, Any] | None, hospital: Hospital, *, progress: bool = False) -> LightboxError:
    """What to say of an exam that its patient does not see. exam: its row; progress: how far it has come may be asked."""
    over = exam is not None and "expired" in exam["reasons"]
    more = {"progress": True} if progress else {}
    return (ExamExpired if over else ExamNotReleased)(hospital=hospital_view(hospital), **more)


def not_found(otherwise: LightboxError, deps: Deps) -> LightboxError:
    """What to say of a link or session that is not there: while rows are lost it may be one of them, and come back."""
    lost = is_any_closed(deps.table.get(*keys.REBUILDING))
    return HospitalRebuilding(after_s=TRY_AGAIN_S) if lost else otherwise
