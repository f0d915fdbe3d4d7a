"""What `doctor` looks at on this machine: identity, spool, folders, disk, ports."""

from __future__ import annotations

from pathlib import Path

from edge_agent import folders, identity, ports
from edge_agent.config import Settings
from edge_agent.doctor.finding import Finding, good, skipped, wrong
from edge_agent.errors import AgentError, DiskFull, DiskUnsuited, PortTaken, RoomSmall, SpoolAtLimit, WaitsForPerson
from edge_agent.identity import Identity
from edge_agent.spool.room import disk_is_full
from edge_agent.status import View, look

_FORGETFUL = {"tmpfs", "ramfs", "nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "vboxsf"}


def found_here(settings: Settings) -> tuple[list[Finding], Identity | None]:
    """Findings, and who the agent is where that can be read."""
    unusable: list[AgentError] = []
    for key, folder in folders.needed(settings).items():
        try:
            folders.require(key, folder)
        except AgentError as error:
            unusable.append(error)
    if any(error.details["key"] == "spool.folder" for error in unusable):
        rest = [skipped("identity"), skipped("spool"), skipped("disk"), *_ports(settings, None)]
        return [*(wrong("folders", error) for error in unusable), *rest], None
    named = ", ".join(str(folder) for folder in folders.needed(settings).values())
    found = [wrong("folders", error) for error in unusable] or [good("folders", f"可读写 {named}", f"may read and write {named}")]
    who: Identity | None = None
    try:
        who = identity.load(settings.spool.folder / "identity")
        found.append(
            good("identity", f"{who.hospital}，前置机 {who.agent}", f"{who.hospital} (tenant {who.tenant}), agent {who.agent}")
        )
    except AgentError as error:
        found.append(wrong("identity", error))
    try:
        view = look(settings)
    except AgentError as error:
        return [*found, wrong("spool", error), skipped("disk"), *_ports(settings, None)], who
    return [*found, *_spool(view), *_disk(settings, view), *_ports(settings, view.running)], who


def _spool(view: View) -> list[Finding]:
    waiting = sum(count for state, count in {**view.states}.items() if state != "sent")
    running_zh = f"前置机运行中（进程 {view.running}）" if view.running else "前置机未运行"
    running = f"agent runs (process {view.running})" if view.running else "agent does not run"
    found = [good("spool", f"{running_zh}，{waiting} 个对象待上传", f"{running}; {waiting} objects wait")]
    if view.parked or view.overdue:
        found.append(wrong("spool", WaitsForPerson(parked=len(view.parked), overdue=len(view.overdue))))
    return found


def _disk(settings: Settings, view: View) -> list[Finding]:
    folder = settings.spool.folder
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    spool, free_mib = settings.spool, view.free_bytes >> 20
    gib = f"{view.free_bytes / (1 << 30):.1f} GiB"
    numbers = {"folder": folder, "free_mib": free_mib, "max_mib": spool.max_bytes >> 20}
    if view.full:
        error = DiskFull if disk_is_full(view.free_bytes, spool.min_free_bytes) else SpoolAtLimit
        full = error(**numbers, used_mib=view.spool_bytes >> 20, min_free_mib=spool.min_free_bytes >> 20)
        found = [wrong("disk", full)]
    else:
        found = [good("disk", f"剩余 {gib}", f"{gib} free")]
        if view.free_bytes - spool.min_free_bytes < spool.max_bytes - view.spool_bytes:
            found.append(wrong("disk", RoomSmall(**numbers)))
    kind = _file_system(existing)
    if kind in _FORGETFUL:
        found.append(wrong("disk", DiskUnsuited(folder=folder, kind=kind)))
    return found


def _file_system(folder: Path) -> str:
    """Kind of the file system that `folder` is on, as /proc/mounts names it; empty where that cannot be read."""
    path, kind, best = folder.resolve(), "", -1
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    for _, at, name, *_ in mounts:
        at = at.replace("\\040", " ")
        if path.is_relative_to(at) and len(at) >= best:
            kind, best = name, len(at)
    return kind


def _ports(settings: Settings, running: int | None) -> list[Finding]:
    wanted = [("dicom.port", settings.dicom.host, settings.dicom.port)]
    if settings.reports.http:
        wanted.append(("reports.http_port", settings.reports.http_host, settings.reports.http_port))
    return [_port(key, host, port, running) for key, host, port in wanted]


def _port(key: str, host: str, port: int, running: int | None) -> Finding:
    """Free, ours or taken. Whose it is can be seen by root and by the user whose program it is."""
    owner = ports.owner(port) if port else None
    if owner and owner.pid == running:
        return good("ports", f"{key} {port}：前置机正在监听", f"{key} {port}: the agent listens")
    try:
        ports.probe(key, host, port)
    except PortTaken as error:
        if running and owner is None:
            return good(
                "ports", f"{key} {port}：使用中，应为运行中的前置机", f"{key} {port}: in use, by the agent that runs it seems"
            )
        return wrong("ports", error)
    except AgentError as error:
        return wrong("ports", error)
    return good("ports", f"{key} {host}:{port} 空闲", f"{key} {host}:{port} is free")
