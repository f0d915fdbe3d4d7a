"""A patient's phone or ID card as a member of staff corrected it [DOC-10].

`Patient.corrected` is {field: {value, serial, at, by, reason, wrong}}, fields PHONE and ID_CARD. A corrected phone stands until a
report that was signed after it names a phone that the correction did not already take the place of (`wrong`): a hospital's system
that goes on naming the old one brings nothing back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.core.study.event import Event, Row, event
from functions.core.study.people import spoken
from functions.core.study.records import Patient
from functions.core.times import epoch_s, parse

PHONE, ID_CARD = "phone", "id_card"
FIELDS = (PHONE, ID_CARD)
KEPT_WRONG = 64

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_CHECKS = "10X98765432"
_ID_CARD = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0\d{9,11}", re.ASCII)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def phone_of(typed: str) -> str | None:
    """A phone as it is kept: a mainland mobile number, a landline with its area code, else E.164; None for anything else."""
    text = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", typed))
    text = f"+{text[2:]}" if text.startswith("00") else text
    text = text.removeprefix("+86") if _MOBILE.fullmatch(text.removeprefix("+86")) else text
    return text if _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text) or _E164.fullmatch(text) else None


def id_card_of(typed: str) -> str | None:
    """A resident's number of 18 characters whose check character is right; None for anything else. Source: GB 11643-1999."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    if not _ID_CARD.fullmatch(text):
        return None
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    return text if text[17] == _CHECKS[total % 11] else None


def corrected(
    patient: Patient, values: Mapping[str, str], *, by: str, now: str, reason: str, registered: Collection[str] = ()
) -> Patient:
    """values: by field, as `phone_of` and `id_card_of` give them. registered: numbers in the patient's registrations, which open
    nothing from now on unless one is the value. What is so already, with nothing else open, is not corrected again."""
    serial = 1 + max((one["serial"] for one in patient.corrected.values()), default=0)
    said = [
        _said(patient, name, value, serial, by, now, reason, registered)
        for name, value in values.items()
        if value != getattr(patient, name) or (name == PHONE and _open_besides(patient, value, registered))
    ]
    return standing(patient, said)


def _open_besides(patient: Patient, value: str, registered: Collection[str]) -> set[str]:
    return set(registered) - {value, *patient.corrected.get(PHONE, {}).get("wrong", ())}


def last_at(corrected: Mapping[str, Mapping[str, Any]]) -> int:
    """When a patient was corrected last, in epoch seconds; 0: never. corrected: as `Patient.corrected`.

    Whoever came in, shared or bound an account by then answered to what was wrong, so perhaps is another person: none of it
    stands any more, nor does what began in that very second.
    """
    return max((epoch_s(parse(one["at"])) for one in corrected.values()), default=0)


def standing(patient: Patient, said: Sequence[Mapping[str, Any]]) -> Patient:
    """As these corrections leave the patient, each but where a later one stands. said: with `field`, else as in `corrected`."""
    kept = dict(patient.corrected)
    for one in said:
        before = kept.get(one["field"])
        if before is None or (one["serial"], one["at"]) > (before["serial"], before["at"]):
            kept[one["field"]] = {name: value for name, value in one.items() if name != "field"}
    return patient if kept == patient.corrected else spoken(replace(patient, corrected=kept))


def _said(
    patient: Patient, field: str, value: str, serial: int, by: str, now: str, reason: str, registered: Collection[str]
) -> dict[str, Any]:
    said = {"field": field, "value": value, "serial": serial, "at": now, "by": by, "reason": reason}
    if field == PHONE:
        earlier = patient.corrected.get(PHONE, {}).get("wrong", [])
        said["wrong"] = sorted({*earlier, *registered, *([patient.phone] if patient.phone else [])} - {value})[-KEPT_WRONG:]
    return said


def telling(old: Row | None, new: Row, *, whole: bool = False) -> Iterator[Event]:
    """One event for what was corrected together. whole: with its values, for the journal: the bus carries no person's words."""
    was = (old or {}).get("corrected") or {}
    fresh = {field: one for field, one in (new.get("corrected") or {}).items() if one != was.get(field)}
    for serial in sorted({one["serial"] for one in fresh.values()}):
        fields = [field for field in FIELDS if field in fresh and fresh[field]["serial"] == serial]
        first = fresh[fields[0]]
        body = {"patient": new["patient"], "what": fields, **{name: first[name] for name in ("serial", "at", "by", "reason")}}
        if whole:
            body |= {field: fresh[field]["value"] for field in fields}
            body |= {"wrong": fresh[PHONE]["wrong"]} if PHONE in fields else {}
        version = f"{serial}/{first['at']}/{'+'.join(fields)}"
        yield event(
            "patient_corrected", new["tenant"], f"patient/{new['patient']}", version, first["at"], body, cause=first["by"]
        )


def said_in(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The corrections in an event's body: none where its values are not in it."""
    for field in body["what"]:
        if field not in body:
            continue
        said = {"field": field, "value": body[field], **{name: body[name] for name in ("serial", "at", "by", "reason")}}
        yield {**said, "wrong": body.get("wrong", [])} if field == PHONE else said
