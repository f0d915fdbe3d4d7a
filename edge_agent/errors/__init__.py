"""What can go wrong in the agent: what happened, what to do, whether waiting helps. `run`, `status`, `doctor`, log and senders
all tell it in these words, in Chinese and English.

AgentError
├── SettingsWrong           the settings file cannot be used (file, line, key, what is allowed)
│   ├── SettingsMalformed   it is not YAML in UTF-8, or not of keys and values
│   └── SettingsUnreadable  it cannot be read at all
├── SystemUnsupported       this operating system is not Linux
├── ToolMissing             a library that the agent needs is not installed, or does not work
├── PortError
│   ├── PortTaken           another program listens there
│   ├── PortForbidden       this user may not listen there
│   └── AddressNotHere      the address is none of this machine's
├── FolderUnusable          a folder cannot be read or written
├── CertificatesUnreadable  cloud.ca_file is not a file of certificates
├── NotEnrolled             no key pair and tenant yet
├── EnrolmentRefused        the one-time code was not taken
├── SpoolError
│   ├── SpoolBusy           another agent holds this spool
│   │   └── AgentRuns           a command needs the agent stopped
│   ├── SpoolFull           no room for another object
│   │   ├── DiskFull            the disk has no more than is to be left on it
│   │   └── SpoolAtLimit        the spool holds what the settings allow
│   ├── SpoolUnwritable     the disk refused a write
│   ├── ObjectDamaged       a stored object is not what its head says
│   ├── ObjectTooLarge      this machine has not the memory to pack it
│   └── ShipmentDamaged     a file made for upload is not what it was
├── ImpossibleStep          a state and an event that do not belong together
├── ObjectRefused           an object that a sender offered is not taken
│   ├── CommandIncomplete   C-STORE without SOP UIDs
│   ├── ContextRefused      presentation context not agreed for this
│   ├── DataSetUnreadable   truncated, lying lengths, or UIDs missing
│   └── DataSetMismatch     command and data set name different objects
├── ProtocolBroken          a peer broke the upper layer protocol; its association is aborted
├── ReportRefused           a report that a source offered is not taken
├── CloudError
│   ├── CloudUnreachable    no answer, or an answer that means "later"
│   │   ├── NameUnknown         DNS does not know the host
│   │   ├── ConnectionRefused   nobody listens there, or a firewall says no
│   │   ├── NoRoute             no way to that network
│   │   ├── AnswerLate          nothing within the time
│   │   ├── ConnectionCut       it began and was cut
│   │   ├── CertificateUntrusted    the other side cannot prove who it is
│   │   ├── TlsFailed           no TLS could be agreed
│   │   ├── ProxyFailed         the proxy on the way did not let it through
│   │   └── NotTheCloud         something else answered
│   ├── ClockSkewed         this machine's clock is off
│   ├── TokenExpired        a new token is needed
│   ├── AgentRevoked        the cloud does not believe that it is this agent
│   │   ├── KeyUnknown      nobody enrolled this key pair there
│   │   └── KeyRevoked      the hospital or the operator ended this key pair's rights
│   └── CloudRefused        the cloud says no, and will say no again
└── Advice                  nothing fails yet
    ├── ClockDrifts         still believed, not for long
    ├── DiskUnsuited        the spool's file system may forget what it promised
    ├── RoomSmall           the disk is full before the spool is
    ├── ProxyNotUsed        the environment names a proxy, the settings do not
    └── WaitsForPerson      parked or overdue things
"""

from __future__ import annotations

from edge_agent.errors.advice import (
    Advice,
    ClockDrifts,
    DiskUnsuited,
    ProxyNotUsed,
    RoomSmall,
    WaitsForPerson,
)
from edge_agent.errors.base import (
    AgentError,
    sentences,
)
from edge_agent.errors.cloud import (
    AgentRevoked,
    AnswerLate,
    CertificateUntrusted,
    ClockSkewed,
    CloudError,
    CloudRefused,
    CloudUnreachable,
    ConnectionCut,
    ConnectionRefused,
    KeyRevoked,
    KeyUnknown,
    NameUnknown,
    NoRoute,
    NotTheCloud,
    ProxyFailed,
    TlsFailed,
    TokenExpired,
    clock_off,
)
from edge_agent.errors.machine import (
    AddressNotHere,
    CertificatesUnreadable,
    EnrolmentRefused,
    FolderUnusable,
    NotEnrolled,
    PortError,
    PortForbidden,
    PortTaken,
    SettingsMalformed,
    SettingsUnreadable,
    SettingsWrong,
    SystemUnsupported,
    ToolMissing,
)
from edge_agent.errors.senders import (
    CommandIncomplete,
    ContextRefused,
    DataSetMismatch,
    DataSetUnreadable,
    ObjectRefused,
    ProtocolBroken,
    ReportRefused,
)
from edge_agent.errors.spool import (
    AgentRuns,
    DiskFull,
    ImpossibleStep,
    ObjectDamaged,
    ObjectTooLarge,
    ShipmentDamaged,
    SpoolAtLimit,
    SpoolBusy,
    SpoolError,
    SpoolFull,
    SpoolUnwritable,
)

__all__ = [
    "AddressNotHere",
    "Advice",
    "AgentError",
    "AgentRevoked",
    "AgentRuns",
    "AnswerLate",
    "CertificateUntrusted",
    "CertificatesUnreadable",
    "ClockDrifts",
    "ClockSkewed",
    "CloudError",
    "CloudRefused",
    "CloudUnreachable",
    "CommandIncomplete",
    "ConnectionCut",
    "ConnectionRefused",
    "ContextRefused",
    "DataSetMismatch",
    "DataSetUnreadable",
    "DiskFull",
    "DiskUnsuited",
    "EnrolmentRefused",
    "FolderUnusable",
    "ImpossibleStep",
    "KeyRevoked",
    "KeyUnknown",
    "NameUnknown",
    "NoRoute",
    "NotEnrolled",
    "NotTheCloud",
    "ObjectDamaged",
    "ObjectRefused",
    "ObjectTooLarge",
    "PortError",
    "PortForbidden",
    "PortTaken",
    "ProtocolBroken",
    "ProxyFailed",
    "ProxyNotUsed",
    "ReportRefused",
    "RoomSmall",
    "SettingsMalformed",
    "SettingsUnreadable",
    "SettingsWrong",
    "ShipmentDamaged",
    "SpoolAtLimit",
    "SpoolBusy",
    "SpoolError",
    "SpoolFull",
    "SpoolUnwritable",
    "SystemUnsupported",
    "TlsFailed",
    "TokenExpired",
    "ToolMissing",
    "WaitsForPerson",
    "clock_off",
    "sentences",
]
