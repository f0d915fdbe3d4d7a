"""Looks into the index, as an operator may, to tell how far a study is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from functions.adapters.table.dynamo import row_of_image
from functions.core.access.tokens import exam_code, link_token
from functions.core.study import keys
from functions.core.study.keys import Naming
from iac.local.cloud import LocalCloud
from iac.local.demo.study import Facts

LOOK_S = 0.2


class Watch:
    """One exam of the demo's hospital, named by its accession number; studies: those that `facts` knows."""

    def __init__(self, cloud: LocalCloud, tenant: str, facts: Facts) -> None:
        naming = Naming(bytes.fromhex(cloud.secrets["naming_key"]))
        self._table, self._client = cloud.outputs["TableName"], cloud.session("operator").client("dynamodb")
        self._tenant = tenant
        self.exam = naming.exam(tenant, accession_number=facts.accession_number, study_uid=next(iter(facts.study_uids), ""))
        self.studies = [naming.study(tenant, uid) for uid in facts.study_uids]
        self._link_key = bytes.fromhex(cloud.secrets["link_key"])

    @property
    def code(self) -> str:
        """The exam's verification code, as staff or the paper say it."""
        return exam_code(self._link_key, tenant=self._tenant, exam=self.exam)

    @property
    def token(self) -> str:
        """What the SMS's link carries, once the exam knows its patient."""
        patient = str(self.exam_row().get("patient", ""))
        return link_token(self._link_key, tenant=self._tenant, exam=self.exam, patient=patient, channel="sms", serial=1)

    def exam_row(self) -> dict[str, Any]:
        """The exam, {} while there is none."""
        return self._get(keys.exam_pk(self._tenant, self.exam), "EXAM")

    def study_rows(self) -> list[dict[str, Any]]:
        """The studies that have arrived so far."""
        rows = (self._get(keys.study_pk(self._tenant, study), "STUDY") for study in self.studies)
        return [row for row in rows if row]

    def received(self) -> int:
        """Instances in the index."""
        return sum(int(row.get("received", 0)) for row in self.study_rows())

    def released(self) -> bool:
        """Whether the patient may see it."""
        return self.exam_row().get("release") == "released"

    def films(self) -> int:
        """Film pages that are ready."""
        return sum(len((row.get("films") or {}).get("pages", [])) for row in self.study_rows())

    def _get(self, pk: str, sk: str) -> dict[str, Any]:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return dict(row_of_image(found) or {})


def wait_for(ready: Callable[[], bool], seconds: float) -> bool:
    """Look until `ready`; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True
