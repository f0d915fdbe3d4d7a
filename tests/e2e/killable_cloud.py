"""A local cloud that can be killed like a machine that loses its power, and started again on what is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from functions.adapters.table.dynamo import row_of_image
from functions.adapters.table.port import Row
from functions.adapters.wiring import Production
from iac.local.cloud import LocalCloud
from iac.local.demo.phone import Phone
from iac.local.quiet import wait_until_quiet
from tests.cloud import new_tenant
from tests.handlers.operator_deps import operator_deps

UNTIMELY = {"replayed", "delivery", "delivery_code", "delivered_at"}


@dataclass
class Place:
    """A state folder, its phone, and the cloud that runs on it now."""

    state: Path
    phone: Phone
    cloud: LocalCloud
    tenant: str

    def deps(self) -> AbstractContextManager[Production]:
        return contextmanager(operator_deps)(self.cloud)

    def kill(self) -> None:
        """As a power cut: emulator and functions at once, nothing saved."""
        assert self.cloud._emulator is not None
        os.killpg(self.cloud._emulator.pid, signal.SIGKILL)
        self.cloud.stop()

    def start(self) -> None:
        self.cloud = LocalCloud.start(self.state, sms=self.phone.provider)

    def rows(self) -> list[Row]:
        """All of the tenant's, without what a carrier says of a message: it answers whenever it does."""
        client = self.cloud.session("root").client("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=self.cloud.outputs["TableName"])
        found = (row_of_image(item) or {} for page in pages for item in page["Items"])
        plain = ({name: value for name, value in row.items() if name not in UNTIMELY} for row in found)
        return [row for row in plain if row.get("tenant") == self.tenant]

    def quiet(self) -> None:
        assert wait_until_quiet(self.cloud.session("root"), self.cloud.outputs, 120)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.phone.messages()]


@contextmanager
def killable(state: Path) -> Iterator[Place]:
    phone = Phone(state, state)
    try:
        phone.wait()
        place = Place(state, phone, LocalCloud.start(state, sms=phone.provider), new_tenant())
        try:
            yield place
        finally:
            place.cloud.stop()
    finally:
        phone.stop()


def token_of(text: str) -> str:
    """Of the link in an SMS."""
    return text.partition("#t=")[2].split(" ")[0]
