"""Runs inside a bundle, in an interpreter that has nothing else on its path: `python -I -S in_bundle.py BUNDLE`, task on stdin.

The task: {"handler": "functions.….handler.handler", "modules": […], "services": […], "codecs": […]}. Each module is imported and
each kind of work that needs more than its import is done once. Prints {"failed": {what: why}, "outside": [files from elsewhere]}.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

BUNDLE = Path(sys.argv[1]).resolve()
STANDARD = (Path(os.__file__).resolve().parent, Path(sys.base_prefix).resolve())


def main() -> None:
    task = json.load(sys.stdin)
    sys.path.insert(0, str(BUNDLE))
    failed: dict[str, str] = {}
    attempt(failed, "handler", lambda: handler(task["handler"]))
    for name in task["modules"]:
        attempt(failed, name, lambda name=name: importlib.import_module(name))
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    for service in task["services"]:
        attempt(failed, f"client {service}", lambda service=service: client(service))
    if "jsonschema" in task["modules"]:
        attempt(failed, "schema formats", formats)
    if "imagecodecs" in task["modules"]:
        for codec in task["codecs"]:
            attempt(failed, f"codec {codec}", lambda codec=codec: linked(codec))
        attempt(failed, "htj2k", pixels_come_back)
    if "fpdf" in task["modules"]:
        attempt(failed, "pdf", page)
    json.dump({"failed": failed, "outside": sorted(outside())}, sys.stdout)


def attempt(failed: dict[str, str], what: str, work: Callable[[], object]) -> None:
    try:
        work()
    except BaseException as error:
        failed[what] = f"{type(error).__name__}: {error}"


def handler(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def client(service: str) -> None:
    """Loads the service's model and endpoints."""
    from functions.adapters.wiring import uncached_client

    uncached_client(service, aws_access_key_id="a", aws_secret_access_key="b")


def formats() -> None:
    """`date-time` is only checked where its library is there."""
    from functions.core.schema import validator

    assert not validator({"type": "string", "format": "date-time"}).is_valid("yesterday")


def linked(codec: str) -> None:
    """Raises ImportError when the codec's module or a library of it is missing; whatever it thinks of the bytes is well."""
    import imagecodecs

    with contextlib.suppress(RuntimeError, ValueError, TypeError):
        getattr(imagecodecs, codec)(b"no picture")


def pixels_come_back() -> None:
    import numpy as np

    from functions.core.imaging import codestream

    frame = (np.arange(64 * 64, dtype=np.uint16) * 7 % 4096).reshape(64, 64)
    stream = importlib.import_module("imagecodecs").htj2k_encode(frame, reversible=True)
    assert np.array_equal(importlib.import_module("imagecodecs").htj2k_decode(stream), frame)
    assert codestream.DECOMPOSITIONS


def page() -> None:
    """A PDF with Chinese words: the font is read, embedded and cut down to what is used."""
    from fpdf import FPDF

    (font,) = BUNDLE.rglob("*.ttf")
    paper = FPDF()
    paper.add_page()
    paper.add_font("Sans", fname=str(font))
    paper.set_font("Sans")
    paper.cell(text="检查所见")
    written = io.BytesIO(paper.output())
    assert written.read(5) == b"%PDF-"


def outside() -> set[str]:
    """Files of loaded modules that are neither the bundle's nor Python's own."""
    files = {Path(file).resolve() for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    mine = Path(__file__).resolve()
    return {
        str(file)
        for file in files
        if file != mine and not file.is_relative_to(BUNDLE) and ("site-packages" in file.parts or not is_standard(file))
    }


def is_standard(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in STANDARD)


main()
