"""Finds the type face of films and PDFs: Noto Sans SC, from the npm package, or beside the code in a bundle."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from functions.core.imaging.film_marks import Face

FILE = "NotoSansSC_400Regular.ttf"
_ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    _ROOT / "fonts" / FILE,  # a function's bundle
    _ROOT / "web" / "node_modules" / "@expo-google-fonts" / "noto-sans-sc" / "400Regular" / FILE,  # a checkout
)


@cache
def path() -> Path:
    """Raises FileNotFoundError naming the places that were looked in."""
    for place in PLACES:
        if place.is_file():
            return place
    raise FileNotFoundError(f"{FILE} is in none of {', '.join(str(place) for place in PLACES)}; run `make setup`")


@cache
def face() -> Face:
    return Face(path().read_bytes())
