"""What is registered and whose WeChat account is whose come back from the vault; what was unbound stays so [PLUS-04]."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.core.notice.records import Binding, Bound
from functions.core.study import keys
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, registration
from tests.operator.small_hospital import SmallHospital


@pytest.mark.req("PLUS-04", "NTF-03")
def test_registrations_and_bindings_are_rebuilt_and_nobody_is_told_again() -> None:
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    here.deliver(here.confirm(registration(here.deps)))
    here.settle()
    assert len(here.provider.delivered) == 1
    patient = next(row["patient"] for row in here.rows() if row["kind"] == "registration")
    for name, ended in (("a" * 64, 0), ("b" * 64, 7)):
        binding = Binding(TENANT, patient, name, "wx-1", "o-1", bound_at=5)
        first = here.deps.table.put(binding.to_row(), expect=None)
        here.deps.table.put(Bound(TENANT, patient, name).to_row(), expect=None)
        if ended:
            here.deps.table.put(replace(binding, unbound_at=ended).to_row(), expect=first["version"])
    here.settle()
    before = here.rows()
    here.lose_the_table()
    here.reconcile()
    here.settle()
    assert differences(before, here.rows()) == []
    assert len(here.provider.delivered) == 1
    row = here.deps.table.get(keys.patient_pk(TENANT, patient), keys.wechat_binding_sk("b" * 64))
    assert row is not None
    assert row["unbound_at"] == 7
