"""Who asks: the session behind the cookie, its link or share, and its exam, read at every request. All three name one patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from functions.adapters import people
from functions.adapters.http import Request
from functions.adapters.table.port import Table
from functions.adapters.wiring import Deps
from functions.core.access import scope as scopes
from functions.core.access import sessions, shares
from functions.core.access.agreements import Consent
from functions.core.access.exam_view import hospital_view
from functions.core.access.progress import is_open
from functions.core.access.scope import Scope
from functions.core.access.sessions import Session, cookie_of
from functions.core.access.shares import Share
from functions.core.access.tokens import is_token, phone_name, token_digest
from functions.core.errors import ConsentNeeded, LinkExpired, LinkRevoked, NotInExam, SessionMissing, VersionConflict
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.core.study.states import Release
from functions.core.times import epoch_s
from functions.patient_api.closed import not_found, not_shown, open_hospital


@dataclass(frozen=True)
class Visit:
    """A session and the one exam that it opens. Everything a route reads is reached from here."""

    session: Session
    hospital: Hospital
    exam: Exam
    scope: Scope
    deps: Deps
    share: Share | None = None  # of a guest's

    @property
    def tenant(self) -> str:
        return self.session.tenant

    @property
    def agreement(self) -> dict[str, Any] | None:
        """The hospital's {version, sha256, forced}, None where it has none."""
        agreement = self.hospital.agreement
        return agreement if agreement.get("sha256") else None

    @property
    def consent_number(self) -> str:
        """A patient agrees once for all, whoever they share with in each session."""
        return self.session.digest[:16] if self.session.guest else ""

    def consent(self) -> Consent | None:
        """To the version in force."""
        if not self.agreement:
            return None
        sk = keys.consent_sk(self.agreement["version"], self.consent_number)
        row = self.deps.table.get(keys.consents_pk(self.tenant, self.session.patient), sk)
        return Consent.from_row(row) if row else None

    def require_consent(self) -> None:
        """Raises ConsentNeeded where nothing opens before the agreement."""
        if self.agreement and self.agreement["forced"] and self.consent() is None:
            raise ConsentNeeded(version=self.agreement["version"], hospital=hospital_view(self.hospital))

    def studies(self) -> Iterator[tuple[Study, list[Series]]]:
        """As this visit sees them: series and films outside of its scope are not there."""
        for study, series in self.all_studies():
            yield self.scope.seen(study, series)

    def all_studies(self) -> Iterator[tuple[Study, list[Series]]]:
        for name in sorted(self.exam.studies):
            series = self._all_series(name)
            study = self._study(name)
            if study is not None:
                yield study, series

    def _all_series(self, study: str) -> list[Series]:
        return [Series.from_row(one) for one in self.deps.table.rows(keys.study_pk(self.tenant, study), "SERIES#")]

    def _study(self, name: str) -> Study | None:
        """None also while it holds another patient's images: ingest says so in its row before it indexes them, and holds the exam
        after. So its series are read before."""
        row = self.deps.table.get(keys.study_pk(self.tenant, name), "STUDY")
        if row is None or row["patient"] != self.exam.patient or len(row["identities"]) > 1 or row.get("expired_at"):
            return None
        return Study.from_row(row)

    def require_film(self, study: str) -> None:
        """Raises NotInExam, alike for what belongs to another exam, does not exist, or is not for this visit."""
        series = self._all_series(study) if study in self.exam.studies else []
        standing = self._study(study) if study in self.exam.studies else None
        if standing is None or not self.scope.sees_film_of(series, scopes.drawn_without(standing)):
            raise NotInExam()

    def series(self, name: str) -> tuple[Study, Series]:
        """A series of this exam that this visit may look at, and its study. Raises NotInExam, also for what is no name at all."""
        if not keys.is_name(name):
            raise NotInExam()
        for study in sorted(self.exam.studies):
            row = self.deps.table.get(keys.study_pk(self.tenant, study), keys.series_sk(name))
            if row is None or not row["index"]:
                continue
            standing, series = self._study(study), Series.from_row(row)
            if standing is not None and self.scope.sees_series(series):
                return standing, series
        raise NotInExam()

    def pixels_of(self, series: Series) -> str:
        """The Path of the cookies that open it: of the study where this visit sees all of that, else of the series alone."""
        if self.scope.sees_whole(self._all_series(series.study)):
            return f"/pixels/{keys.study_prefix(self.tenant, series.study)}"
        return f"/pixels/{keys.parcel_prefix(self.tenant, series.study, series.series)}"

    def report(self) -> ReportVersion | None:
        """The current version of the report, whatever its state; None where this visit may not see any."""
        if not self.exam.report_version or not self.scope.sees_report:
            return None
        row = self.deps.table.get(*_report_key(self.exam))
        return ReportVersion.from_row(row) if row else None


