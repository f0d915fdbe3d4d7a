"""What can go wrong in the agent. Each class says what happened, what to do next, and whether waiting helps.

AgentError
├── SettingsWrong           the settings file cannot be used (file, line, key, what is allowed)
├── PortTaken               another program listens there
├── NotEnrolled             no key pair and tenant yet
├── EnrolmentRefused        the one-time code was not taken
├── SpoolError
│   ├── SpoolBusy           another agent holds this spool
│   ├── SpoolFull           no room for another object
│   ├── SpoolUnwritable     the disk refused a write
│   ├── ObjectDamaged       a stored object is not what its head says
│   └── ShipmentDamaged     a file made for upload is not what it was
├── ImpossibleStep          a state and an event that do not belong together
├── ObjectRefused           an object that a sender offered is not taken
│   ├── CommandIncomplete   C-STORE without SOP UIDs
│   ├── ContextRefused      presentation context not agreed for this
│   ├── DataSetUnreadable   truncated, lying lengths, or UIDs missing
│   └── DataSetMismatch     command and data set name different objects
├── ProtocolBroken          a peer broke the upper layer protocol; its association is aborted
├── ReportRefused           a report that a source offered is not taken
└── CloudError
    ├── CloudUnreachable    no answer, or an answer that means "later"
    ├── ClockSkewed         this machine's clock is off
    ├── TokenExpired        a new token is needed
    ├── AgentRevoked        the hospital or the operator ended this agent's rights
    └── CloudRefused        the cloud says no, and will say no again
"""

from __future__ import annotations

from typing import ClassVar


class AgentError(Exception):
    """Base. Keyword arguments fill `message`; none of them may hold patient data."""

    message: ClassVar[str] = "The agent failed."
    hint: ClassVar[str] = ""
    retry: ClassVar[bool] = False
    dicom_status: ClassVar[int] = 0x0110  # Processing failure, PS3.7 C.5.11

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.message.format(**details))

    @property
    def code(self) -> str:
        """Stable name for logs: the class name."""
        return type(self).__name__


class SettingsWrong(AgentError):
    message = "{file}, line {line}: {key}: {problem}"
    hint = "docs/agent.md lists every key with its meaning, unit and default."


class PortTaken(AgentError):
    message = "{key}: {host}:{port} cannot be listened on: {reason}"
    hint = "Stop the other program, or choose another port in the settings file."


class NotEnrolled(AgentError):
    message = "This agent has no identity yet: {folder} holds none."
    hint = "Get a one-time code from the operator, then: python -m edge_agent enrol --config FILE --code CODE"


class EnrolmentRefused(AgentError):
    message = "The enrolment code was refused: {reason}"
    hint = "A code works once, for 15 minutes, for one AE title. Ask the operator for a new one."


class SpoolError(AgentError):
    dicom_status = 0xA700  # Out of Resources, PS3.4 B.2.3


class SpoolBusy(SpoolError):
    message = "Spool {folder} is in use by process {pid}."
    hint = "Stop the other agent, or give this one a spool of its own (spool.folder)."


class SpoolFull(SpoolError):
    message = "Spool {folder} holds {used_mib} MiB of {max_mib} MiB, disk has {free_mib} MiB free; object refused."
    hint = "Free disk or raise spool.max_gib; receiving goes on by itself as soon as there is room."
    retry = True


class SpoolUnwritable(SpoolError):
    message = "The disk of spool {folder} refused a write: {reason}"
    hint = "Check the disk, its mount and its rights; senders may send again."
    retry = True


class ObjectDamaged(SpoolError):
    message = "Object {number} in the spool is damaged: {reason}"
    hint = "Its file is kept. Send the object again from the modality, then check the disk."


class ShipmentDamaged(SpoolError):
    message = "A file of shipment {number} is damaged: {reason}"
    hint = "The shipment is made anew from the received objects; check the disk."


class ImpossibleStep(AgentError):
    message = "{event} cannot happen to something {state}."


class ObjectRefused(AgentError):
    dicom_status = 0xC000  # Cannot Understand, PS3.4 B.2.3


class CommandIncomplete(ObjectRefused):
    message = "C-STORE request without {missing}."
    hint = "The sending device breaks PS3.7 9.3.1; ask its vendor."


class ContextRefused(ObjectRefused):
    message = "{problem}"
    hint = "The sender used a presentation context for something it was not agreed for."
    dicom_status = 0x0122  # SOP Class not supported, PS3.7 C.5.6


class DataSetUnreadable(ObjectRefused):
    message = "Data set cannot be read: {reason}"
    hint = "The object is broken at the sender; nothing was stored."


class DataSetMismatch(ObjectRefused):
    message = "Command and data set differ in {what}."
    hint = "The object is inconsistent at the sender; nothing was stored."
    dicom_status = 0xA900  # Data Set does not match SOP Class, PS3.4 B.2.3


class ProtocolBroken(AgentError):
    message = "The peer broke the DICOM protocol: {reason}"


class ReportRefused(AgentError):
    message = "Report refused: {reason}"
    hint = "events/schemas/report.v1.json says what a report must hold."


class CloudError(AgentError):
    pass


class CloudUnreachable(CloudError):
    message = "The cloud did not answer {route}: {reason}"
    hint = "Objects stay in the spool; sending goes on by itself."
    retry = True


class ClockSkewed(CloudError):
    message = "This machine's clock is {skew_s} s off; the cloud refuses its requests."
    hint = "Set the clock or turn on time synchronisation (NTP)."
    retry = True


class TokenExpired(CloudError):
    message = "The access token has expired."
    retry = True


class AgentRevoked(CloudError):
    message = "The cloud no longer accepts this agent: {reason}"
    hint = "Ask the operator; a new enrolment code makes a new identity. Received objects are kept and sent then."
    retry = True


class CloudRefused(CloudError):
    message = "The cloud refused {route}: {status} {reason}"
    hint = "Waiting does not help; the item is parked for a person to look at."
