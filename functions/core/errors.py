"""What can go wrong, for whom, and what to do next.

    LightboxError
    ├── RequestError                 somebody outside must do something else; waiting cannot help
    │   ├── DocumentInvalid 400      a body, message or object breaks its schema
    │   ├── OriginWrong 403, ContentTypeWrong 415, BodyTooLarge 413
    │   ├── AgentRefused 401         a request of an agent is not what its key signed
    │   │   ├── KeyUnknown, KeyRevoked, SignatureMissing, SignatureWrong, TokenExpired
    │   │   ├── ClockSkewed, RequestReplayed
    │   │   └── EnrolmentCodeWrong 403
    │   ├── TenantWall 403           a name that belongs to another hospital
    │   ├── LinkUnknown 404, LinkExpired 410, LinkRevoked 410, LinkLocked 423
    │   ├── LinkUsedUp 410, ShareRefused 409
    │   ├── AnswerWrong 403, SessionMissing 401, ExamNotReleased 409, ExamExpired 410, NotInExam 404
    │   ├── MonthClosed 409, MonthNotOver 409, StatementNotReady 409, CaseCancelled 409   a bill does not take this now
    │   ├── SignInWrong 403, AccountLocked 423, StaffSessionMissing 401, PasswordMustChange 403, PasswordWeak 400
    │   ├── NotRetriable 409         what waits for a person is no document
    │   ├── RightMissing 403, NotFound 404   of the hospital's staff; a name of another hospital is not found either
    │   └── RecordMissing 404        a row that a person asked for
    ├── Poison                       an object that can never be indexed: to quarantine with its reason
    ├── NotArrived                   something that a document names is not in the vault yet (retry, then quarantine)
    ├── VersionConflict 409          somebody wrote the row first; read again (retry)
    ├── ObjectMissing 503            the vault lacks an object that a row or message names (retry: storage may be behind)
    ├── ObjectRefused 503            storage does not say whether it is missing or closed to this function (retry)
    ├── ServiceBusy 503              a service behind us refused or timed out (retry)
    ├── HospitalRebuilding 503       a hospital's index is lost or being put in order again (retry)
    └── ImpossibleStep               a machine was asked for a transition that its table lacks

`message` and `hint` are formatted with the error's details. Details are keys, sizes and counts: never a name,
phone or token. `public` names the details that an HTTP answer carries. `code` is the class's name in snake_case unless given.
"""

from __future__ import annotations

from typing import Any, ClassVar


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


class LightboxError(Exception):
    """Base of all errors made by this project's cloud side."""

    message: ClassVar[str] = "Something failed."
    hint: ClassVar[str] = "Look up the request id in the logs."
    retry: ClassVar[bool] = False
    status: ClassVar[int] = 500
    code: ClassVar[str] = "lightbox_error"
    public: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in cls.__dict__:
            cls.code = _snake(cls.__name__)

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.message.format_map(_Blank(details)))

    @property
    def advice(self) -> str:
        """The hint with this error's numbers in it."""
        return self.hint.format_map(_Blank(self.details))

    @property
    def after_s(self) -> int:
        """How many seconds to wait at least before it is worth trying again; 0 where nobody knows."""
        return int(self.details.get("after_s", 0))

    def answer(self) -> dict[str, Any]:
        """The body of the HTTP answer, without the request id."""
        shown = {name: self.details[name] for name in self.public if name in self.details}
        return {"code": self.code, "message": str(self), "hint": self.advice, "retry": self.retry, **shown}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


# -- requests ----------------------------------------------------------------------------------------------------------


class RequestError(LightboxError):
    message = "The request cannot be served as it is."
    hint = "Correct the request."
    status = 400


class DocumentInvalid(RequestError):
    message = "{schema}: {where} breaks rule {rule}."
    hint = "Compare the document with events/schemas/{schema}.json."
    public = ("schema", "where", "rule")


class OriginWrong(RequestError):
    message = "The request comes from another site."
    hint = "Open the page from its own address."
    status = 403


class ContentTypeWrong(RequestError):
    message = "Only application/json is accepted."
    hint = "Set Content-Type: application/json."
    status = 415


class BodyTooLarge(RequestError):
    message = "The body has {bytes} bytes; {limit} are allowed."
    hint = "Send less at once."
    status = 413
    public = ("bytes", "limit")


class AgentRefused(RequestError):
    message = "The agent's request was refused."
    hint = "Check the agent's enrolment."
    status = 401


