"""template.yaml keeps its promises: encrypted, private, bounded, watched, and no function may do more than its work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.observability import NAMESPACE
from functions.adapters.queues import LONGEST_PAUSE_S
from functions.adapters.vault.s3 import ARCHIVES, folder_of
from functions.core.page_headers import CONTENT_SECURITY_POLICY
from functions.core.retention.tiers import SHELVES, TAG
from functions.core.study.keys import KEY_VERSION, Bucket
from functions.core.study.states import TierEvent
from iac.local.template import function_folders, localize, read, translate, with_code

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
NEEDS_STAR = {"dynamodb:ListStreams", *TRACING}  # AWS grants them on no narrower resource


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: resource.get("Properties", {}) for name, resource in RESOURCES.items() if resource["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
EVERYWHERE = [name for name in FUNCTIONS if "Condition" not in RESOURCES[name]]  # Page stands in for what China's CDN lacks
QUEUES = of_type("AWS::SQS::Queue")
BUCKETS = of_type("AWS::S3::Bucket")
ROLES = of_type("AWS::IAM::Role")


def test_cfn_lint_finds_nothing() -> None:
    """A template that AWS would refuse is found before anybody deploys it."""
    tool = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([tool, ROOT / "template.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_translates_for_aws_and_for_the_local_cloud() -> None:
    """One template for both: what runs here is what is deployed there."""
    folders = set(function_folders(TEMPLATE).values())
    packed = with_code(TEMPLATE, "code", {folder: f"{folder}.zip" for folder in folders})
    translated = translate(packed, {"Stage": "test", "Cloud": "aws", "Origin": "https://film.example"}, "us-east-1")
    local = localize(translated)
    assert sum(resource["Type"] == "AWS::Lambda::Function" for resource in local["Resources"].values()) == len(EVERYWHERE)
    gone = {name: resource for name, resource in translated["Resources"].items() if name not in local["Resources"]}
    dropped = {resource["Type"] for resource in gone.values() if resource.get("Condition") != "IsAwsChina"}
    assert dropped <= {
        "AWS::CloudFront::CloudFrontOriginAccessIdentity",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::Function",
        "AWS::CloudFront::KeyGroup",
        "AWS::CloudFront::PublicKey",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::CloudWatch::Alarm",
        "AWS::IAM::Policy",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
    }


@pytest.mark.req("PLUS-11")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_role_and_logs_of_its_own(name: str) -> None:
    """A shared role would give each what any of them needs; logs without an end are a store of their own."""
    properties = FUNCTIONS[name]
    assert properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    assert [other for other in FUNCTIONS if FUNCTIONS[other]["Role"] == properties["Role"]] == [name]
    log = RESOURCES[f"{name}Log"]["Properties"]
    assert log["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{properties['FunctionName']['Fn::Sub']}"}
    assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.req("PLUS-11")
@pytest.mark.parametrize("name", ROLES)
def test_no_role_has_a_wildcard_action_or_an_open_resource(name: str) -> None:
    """What a stolen credential of one function can do is what that function does."""
    for policy in ROLES[name]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in actions if "*" in action]
            assert statement["Resource"] != "*" or set(actions) <= NEEDS_STAR


def test_only_the_role_behind_grants_writes_what_agents_send() -> None:
    """Originals come from hospitals; no function of ours may put one there."""
    writers = {
        name
        for name, role in ROLES.items()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
        and any(word in str(statement["Resource"]) for word in (".heads", ".low", ".rest", "manifests"))
    }
    assert writers == {"PresignRole"}


@pytest.mark.parametrize("name", [name for name in QUEUES if name.endswith("Queue")])
def test_a_queue_gives_its_function_six_times_its_time_out_and_ends_in_a_dead_letter_queue(name: str) -> None:
    """AWS's own rule: with less, a slow message is worked on twice at once."""
    function = FUNCTIONS[name.removesuffix("Queue")]
    assert QUEUES[name]["VisibilityTimeout"] >= 6 * function["Timeout"]
    dead = QUEUES[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert QUEUES[dead]["MessageRetentionPeriod"] == 14 * 86400
    assert function["Events"]["Messages"]["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", [name for name in QUEUES if name.endswith("Queue")])
def test_a_disturbance_of_half_an_hour_sends_nothing_to_a_dead_letter_queue(name: str) -> None:
    """Each failure comes again after 2, 4, 8, … 300 s. Films may end earlier: the next event asks for them anew."""
    tries = QUEUES[name]["RedrivePolicy"]["maxReceiveCount"]
    lasts_s = sum(min(2**number, LONGEST_PAUSE_S) for number in range(1, tries))
    assert lasts_s >= (780 if name == "RenderQueue" else 1800)


@pytest.mark.parametrize("name", [name for name in QUEUES if name.endswith("Queue")])
def test_a_function_may_ask_its_queue_to_deliver_again_soon(name: str) -> None:
    """Without it a moment's failure waits for the visibility timeout, half an hour for films."""
    role = ROLES[f"{name.removesuffix('Queue')}Role"]
    statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    (own,) = [one for one in statements if one["Resource"] == {"Fn::GetAtt": [name, "Arn"]}]
    assert "sqs:ChangeMessageVisibility" in own["Action"]


def test_the_stream_waits_a_day_and_keeps_what_it_gives_up() -> None:
    """An outage of less than a day loses nothing; a row that cannot be told never waits (test_publish.py)."""
    changes = FUNCTIONS["Publish"]["Events"]["Changes"]["Properties"]
    assert changes["BisectBatchOnFunctionError"] is True
    assert (changes["MaximumRetryAttempts"], changes["MaximumRecordAgeInSeconds"]) == (-1, 86400)
    assert changes["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["PublishFailures", "Arn"]}


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_are_private_encrypted_and_speak_tls_only(name: str) -> None:
    """A bucket opened by mistake would be every patient's images at once."""
    bucket = BUCKETS[name]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    statements = RESOURCES[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert any(
        statement.get("Effect") == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in statements
    )


def test_the_vault_and_the_table_outlive_the_stack() -> None:
    """Deleting a stack must not delete a hospital's images."""
    kept = [
        name
        for name, resource in RESOURCES.items()
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key")
    ]
    assert {name: RESOURCES[name].get("DeletionPolicy") for name in kept} == dict.fromkeys(kept, "Retain")
    table = RESOURCES["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"


def test_every_queue_and_function_is_watched() -> None:
    """What fails in the night is told in the night."""
    watched = str([alarm["Dimensions"] for alarm in of_type("AWS::CloudWatch::Alarm").values()])
    for name in [*FUNCTIONS, *QUEUES]:
        assert f"'{name}'" in watched, name


WATCHFUL = (
    ("EdgeApi", "edge_api/heartbeats.py"),
    ("Watch", "watch/handler.py"),
    ("Billing", "billing/months.py"),
    ("Lifecycle", "lifecycle/walking.py"),
    ("Lifecycle", "lifecycle/moving.py"),
    ("Lake", "lake/following.py"),
)


def test_the_staffs_page_sees_every_queue_and_where_it_ends() -> None:
    """Letters that were given up in a queue that nobody lists stay there."""
    said = FUNCTIONS["StaffApi"]["Environment"]["Variables"]["LIGHTBOX_QUEUES"]["Fn::Sub"]
    pairs = {f"{name[0].upper()}{name[1:]}": urls for name, urls in re.findall(r"(\w+)=([^;]*)", said)}
    fed = [name.removesuffix("Queue") for name in QUEUES if name.endswith("Queue")]
    every = {name: f"${{{name}Queue}},${{{name}Dead}}" for name in fed}
    assert pairs == every | {"Publish": ",${PublishFailures}"}
    given = str(ROLES["StaffApiRole"])
    assert [name for name in QUEUES if f"['{name}', 'Arn']" not in given] == []


def test_what_an_agent_says_of_itself_is_watched() -> None:
    """A full spool, parked and overdue things, a bill that nobody could make: who is at the cloud's side hears of them, without a
    look at each hospital."""
    counted = {
        name: RESOURCES[function]["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for function, path in WATCHFUL
        for name in re.findall(
            r'(?:count\(|failed=)"((?:Agent|Statement|Retention|Recall|Compaction)\w+)"',
            (ROOT / "functions" / path).read_text(encoding="utf-8"),
        )
    }
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    watched = {alarm["MetricName"]: alarm["Dimensions"] for alarm in alarms if alarm["Namespace"] == NAMESPACE}
    assert {"AgentSpoolFull", "AgentSilent"} <= set(counted)
    assert watched == {name: [{"Name": "service", "Value": service}] for name, service in counted.items()}
    (silent,) = [alarm for alarm in alarms if alarm["MetricName"] == "AgentSilent"]
    assert silent["TreatMissingData"] == "breaching"


def test_functions_are_traced_where_the_region_has_it_and_may_write_their_traces() -> None:
    """The variable, Lambda's own switch and the permission are of no use without each other."""
    function = TEMPLATE["Globals"]["Function"]
    assert function["Tracing"] == {"Fn::If": ["IsAwsGlobal", "Active", "PassThrough"]}
    assert function["Environment"]["Variables"]["LIGHTBOX_TRACING"] == {"Fn::If": ["IsAwsGlobal", "xray", ""]}
    for name in EVERYWHERE:
        statements = [one for policy in ROLES[f"{name}Role"]["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        assert any(set(one["Action"]) == TRACING and one["Effect"] == "Allow" for one in statements), name


def test_an_alarm_can_reach_the_topic_and_the_topic_is_encrypted() -> None:
    """CloudWatch may publish to an encrypted topic only where the key's policy names it; SNS's own key never does."""
    (topic,) = of_type("AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
    statements = RESOURCES["Key"]["Properties"]["KeyPolicy"]["Statement"]
    (allowed,) = [one for one in statements if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    assert (allowed["Effect"], set(allowed["Action"])) == ("Allow", {"kms:Decrypt", "kms:GenerateDataKey*"})
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


def test_the_cdn_asks_storage_for_the_path_as_it_came() -> None:
    """No edge function may shorten it, since China has none: what is read through the CDN lies under the path's first folder."""
    cdn = RESOURCES["Cdn"]["Properties"]["DistributionConfig"]
    behaviors = {behavior["TargetOriginId"]: behavior for behavior in cdn["CacheBehaviors"] if "Fn::If" not in behavior}
    assert not [name for name, behavior in behaviors.items() if "FunctionAssociations" in behavior]
    assert not [origin for origin in cdn["Origins"] if "OriginPath" in origin]
    places: tuple[tuple[Bucket, str], ...] = (("pixels", "Pixels"), ("derived", "Derived"))
    for bucket, logical_id in places:
        assert behaviors[bucket]["PathPattern"] == f"/{folder_of(bucket)}*"
        (allowed,) = [
            statement["Fn::If"][1]["Resource"]["Fn::Sub"]
            for statement in RESOURCES[f"{logical_id}Policy"]["Properties"]["PolicyDocument"]["Statement"]
            if "Fn::If" in statement
        ]
        assert allowed.startswith(f"${{{logical_id}.Arn}}/{folder_of(bucket)}")


def test_the_cdn_sends_the_same_security_policy_as_the_gateway() -> None:
    """One page, one policy, wherever it is served from."""
    policy = RESOURCES["CdnHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"][
        "ContentSecurityPolicy"
    ]
    assert " ".join(policy["ContentSecurityPolicy"].split()) == CONTENT_SECURITY_POLICY


@pytest.mark.req("LIFE-01")
def test_storage_moves_just_what_lifecycle_tags() -> None:
    """A tag that no rule knows moves nothing, and nobody would notice but on the bill."""
    rules = TEMPLATE["Resources"]["Pixels"]["Properties"]["LifecycleConfiguration"]["Rules"]
    found = {rule["TagFilters"][0]["Value"]: rule["Transitions"][0]["StorageClass"] for rule in rules}
    assert found == {SHELVES[TierEvent.COOLED]: "GLACIER_IR", SHELVES[TierEvent.ARCHIVED]: "GLACIER"}
    assert found[SHELVES[TierEvent.ARCHIVED]] in ARCHIVES
    assert found[SHELVES[TierEvent.COOLED]] not in ARCHIVES
    for rule in rules:
        assert (rule["TagFilters"][0]["Key"], rule["Status"]) == (TAG, "Enabled")
        assert rule["Prefix"] == f"{folder_of('pixels')}{KEY_VERSION}/"
    assert "LifecycleConfiguration" not in {
        name for one in ("Originals", "Derived") for name in TEMPLATE["Resources"][one]["Properties"]
    }
