"""What was rendered once is given back to its rows: thumbnails, films, report PDFs. Nothing is drawn again for it."""

from __future__ import annotations

from typing import Any

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.history.folding import History
from functions.core.study.records import Series


def give_back(row: Row, history: History, table: Table) -> None:
    """Into a row that lacks it; what is there stays."""
    if row["kind"] == "series":
        _decide_again(row, history, table)
    name, value = _made(row, history)
    if value is None or row.get(name):
        return
    change(table, row["pk"], row["sk"], lambda old: {**old, name: value} if old and not old.get(name) else None)


def _decide_again(row: Row, history: History, table: Table) -> None:
    """Hidden it stays: its row may be newer than the decision was."""

    def decide(old: Row | None) -> Row | None:
        new = history.decided.series(Series.from_row(old) if old else None, row["study"], row["series"])
        return None if new is None else new.to_row()

    change(table, row["pk"], row["sk"], decide)


def _made(row: Row, history: History) -> tuple[str, Any]:
    match row["kind"]:
        case "series":
            made = history.thumbnails.get((row["study"], row["series"]), {})
            # where images are withheld, an older thumbnail may be of one of them
            latest = None if (row.get("conflicts") or {}).get("withheld") else max(made.values(), default=None)
            own = made.get(row["index"] or "", latest)
            return "thumbnail", own and own[1]
        case "study":
            films = history.films.get(row["study"])
            return "films", films and films[1]
        case "report":
            pdf = history.report_pdfs.get((row["exam"], row["report_version"], row["digests"][0]))
            return "document", pdf and {"exam": row["exam"], "name": pdf[1]}
        case _:
            return "", None
