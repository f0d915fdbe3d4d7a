"""Runs in a fresh interpreter as Lambda starts one: `python -I -S _init_once.py RUNTIME CODE module.handler [MODULE …]`.

RUNTIME holds AWS's own runtime (awslambdaric), CODE the function. The runtime loads the handler just as it does on Lambda before
the first request; then, if asked for, what that request would load besides; then the process ends at once.
"""

from __future__ import annotations

import importlib
import os
import sys

sys.path[:0] = [sys.argv[2], sys.argv[1]]

from awslambdaric import bootstrap  # type: ignore[import-not-found]  # noqa: E402 - stands in RUNTIME only

bootstrap._get_handler(sys.argv[3])
for module in sys.argv[4:]:
    importlib.import_module(module)
os._exit(0)
