"""Whether what was written beside the vault names the patient: every line of every log is searched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from iac.local.demo.study import Facts


def pattern(word: str) -> re.Pattern[bytes]:
    """The word in UTF-8, in GB 18030, and as JSON and addresses escape it. A short number only where it stands alone."""
    forms = {word.encode(), word.encode("gb18030"), json.dumps(word)[1:-1].encode(), quote(word, safe="").encode()}
    either = b"|".join(re.escape(form) for form in sorted(forms))
    alone = word.isdigit() and len(word) < 8
    return re.compile(rb"(?<![\w.])(?:" + either + rb")(?!\w)" if alone else either, re.IGNORECASE)


def words(facts: Facts, phone: str) -> Mapping[str, str]:
    """What names the patient, by what it is; empty ones and single letters are left out."""
    named = {
        "name": facts.name,
        "patient id": facts.patient_id,
        "birth date": facts.birth_date,
        "accession number": facts.accession_number,
        "phone": phone,
    }
    return {what: word for what, word in named.items() if len(word) > 1}


def searched(folder: Path, looked_for: Mapping[str, str]) -> tuple[int, list[str]]:
    """(lines, what was found where) of all files below the folder; found: `phone in agent.log`, never the line."""
    patterns = {what: pattern(word) for what, word in looked_for.items()}
    lines, found = 0, set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = path.read_bytes()
        lines += text.count(b"\n")
        found |= {f"{what} in {path.name}" for what, one in patterns.items() if one.search(text)}
    return lines, sorted(found)
