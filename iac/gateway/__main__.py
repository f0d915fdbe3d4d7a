"""Run the gateway: `python -m iac.gateway`, settings in the environment (settings.py)."""

from __future__ import annotations

import os

import uvicorn

from iac.gateway.app import make_app
from iac.gateway.settings import from_environment


def main() -> None:
    """Serve until SIGTERM; answers under way are finished first."""
    settings = from_environment(os.environ)
    uvicorn.run(
        make_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,  # access_log.py writes its own, without queries
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
