"""Whether the folders of the settings can be used by this user. Looks only; nothing is created or written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from edge_agent.config import Settings
from edge_agent.errors import FolderUnusable


def needed(settings: Settings) -> dict[str, Path]:
    """Key of the settings → folder that the agent reads and writes."""
    folders = {"spool.folder": settings.spool.folder}
    if settings.reports.folder is not None:
        folders["reports.folder"] = settings.reports.folder
    return folders


def require(key: str, folder: Path) -> None:
    """Raises FolderUnusable. A folder that is not there yet is judged by the one that it would be made in."""
    try:
        existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        for name in _kept_there(existing) if existing == folder else (existing,):
            _may_use(key, name)
    except OSError as error:
        raise FolderUnusable(key=key, folder=folder, reason=error.strerror) from None


def _kept_there(folder: Path) -> list[Path]:
    """The folder and the folders in it: a spool that root once wrote into holds some that others cannot use."""
    if not os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
        return [folder]
    return [folder, *(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())]


def _may_use(key: str, folder: Path) -> None:
    if os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return
    is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    reason = os.strerror(errno.EROFS if is_read_only else errno.EACCES)
    raise FolderUnusable(key=key, folder=folder, reason=reason)
