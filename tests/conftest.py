"""What every test run has: the record of requirements, and the shared fixtures where they are."""

from __future__ import annotations

import importlib.util

from hypothesis import settings

settings.register_profile("lightbox", deadline=None)  # a busy machine is no counterexample
settings.load_profile("lightbox")

_shared = ("tests.cloud_fixtures", "tests.browser_fixtures")
pytest_plugins = [
    "pytester",
    "tests.tools.requirements_plugin",
    "tests.tools.spreading_plugin",
    *(name for name in _shared if importlib.util.find_spec(name) is not None),
]