class SignatureMissing(AgentRefused):
    message = "The request carries no usable Authorization header."
    hint = "Sign the request with the enrolled key."


class KeyUnknown(AgentRefused):
    message = "No agent is enrolled with this key."
    hint = "Enrol the agent with a new code."


class KeyRevoked(AgentRefused):
    message = "This agent's key was revoked."
    hint = "Ask the operator for a new enrolment code."


class SignatureWrong(AgentRefused):
    message = "The signature does not fit the request."
    hint = "Something between agent and cloud changes requests, or the key files were mixed up."


class TokenExpired(AgentRefused):
    message = "The token is missing, unknown or expired."
    hint = "Fetch a new one from /tokens."


class ClockSkewed(AgentRefused):
    message = "The agent's clock is more than {limit_s} s off."
    hint = "Set the agent's clock; the cloud's time is {now}."
    public = ("now", "limit_s")


class RequestReplayed(AgentRefused):
    message = "This request was seen before."
    hint = "Sign each request anew, with a new nonce."


class EnrolmentCodeWrong(RequestError):
    message = "The enrolment code is unknown, used, expired or made for another AE title."
    hint = "Ask the operator for a new code; it lives 15 minutes."
    status = 403


class TenantWall(RequestError):
    message = "The name does not belong to this hospital."
    hint = "Use the names that /grants returned."
    status = 403


class LinkUnknown(RequestError):
    message = "No such link."
    hint = "Open the link as it was sent."
    status = 404


class LinkExpired(RequestError):
    message = "The link has expired."
    hint = "Ask the hospital for a new one."
    status = 410
    public = ("hospital",)


class LinkRevoked(RequestError):
    message = "The link was revoked."
    hint = "Ask the hospital for a new one."
    status = 410
    public = ("hospital",)


class LinkLocked(RequestError):
    message = "The link is locked after too many wrong answers."
    hint = "Wait until {until}, or ask the hospital."
    status = 423
    public = ("until", "hospital")


class AnswerWrong(RequestError):
    message = "The answer is wrong."
    hint = "Try again; {tries_left} tries left."
    status = 403
    public = ("tries_left",)


class SessionMissing(RequestError):
    message = "There is no session, or it has ended."
    hint = "Open the link again."
    status = 401


class ConsentNeeded(RequestError):
    message = "The hospital's user agreement, version {version}, comes first."
    hint = "Show GET /agreement, then POST /consents with its version."
    status = 403
    public = ("version", "hospital")


class ExamNotReleased(RequestError):
    """progress: a registered one's, which `GET /progress` tells."""

    message = "The exam is not published yet."
    hint = "Try again after the hospital's notice."
    status = 409
    public = ("hospital", "progress")


class ExamExpired(RequestError):
    message = "The exam was kept as long as it had to be and is removed."
    hint = "Ask the hospital; what it keeps elsewhere it can say."
    status = 410
    public = ("hospital",)


class NotInExam(RequestError):
    message = "The session's exam holds no such thing."
    hint = "Use the names that /exam returned."
    status = 404


class MonthClosed(RequestError):
    message = "The statements up to {closed_until} are made, and their price stands."
    hint = "Set the price from a later month on; correct single cases of a closed month."
    status = 409
    public = ("closed_until",)


class MonthNotOver(RequestError):
    message = "A month is closed from the second day of the next month on, when all that it earned is told."
    hint = "Wait until then; on the third day it is closed by itself."
    status = 409


class StatementNotReady(RequestError):
    message = "The month has no statement yet."
    hint = "Close the month; its statement is there some minutes later."
    status = 409


class CaseCancelled(RequestError):
    message = "The case was cancelled; it costs nothing any more."
    hint = "Look at the corrections of the month."
    status = 409


class SignInWrong(RequestError):
    """Alike for an unknown hospital, an unknown account, a disabled one and a wrong password."""

    message = "Hospital, account and password do not fit together."
    hint = "Try again; {tries_left} tries left."
    status = 403
    public = ("tries_left",)


class AccountLocked(RequestError):
    message = "Too many wrong passwords for this account."
    hint = "Wait until {until}, or ask your operator to unlock it."
    status = 423
    public = ("until",)


class StaffSessionMissing(SessionMissing):
    hint = "Sign in."
    code = "session_missing"


class PasswordMustChange(RequestError):
    message = "A first password opens nothing but its own change."
    hint = "Choose a password of your own."
    status = 403


