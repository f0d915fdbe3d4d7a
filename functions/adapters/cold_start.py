"""No garbage is collected while an API's modules load: all that they make stays, and looking for more is a twelfth of the start.

An app imports this first and calls `over()` when it has loaded.
"""

from __future__ import annotations

import gc

gc.disable()


def over() -> None:
    """Collect again, from now on."""
    gc.enable()
