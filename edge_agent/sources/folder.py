"""A watched folder: NAME.json (report.v1 without `tenant`) with NAME.pdf beside it.

Put the PDF there first and the JSON last. A file is taken when it did not change between two looks, and removed after
the report is durable. What cannot be taken moves to `refused/`, with NAME.reason.txt; a PDF alone stays and waits.
"""

from __future__ import annotations

import threading
from pathlib import Path

from edge_agent import log
from edge_agent.errors import ReportRefused, SpoolError
from edge_agent.sources.intake import MAX_BYTES, Intake

_Seen = dict[str, tuple[tuple[int, int], ...]]


class ReportFolder:
    """One thread that looks every `poll_s`."""

    def __init__(self, folder: Path, poll_s: float, intake: Intake) -> None:
        self._folder, self._poll_s, self._intake = folder, poll_s, intake
        self._seen: _Seen = {}
        self._troubled: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports-folder", daemon=True)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._poll_s):
            try:
                self.look()
            except OSError as error:
                log.warning("report_folder_unreadable", reason=error.strerror)
            except Exception:  # this thread must live: nothing else looks
                log.surprise("report_folder_failed")

    def look(self) -> int:
        """One look; returns how many reports were taken. A file is taken at the second look that finds it unchanged."""
        found: _Seen = {}
        troubled: set[str] = set()
        taken = 0
        for path in sorted(self._folder.glob("*.json")):
            if path.name.startswith(".") or not path.is_file() or path.is_symlink():
                continue
            try:
                taken += self._look_at(path, found)
            except Exception as error:  # whatever is wrong with one file must not hold up the others
                if path.name not in self._troubled:  # a name may be a patient's: it stays out of the log
                    log.surprise("report_file_failed", reason=error.strerror if isinstance(error, OSError) else "")
                troubled.add(path.name)
        self._seen, self._troubled = found, troubled
        return taken

    def _look_at(self, path: Path, found: _Seen) -> int:
        pdf = path.with_suffix(".pdf")
        looks = tuple((file.stat().st_size, file.stat().st_mtime_ns) for file in (path, pdf) if file.is_file())
        found[path.name] = looks
        return self._take(path, pdf if len(looks) == 2 else None) if self._seen.get(path.name) == looks else 0

    def _take(self, path: Path, pdf: Path | None) -> int:
        try:
            self._intake.take(_read(path), _read(pdf) if pdf else None, "folder")
        except ReportRefused as error:
            log.failure("report_refused", error, source="folder")
            self._refuse(path, pdf, error)
            return 0
        except SpoolError:
            return 0  # it stays and is looked at again
        path.unlink()
        if pdf:
            pdf.unlink()
        return 1

    def _refuse(self, path: Path, pdf: Path | None, error: ReportRefused) -> None:
        refused = self._folder / "refused"
        refused.mkdir(exist_ok=True)
        (refused / f"{path.stem}.reason.txt").write_text(f"{error}\n{error.hint}\n", encoding="utf-8")
        for file in (path, pdf):
            if file:
                file.replace(refused / file.name)


def _read(path: Path) -> bytes:
    """All of it, or one byte more than is ever taken: a file that is refused for its size need not fit into memory."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