def visit(request: Request, deps: Deps) -> Visit:
    """The caller's visit. Raises ConsentNeeded, and as `patient_visit`."""
    seen = patient_visit(request, deps)
    seen.require_consent()
    return seen


def guest_visit(request: Request, deps: Deps) -> Visit:
    """The visit of somebody with whom the exam was shared. Raises ConsentNeeded, and as `stranger_visit`."""
    seen = stranger_visit(request, deps)
    seen.require_consent()
    return seen


def patient_visit(request: Request, deps: Deps) -> Visit:
    """The patient's, whatever they have agreed to yet.

    Raises SessionMissing (none, ended, its link was revoked, the exam is another patient's now, their phone or ID card was
    corrected since, or it began by a registration's number and the report names another), ExamNotReleased (the exam was taken
    back), HospitalRebuilding.
    """
    session, hospital, exam = _admitted(request, deps)
    if exam.release != Release.RELEASED:
        under_way = is_open(exam, people.registration_of(deps.table, exam))
        raise not_shown(exam.to_row(), hospital, progress=under_way)
    return Visit(session, hospital, exam, scopes.of_hospital(hospital.shows), deps)


def early_visit(request: Request, deps: Deps) -> Visit:
    """The patient's, of an exam that is published or only registered so far, whatever they have agreed to yet.

    Raises as `patient_visit`.
    """
    session, hospital, exam = _admitted(request, deps)
    if exam.release != Release.RELEASED and not is_open(exam, people.registration_of(deps.table, exam)):
        raise not_shown(exam.to_row(), hospital)
    return Visit(session, hospital, exam, scopes.of_hospital(hospital.shows), deps)


def _admitted(request: Request, deps: Deps) -> tuple[Session, Hospital, Exam]:
    """Whose session it is, and the exam as it stands, published or not. Raises as `visit`."""
    now = epoch_s(deps.clock.now())
    session = _session(request, deps, now, guest=False)
    hospital = open_hospital(session.tenant, deps)
    link = deps.table.get(keys.link_pk(session.link), "LINK")
    if link is None or link["revoked"] or now >= link["expires_at"]:
        raise SessionMissing()
    row = deps.table.get(keys.exam_pk(session.tenant, session.exam), "EXAM")
    if row is None:
        raise not_shown(None, hospital)
    exam = Exam.from_row(row)
    if exam.release == Release.RELEASED and not exam.patient == session.patient == link.get("patient"):
        raise SessionMissing()
    if exam.release != Release.RELEASED and exam.patient != session.patient:
        raise not_shown(row, hospital)
    if session.started_at <= people.corrected_at(deps.table, session.tenant, session.patient):
        raise SessionMissing()
    if session.answered and session.answered != _phone_asked(deps, exam):
        raise SessionMissing()
    _prolong(deps, session, now)
    return session, hospital, exam


