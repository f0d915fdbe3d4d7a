"""Codecs of transfer syntaxes as the series index names them. Source: DICOM PS3.5 Annex A, PS3.6 Annex A."""

from __future__ import annotations

CODECS = {
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.52": "jpeg",
    "1.2.840.10008.1.2.4.53": "jpeg",
    "1.2.840.10008.1.2.4.54": "jpeg",
    "1.2.840.10008.1.2.4.55": "jpeg",
    "1.2.840.10008.1.2.4.56": "jpeg",
    "1.2.840.10008.1.2.4.57": "jpeg-lossless",
    "1.2.840.10008.1.2.4.70": "jpeg-lossless",
    "1.2.840.10008.1.2.4.80": "jpeg-ls",
    "1.2.840.10008.1.2.4.81": "jpeg-ls",
    "1.2.840.10008.1.2.4.90": "jpeg2000",
    "1.2.840.10008.1.2.4.91": "jpeg2000",
    "1.2.840.10008.1.2.4.92": "jpeg2000",
    "1.2.840.10008.1.2.4.93": "jpeg2000",
    "1.2.840.10008.1.2.4.201": "htj2k-source",
    "1.2.840.10008.1.2.4.202": "htj2k-source",
    "1.2.840.10008.1.2.4.203": "htj2k-source",
    "1.2.840.10008.1.2.5": "rle",
}
VIDEO = tuple(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))


def is_video(transfer_syntax_uid: str) -> bool:
    """MPEG-2, MPEG-4, HEVC, with their fragmentable forms (….100.1)."""
    return transfer_syntax_uid.startswith(VIDEO)


def codec_of(mode: str, transfer_syntax_uid: str) -> str:
    """Codec of an instance's pieces. mode: as in heads.Instance. `none`: a viewer cannot show it."""
    if mode in ("htj2k", "zstd"):
        return mode
    if mode == "stored":
        return "mpeg" if is_video(transfer_syntax_uid) else CODECS.get(transfer_syntax_uid, "none")
    return "none"
