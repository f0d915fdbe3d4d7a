"""`python -m tests.golden.make_windowing`: write windowing.json anew. For a new rule only: the viewer is held to these values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.imaging.display import shown
from functions.core.imaging.frame_facts import FrameFacts, ModalityLut, Plane, Voi
from functions.core.imaging.luts import Lut
from functions.core.imaging.pixel_format import PixelFormat
from functions.core.imaging.pixels import Decoded

HERE = Path(__file__).parent
RAMP = np.arange(-1100, 3100, 19)
NO_PLANE = Plane(None, None, "none", "", None)
HU = ModalityLut(1.0, -1024.0, "HU", None)
IDENTITY = ModalityLut(1.0, 0.0, "", None)
CURVE = tuple(int(4095 * (step / 255) ** 0.5) for step in range(256))


def cases() -> list[dict[str, Any]]:
    """Inputs; `main` adds what they must give."""
    stored = (RAMP + 1100).tolist()
    eight = list(range(256))
    return [
        case("linear-lung", stored, HU, windows=[(-600, 1500)]),
        case("linear-soft-tissue", stored, HU, windows=[(40, 400)]),
        case("linear-odd-fractions", stored, HU, windows=[(39.5, 350.25)]),
        case("linear-width-1", stored, HU, windows=[(40, 1)]),
        case("linear-width-2", stored, HU, windows=[(40, 2)]),
        case(
            "linear-signed-padding",
            [*range(-2000, 2000, 9), -2000, -2000],
            ModalityLut(1.0, 0.0, "HU", None),
            signed=True,
            padding=(-2000, -2000),
            windows=[(0, 2000)],
        ),
        case("linear-padding-range", stored, HU, padding=(0, 70), windows=[(0, 2000)]),
        case("linear-fractional-slope", stored, ModalityLut(0.73421, -12.5, "BQML", None), windows=[(900, 1800)]),
        case("linear-negative-slope", stored, ModalityLut(-1.0, 4000.0, "", None), windows=[(2000, 3000)]),
        case("linear-exact", stored, HU, windows=[(40, 400)], function="LINEAR_EXACT"),
        case("linear-exact-narrow", stored, HU, windows=[(40, 0.5)], function="LINEAR_EXACT"),
        case("sigmoid", stored, HU, windows=[(40, 400)], function="SIGMOID"),
        case("monochrome1", stored, IDENTITY, windows=[(2048, 4096)], photometric="MONOCHROME1", bits=12),
        case("monochrome1-padding", stored, IDENTITY, windows=[(2048, 4096)], photometric="MONOCHROME1", padding=(0, 0)),
        case("eight-bit", eight, IDENTITY, windows=[(127.5, 256)], bits=8),
        case("voi-lut", stored, IDENTITY, voi_lut=Lut(512, 12, CURVE)),
        case("voi-lut-beats-window", stored, IDENTITY, voi_lut=Lut(512, 12, CURVE), windows=[(40, 400)]),
        case("chosen-beats-voi-lut", stored, IDENTITY, voi_lut=Lut(512, 12, CURVE), chosen=(1000, 900)),
        case("modality-lut", stored, ModalityLut(1.0, 0.0, "OD", Lut(100, 12, CURVE)), windows=[(2048, 4096)]),
        case("no-window", stored, HU),
        case("no-window-padding", stored, HU, padding=(0, 0)),
    ]


def case(name: str, stored: list[int], transform: ModalityLut, **options: Any) -> dict[str, Any]:
    return {"name": name, "stored": stored, "transform": transform, **options}


def grey(item: dict[str, Any]) -> NDArray[np.uint8]:
    """What Python shows for a case."""
    bits, signed = item.get("bits", 16), item.get("signed", False)
    kind = f"{'i' if signed else 'u'}{1 if bits == 8 else 2}"
    values = np.asarray([item["stored"]], kind)
    form = PixelFormat(
        *(1, values.shape[1], 1, item.get("photometric", "MONOCHROME2")),
        *(8 if bits == 8 else 16, bits, bits - 1, signed, item.get("padding")),
    )
    windows = tuple(item.get("windows", ()))
    voi = Voi(windows, item.get("function", "LINEAR"), item.get("voi_lut"))
    facts = FrameFacts(NO_PLANE, item["transform"], voi, None, None)
    return shown(Decoded(values, form.photometric), form, facts, None, item.get("chosen"))[0]


def written(item: dict[str, Any]) -> dict[str, Any]:
    """A case as JSON: the same rows as in a series index, and what they must give."""
    transform, padding = item["transform"], item.get("padding")
    return {
        "name": item["name"],
        "stored": item["stored"],
        "signed": item.get("signed", False),
        "bits_stored": item.get("bits", 16),
        "photometric": item.get("photometric", "MONOCHROME2"),
        "padding": padding and {"value": padding[0], "limit": padding[1]},
        "modality_lut": {
            "slope": transform.slope,
            "intercept": transform.intercept,
            "unit": transform.unit,
            "lut": table(transform.lut),
        },
        "voi": {
            "windows": [{"center": center, "width": width} for center, width in item.get("windows", ())],
            "function": item.get("function", "LINEAR"),
            "lut": table(item.get("voi_lut")),
        },
        "chosen": item.get("chosen") and {"center": item["chosen"][0], "width": item["chosen"][1]},
        "expected": grey(item).tolist(),
    }


def table(lut: Lut | None) -> dict[str, Any] | None:
    return lut and {"first": lut.first, "bits": lut.bits, "values": list(lut.values)}


def main() -> None:
    lines = ",\n".join(json.dumps(written(item)) for item in cases())
    (HERE / "windowing.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
