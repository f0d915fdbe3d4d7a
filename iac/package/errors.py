"""What can go wrong while bundles are made.

PackageError
├── WheelsUnavailable   pip could not fetch what wheels.txt names
├── WheelUnpinned       a library needs another that wheels.txt does not name
└── BundleTooLarge      more than Lambda should unpack at a cold start
"""

from __future__ import annotations


class PackageError(Exception):
    """What happened, and what to do next."""

    message = "The bundles could not be made."
    hint = ""

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(f"{self.message.format(**details)} {self.hint.format(**details)}".strip())


class WheelsUnavailable(PackageError):
    message = "pip could not fetch the wheels for {target}: {reason}"
    hint = "Check the network; if the index lacks one, change requirements.txt and run `python -m iac.package lock`."


class WheelUnpinned(PackageError):
    message = "{name}, which {needed_by} needs, is not in iac/package/wheels.txt."
    hint = "Run `python -m iac.package lock`."


class BundleTooLarge(PackageError):
    message = "{function} is {megabytes:.1f} MB unzipped, more than {limit_mb} MB. Heaviest: {heaviest}."
    hint = "Leave out what it does not use (iac/package/trimming.py), or do without a library."
