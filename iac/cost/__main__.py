"""`python -m iac.cost [page]`: measure one study on the local cloud, write its page; `page`: only the page."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from iac.cost.measuring import Measured, Taximeter, measure
from iac.cost.page import page
from iac.cost.prices import load
from iac.local.demo.console import Console
from iac.local.demo.journey import Journey, Wish

ROOT = Path(__file__).resolve().parents[2]
MEASURED, PAGE = Path(__file__).with_name("measured.json"), ROOT / "docs" / "cost.md"
SLICES = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m iac.cost")
    parser.add_argument("what", nargs="?", choices=["measure", "page"], default="measure")
    if parser.parse_args().what == "measure":
        with tempfile.TemporaryDirectory() as folder:
            MEASURED.write_text(json.dumps(_measured(Path(folder)).as_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    measured = Measured.from_json(json.loads(MEASURED.read_text(encoding="utf-8")))
    PAGE.write_text(page(measured, load()), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


def _measured(state: Path) -> Measured:
    wish = Wish(state, folder=None, port=0, cloud_port=0, slices=SLICES, real=False)
    with Journey(wish, Console(sys.stdout)) as journey:
        outcome = journey.run()
        journey.wait_for_films()
        assert journey.cloud is not None
        return measure(
            journey.cloud,
            Taximeter(journey.cloud),
            tenant=outcome.tenant,
            studies=journey.studies,
            link=outcome.link,
            phone_tail=outcome.phone_tail,
            web=ROOT / "web" / "dist",
        )


if __name__ == "__main__":
    sys.exit(main())
