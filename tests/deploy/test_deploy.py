"""An installation is deployed by code: checked settings, changes that are shown, a command that can be repeated [OPS-05 part]."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.access.cloudfront import Policy, sign_cookies, verify_cookies
from iac.aws.deploy.__main__ import said
from iac.aws.deploy.code import Code, zipped
from iac.aws.deploy.environment import Environment, known, load
from iac.aws.deploy.errors import ChangeRefused, EnvironmentMissing, EnvironmentWrong, NotBuilt
from iac.aws.deploy.installation import Installation
from iac.aws.deploy.pages import in_order
from iac.aws.deploy.stack import Change
from iac.local.template import read
from tests.deploy.aws_in_memory import Aws

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read(ROOT / "template.yaml")
GOOD = """
stage = "prod"
region = "cn-northwest-1"
[parameters]
Origin = "https://film.hospital.cn"
IamCertificateId = "ASCACERT"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "here.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_good_file_is_taken_as_it_is(tmp_path: Path):
    found = load("here", TEMPLATE, written(tmp_path, GOOD))
    assert (found.stack, found.is_china, found.cloud) == ("lightbox-prod", True, "aws")


@pytest.mark.parametrize(
    ("line", "instead", "where"),
    [
        ('stage = "prod"', 'stage = "Prod!"', "Stage"),
        ('region = "cn-northwest-1"', 'region = "moon"', "region"),
        ('region = "cn-northwest-1"', "", "region"),
        ("https://film.hospital.cn", "http://film.hospital.cn", "Origin"),
        ("https://film.hospital.cn", "https://film.example.com", "Origin"),
        ('IamCertificateId = "ASCACERT"', "", "IamCertificateId"),
        ('IamCertificateId = "ASCACERT"', 'LogRetentionDays = 12\nIamCertificateId = "A"', "LogRetentionDays"),
        ('IamCertificateId = "ASCACERT"', 'SigningPublicKey = "mine"\nIamCertificateId = "A"', "SigningPublicKey"),
        ('IamCertificateId = "ASCACERT"', 'Orign = "https://x.cn"\nIamCertificateId = "A"', "Orign"),
        ("[parameters]", "[parameters", "TOML"),
        ('stage = "prod"', 'stage = "prod"\nregoin = "x"', "regoin"),
    ],
)
def test_a_wrong_file_is_refused_before_aws_is_asked_and_the_error_names_the_place(
    tmp_path: Path, line: str, instead: str, where: str
):
    with pytest.raises(EnvironmentWrong, match=where):
        load("here", TEMPLATE, written(tmp_path, GOOD.replace(line, instead)))


def test_an_environment_that_is_not_there_names_those_that_are():
    with pytest.raises(EnvironmentMissing, match="dev, prod, staging"):
        load("prdo", TEMPLATE)


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_shipped_files_lack_nothing_but_what_is_the_owners(name: str):
    """Domain and certificate are nobody's until an owner writes them: a shipped file must not deploy to a stranger's."""
    assert name in known()
    with pytest.raises(EnvironmentWrong, match="Origin"):
        load(name, TEMPLATE)


def installation(aws: Aws, tmp_path: Path, *, agree: bool = True) -> Installation:
    web = tmp_path / "dist"
    (web / "assets").mkdir(parents=True, exist_ok=True)
    (web / "index.html").write_text("<!doctype html>")
    (web / "assets" / "a-1.js").write_text("1")
    folders = {str(one["Properties"]["Handler"]).split(".")[1] for one in functions()}
    return Installation(
        environment=Environment("here", "x", "cn-northwest-1", {"Origin": "https://film.hospital.cn", "IamCertificateId": "A"}),
        session=aws,
        template=TEMPLATE,
        codes=[Code(name, "0" * 64, lambda: b"zip") for name in sorted(folders)],
        web=web,
        agree=lambda _: agree,
        said=lambda _: None,
    )