def _phone_asked(deps: Deps, exam: Exam) -> str:
    """Keyed name of the number that answers at the door now."""
    phone = people.phone_asked(deps.table, exam, people.patient_of(deps.table, exam))
    return phone_name(deps.secrets.values().link_key, tenant=exam.tenant, phone=phone)


def stranger_visit(request: Request, deps: Deps) -> Visit:
    """A guest's, whatever they have agreed to yet.

    Raises SessionMissing (none or ended), LinkRevoked and LinkExpired (of the share), ExamNotReleased, HospitalRebuilding.
    """
    now = epoch_s(deps.clock.now())
    session = _session(request, deps, now, guest=True)
    hospital = open_hospital(session.tenant, deps)
    row = deps.table.get(keys.share_pk(session.link), "SHARE")
    if row is None:
        raise SessionMissing()
    share = Share.from_row(row)
    exam = shared_exam(deps, share, hospital, now)
    _prolong(deps, session, now, until=share.expires_at)
    return Visit(session, hospital, exam, scopes.of_share(hospital.shows, share), deps, share)


def shared_exam(deps: Deps, share: Share, hospital: Hospital, now: int) -> Exam:
    """The exam that a share gives, as long as it does. Raises LinkRevoked, LinkExpired, ExamNotReleased."""
    whom = hospital_view(hospital)
    share = shares.corrected(share, people.corrected_at(deps.table, share.tenant, share.patient))
    if share.revoked_at or not scopes.of_hospital(hospital.shows).has("sharing"):
        raise LinkRevoked(hospital=whom)
    if now >= share.expires_at:
        raise LinkExpired(hospital=whom)
    exam = released(deps, share.tenant, share.exam, hospital)
    if exam.patient != share.patient:  # it turned out to be another's
        raise LinkRevoked(hospital=whom)
    return exam


def released(deps: Deps, tenant: str, exam: str, hospital: Hospital) -> Exam:
    """Raises ExamNotReleased or ExamExpired, which name whom to call."""
    row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is None or row["release"] != Release.RELEASED:
        raise not_shown(row, hospital)
    return Exam.from_row(row)


def cookie_pk(request: Request, *, guest: bool) -> str | None:
    """Partition of the session that the cookie names, or None."""
    token = request.cookie(cookie_of(guest))
    return keys.session_pk(token_digest(token)) if token is not None and is_token(token) else None


def forget_session(request: Request, table: Table, *, guest: bool = False) -> Session | None:
    """Remove the session that the cookie names, and say which it was; None if there was none of that kind."""
    pk = cookie_pk(request, guest=guest)
    while pk and (row := table.get(pk, "SESSION")) is not None and row.get("guest", False) == guest:
        try:
            table.delete(pk, "SESSION", expect=row["version"])
            return Session.from_row(row)
        except VersionConflict:
            continue  # prolonged meanwhile
    return None


def _session(request: Request, deps: Deps, now: int, *, guest: bool) -> Session:
    """A session of the one kind opens nothing under the other's cookie."""
    pk = cookie_pk(request, guest=guest)
    row = deps.table.get(pk, "SESSION") if pk else None
    if pk and row is None:
        raise not_found(SessionMissing(), deps)
    if row is None or now >= row["expires_at"] or row.get("guest", False) != guest:
        raise SessionMissing()
    request.note(tenant=row["tenant"], exam=row["exam"])
    return Session.from_row(row)


def _prolong(deps: Deps, session: Session, now: int, until: int | None = None) -> None:
    longer = sessions.renewed(session, now, until)
    if longer is None:
        return
    row = deps.table.get(*session.key())
    if row is None or row["expires_at"] != session.expires_at:
        return
    try:
        deps.table.put(longer.to_row(), expect=row["version"])
    except VersionConflict:
        return  # another request of the same page has just prolonged or ended it


def _report_key(exam: Exam) -> tuple[str, str]:
    return keys.exam_pk(exam.tenant, exam.exam), keys.exam_report_sk(exam.report_version)