class PasswordWeak(RequestError):
    message = "The new password breaks rules: {rules}."
    hint = "At least 8 characters with digit, upper and lower case and symbol; not the account's name, not the old password."
    public = ("rules",)


class NotRetriable(RequestError):
    message = "Only a document can be sent through again, not a thing of kind {subject}."
    hint = "Follow the advice of its reason, or settle it."
    status = 409


class RightMissing(RequestError):
    message = "Your account does not have the right {right}."
    hint = "Ask your hospital's operator."
    status = 403
    public = ("right",)


class NotFound(RequestError):
    message = "Your hospital has no such thing."
    hint = "Load the list again."
    status = 404


class WechatNotOffered(RequestError):
    message = "This hospital has no official account of WeChat here."
    hint = "Open the link that was sent to you."
    status = 404


class WechatRefused(RequestError):
    message = "WeChat does not say who this is: {reason}."
    hint = "Open the hospital's page in WeChat once more."
    status = 403


class LinkUsedUp(RequestError):
    message = "The share has been opened as often as it may be."
    hint = "Ask who shared it for a new one."
    status = 410
    public = ("hospital",)


class ShareRefused(RequestError):
    """`reason`: sharing_off, nothing_chosen, film_shows_more, too_many, or of an anonymous one modality, marks, unknown,
    report_names, film_names."""

    message = "This cannot be shared: {reason}."
    hint = "Choose less, or share by name."
    status = 409
    public = ("reason",)


class PhoneWrong(RequestError):
    message = "This is no phone number."
    hint = "A mainland mobile number has 11 digits; another country's begins with + and its code."


class IdCardWrong(RequestError):
    message = "This is no ID card number: its form or its check character is wrong."
    hint = "Compare it with the card: 18 characters, the last may be X."


class RecordMissing(RequestError):
    message = "没有找到 · No such {kind}."
    hint = "请核对名称 · Check the name: `hospital list`, `agent list` and `study list` say what there is."
    status = 404


# -- indexing ----------------------------------------------------------------------------------------------------------


class Poison(LightboxError):
    """Goes to quarantine; `reason` is a code from `functions.core.study.quarantine`."""

    message = "Quarantined: {reason}."
    hint = "List it with `python -m iac.operator quarantine list`, correct the source, send again."
    status = 422
    public = ("reason",)

    def __init__(self, *, reason: str, **details: Any) -> None:
        self.reason = reason
        super().__init__(reason=reason, **details)


class NotArrived(LightboxError):
    """`reason` is the code for quarantine when patience ends."""

    message = "What a document names is not in the vault yet: {reason}."
    hint = "Deliver the message again; after some tries it goes to quarantine."
    retry = True
    status = 409

    def __init__(self, *, reason: str, **details: Any) -> None:
        self.reason = reason
        super().__init__(reason=reason, **details)


# -- state and services ------------------------------------------------------------------------------------------------


class VersionConflict(LightboxError):
    message = "The row was written by somebody else meanwhile."
    hint = "Read it again and decide again."
    retry = True
    status = 409


class ObjectMissing(LightboxError):
    message = "The vault holds no such object in {bucket}."
    hint = "Upload it, then try again."
    retry = True
    status = 503


class ObjectRefused(LightboxError):
    """What S3 answers whoever may not list the bucket: he shall not learn from the answer what is there."""

    message = "Storage refuses an object in {bucket}: it is not there, or this function may not touch it."
    hint = "Look for the object; if it is there, compare the policies of function and key with template.yaml."
    retry = True
    status = 503


class ObjectArchived(LightboxError):
    """It lies in the archive and was not recalled, or has not come yet."""

    message = "An object in {bucket} lies in the archive."
    hint = "Recall its study (`study tier --to online`); it comes within hours."
    retry = True
    status = 503


class ServiceBusy(LightboxError):
    message = "{service} did not take the request."
    hint = "Wait and repeat."
    retry = True
    status = 503


class HospitalRebuilding(LightboxError):
    """What a link opens nobody can say now: half of what decides on it may not be there yet."""

    message = "The hospital's index is being put in order again; nothing of the exam is lost."
    hint = "Try again in {after_s} s."
    retry = True
    status = 503
    public = ("hospital",)


class ImpossibleStep(LightboxError):
    message = "{machine}: no step from {state} on {event}."
    hint = "The sender and the index disagree about what happened; look at the journal."