def functions() -> list[dict]:
    return [one for one in TEMPLATE["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]


def test_a_first_deploy_makes_the_key_in_the_secret_and_then_the_cdn_that_checks_it(tmp_path: Path):
    """A CDN without its key would show pixels to anybody: it is made once the key is there, and signs with that key's name."""
    aws = Aws()
    outputs = installation(aws, tmp_path).deploy()
    assert outputs is not None
    assert [line for line in aws.order if line.startswith("stack")] == ["stack", "stack with CDN"]
    kept = aws.kept
    assert (outputs["CdnKeyId"], kept["signing_key_id"]) == ("K1", "K1")
    url = "https://film.hospital.cn/pixels/k1/a"
    cookies = sign_cookies(Policy(url, 200), private_key_pem=kept["signing_key"].encode(), key_id="K1")
    public = {"K1": aws.parameters["SigningPublicKey"].encode()}
    assert verify_cookies(cookies, url, now=100, public_keys=public).resource == url


def test_a_deploy_that_is_repeated_changes_nothing_and_keeps_every_key(tmp_path: Path):
    """A naming key that changed would rename every study."""
    aws = Aws()
    first = installation(aws, tmp_path)
    first.deploy()
    kept, before = aws.kept, len(aws.objects)
    again = installation(aws, tmp_path)
    assert again.diff() == []
    again.deploy()
    assert aws.kept == kept
    assert len(aws.objects) == before
    assert sum(line.startswith("stack") for line in aws.order) == 2


def test_a_deploy_that_failed_half_way_goes_on_with_the_same_command(tmp_path: Path):
    aws = Aws()
    one = installation(aws, tmp_path)
    one.stack.propose("", {})  # reviewed once, never made
    assert one.deploy()
    aws.parameters.pop("SigningPublicKey")
    aws.fail_once = "the certificate does not fit the domain"
    with pytest.raises(ChangeRefused, match="Cdn: the certificate does not fit"):
        installation(aws, tmp_path).deploy()
    kept = aws.kept
    assert installation(aws, tmp_path).deploy()
    assert (aws.kept["naming_key"], aws.kept["signing_key"]) == (kept["naming_key"], kept["signing_key"])
    assert aws.parameters["SigningPublicKey"]


def test_what_a_person_did_not_agree_to_is_not_done(tmp_path: Path):
    aws = Aws()
    assert installation(aws, tmp_path, agree=False).deploy() is None
    assert (aws.parameters, aws.status, aws.proposed) == ({}, "", {})


def test_a_diff_leaves_no_stack_behind(tmp_path: Path):
    aws = Aws()
    assert [change.resource for change in installation(aws, tmp_path).diff()] == ["Table"]
    assert (aws.status, aws.proposed) == ("", {})


def test_the_page_is_uploaded_after_the_files_that_it_names(tmp_path: Path):
    """A reader who comes in between gets a page whose files are there."""
    aws = Aws()
    installation(aws, tmp_path).deploy()
    assert aws.order.index("assets/a-1.js") < aws.order.index("index.html")
    assert aws.order[-1] == "forget E1 ['/*']"


def test_pages_that_were_not_built_are_not_deployed(tmp_path: Path):
    with pytest.raises(NotBuilt, match="make setup"):
        in_order(tmp_path)


def test_what_would_lose_data_stands_first_and_is_marked():
    changes = [
        Change("Add", "Alarm", "AWS::CloudWatch::Alarm", False, ()),
        Change("Modify", "Table", "AWS::DynamoDB::Table", True, ("KeySchema",)),
    ]
    first, second = said(changes).splitlines()
    assert first.startswith("~ Table")
    assert "holds data" in first
    assert "holds data" not in second


def test_a_zip_is_the_same_for_the_same_files_and_readable_by_lambda(tmp_path: Path):
    import io
    import zipfile

    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "a.py").write_text("1")
    first = zipped(tmp_path)
    assert zipped(tmp_path) == first
    (entry,) = zipfile.ZipFile(io.BytesIO(first)).infolist()
    assert entry.external_attr >> 16 == 0o644
