"""A rebuild into another deployment's table would open its doors to strangers: reconcile refuses before it writes anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.settings import Settings
from iac.local.template import read
from iac.operator.__main__ import main
from iac.operator.reconcile.deployment import DeploymentMixed, require_one
from tests.fakes import SETTINGS
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04")

ARN = "arn:aws-cn:secretsmanager:{region}:000000000000:secret:lightbox/test-AbCdEf"
STRANGE = {
    "stage": "prod",
    "table": "lightbox-prod",
    "originals": "lightbox-prod-originals-000000000000-us-east-1",
    "pixels": "lightbox-test-pixels-111111111111-us-east-1",
    "derived": "lightbox-test-derived-000000000000-cn-north-1",
    "bus": "lightbox-prod",
    "secrets": "lightbox/prod",
    "ingest_queue_url": "https://sqs.us-east-1.amazonaws.com/111111111111/lightbox-IngestQueue",
}


@pytest.mark.parametrize("part", STRANGE)
def test_one_name_of_another_deployment_and_nothing_is_written(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    here = SmallHospital()
    here.open()
    here.settle()
    here.lose_the_table()
    objects = dict(here.deps.vault._objects)
    here.deps.settings = replace(SETTINGS, **{part: STRANGE[part]})  # type: ignore[arg-type]
    assert main(["reconcile"], lambda: here.deps) == 1
    said = capsys.readouterr().err
    assert f"LIGHTBOX_{part.upper()}" in said
    assert "不属于同一个部署" in said
    assert "nothing was written" in said
    assert (here.rows(), here.deps.vault._objects, here.deps.ingest_queue.messages) == ([], objects, [])


def test_the_table_is_where_the_credentials_region_says() -> None:
    require_one(SETTINGS, "us-east-1")
    require_one(SETTINGS, "")
    with pytest.raises(DeploymentMixed, match="eu-west-1"):
        require_one(SETTINGS, "eu-west-1")


def test_a_bucket_in_anothers_place_and_a_name_of_nothing_are_refused() -> None:
    for wrong in ({"pixels": SETTINGS.originals}, {"table": "lightbox"}, {"secrets": "lightbox"}):
        with pytest.raises(DeploymentMixed, match="names none"):
            require_one(replace(SETTINGS, **wrong), "")  # type: ignore[arg-type]


def test_a_secret_may_be_named_by_its_arn() -> None:
    """As CloudFormation's output has it on AWS."""
    require_one(replace(SETTINGS, secrets=ARN.format(region="us-east-1")), "us-east-1")
    with pytest.raises(DeploymentMixed, match="LIGHTBOX_SECRETS"):
        require_one(replace(SETTINGS, secrets=ARN.format(region="us-west-2")), "us-east-1")


def made(stage: str) -> Settings:
    """What template.yaml names the parts of a stage."""
    given = {"${Stage}": stage, "${AWS::AccountId}": "123456789012", "${AWS::Region}": "cn-north-1"}

    def name(part: str, field: str) -> str:
        text: Any = resources[part]["Properties"][field]
        text = text["Fn::Sub"]
        for variable, value in given.items():
            text = text.replace(variable, value)
        return str(text)

    resources = read(Path(__file__).resolve().parents[2] / "template.yaml")["Resources"]
    return Settings(
        stage=stage,
        table=name("Table", "TableName"),
        originals=name("Originals", "BucketName"),
        pixels=name("Pixels", "BucketName"),
        derived=name("Derived", "BucketName"),
        bus=name("Bus", "Name"),
        secrets=name("Secrets", "Name"),
        ingest_queue_url="https://sqs.cn-north-1.amazonaws.com.cn/123456789012/any-name",
        origin="https://film.example",
    )


def test_the_names_are_those_that_the_template_gives() -> None:
    require_one(made("prod"), "cn-north-1")
    with pytest.raises(DeploymentMixed, match=r"stage prod \(.*LIGHTBOX_PIXELS.*\) / test \(LIGHTBOX_TABLE\)"):
        require_one(replace(made("prod"), table=made("test").table), "cn-north-1")
