"""An object that is not there: a function that may not list learns from S3 only that it is refused, and says so [PLUS-11]."""

from __future__ import annotations

import pytest

from functions.adapters.settings import Settings, from_environment
from functions.adapters.vault.s3 import S3Vault
from functions.core.errors import ObjectMissing, ObjectRefused
from iac.local.cloud import LocalCloud
from tests.security.iam import deployed
from tests.security.lending import lent

pytestmark = [pytest.mark.cloud, pytest.mark.req("PLUS-11")]

THERE, MISSING, CLOSED = "reports/t-missing/there", "reports/t-missing/gone", "journal/t-missing/there"


@pytest.fixture
def settings(local_cloud: LocalCloud) -> Settings:
    for key in (THERE, CLOSED):
        local_cloud.session("root").client("s3").put_object(Bucket=local_cloud.outputs["OriginalsBucket"], Key=key, Body=b"x")
    return from_environment(local_cloud.environment("operator"))


@pytest.mark.parametrize("role", ["PatientApiRole", "RenderRole"])
def test_who_reads_by_names_out_of_rows_may_not_list_and_is_refused_alike(
    local_cloud: LocalCloud, settings: Settings, role: str
) -> None:
    """A list of keys is a list of every hospital's studies; these functions have no use for it, a thief has. Both cases come
    again and end with somebody who looks: a report as 503, a film in the dead letters."""
    with lent(local_cloud, deployed(local_cloud)[role]) as session:
        vault = S3Vault(settings, lambda: session.client("s3"))
        assert vault.get("originals", THERE) == b"x"
        for key in (MISSING, CLOSED):
            for ask in (vault.get, vault.head, lambda bucket, key: vault.get_range(bucket, key, 0, 1)):
                with pytest.raises(ObjectRefused) as refused:
                    ask("originals", key)
                assert (refused.value.retry, refused.value.status) == (True, 503)


def test_ingest_tells_what_has_not_arrived_from_what_it_may_not_see(local_cloud: LocalCloud, settings: Settings) -> None:
    """A document that is late is waited for and then quarantined; that must not happen because a policy is wrong."""
    with lent(local_cloud, deployed(local_cloud)["IngestRole"]) as session:
        vault = S3Vault(settings, lambda: session.client("s3"))
        assert vault.head("originals", MISSING) is None
        with pytest.raises(ObjectMissing):
            vault.get("originals", MISSING)
        with pytest.raises(ObjectRefused):
            vault.get("originals", CLOSED)
