"""The type face of films and PDFs: Noto Sans SC, from the npm package that web/package.json pins.

A function's bundle holds the one file at the same place as a checkout does (iac/local/bundles.py, iac/aws): 10.6 MB, 6.3 MB
zipped; a PDF embeds only the characters it uses, about 30 kB.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from functions.core.imaging.film_marks import Face

FILE = "web/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"


@cache
def path() -> Path:
    """Raises FileNotFoundError with what to do about it."""
    place = Path(__file__).resolve().parents[2] / FILE
    if not place.is_file():
        raise FileNotFoundError(f"{FILE} is missing: run `make setup`, and see that the bundle holds it")
    return place


@cache
def face() -> Face:
    return Face(path().read_bytes())
