"""The judge of policies itself: what it calls covered, missing and unused [PLUS-11]."""

from __future__ import annotations

import pytest

from tests.security.iam import Call, Excuse, allows, like, rights, unused

K1, REPORTS = "arn:aws:s3:::b/k1/*", "arn:aws:s3:::b/reports/*"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [K1, REPORTS]},
        {
            "Effect": "Allow",
            "Action": "dynamodb:GetItem",
            "Resource": "arn:aws:dynamodb:r:0:table/t",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["TENANT#*", "LINK#*"]}},
        },
    ],
}
READ = Call("Role", "s3:GetObject", "arn:aws:s3:::b/k1/a/b")
ROW = Call("Role", "dynamodb:GetItem", "arn:aws:dynamodb:r:0:table/t", "LINK#1")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("k1/*", "k1/a/b", True),
        ("k1/*", "k2/a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("A", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_wildcards_are_iams(pattern: str, text: str, *, matches: bool) -> None:
    """A star crosses slashes; everything else is itself."""
    assert like(pattern, text) is matches


@pytest.mark.req("PLUS-11")
def test_a_call_is_allowed_by_action_resource_and_row() -> None:
    """Each of the three alone is not enough."""
    assert allows(POLICY, READ)
    assert allows(POLICY, ROW)
    assert not allows(POLICY, Call("Role", "s3:DeleteObject", READ.resource))
    assert not allows(POLICY, Call("Role", "s3:GetObject", "arn:aws:s3:::b/journal/x"))
    assert not allows(POLICY, Call("Role", "dynamodb:GetItem", ROW.resource, "SESSION#1"))


@pytest.mark.req("PLUS-11")
def test_each_action_on_each_resource_and_row_must_be_used() -> None:
    """One used folder must not hide that the other is open for nothing."""
    every = list(rights("Role", POLICY))
    assert unused(every, [READ, ROW], []) == [
        "Role: dynamodb:GetItem on arn:aws:dynamodb:r:0:table/t where rows like TENANT#*",
        f"Role: s3:GetObject on {REPORTS}",
        f"Role: s3:PutObject on {K1}",
        f"Role: s3:PutObject on {REPORTS}",
    ]
    excuses = [Excuse("*", "s3:PutObject", "*", "*", "why"), Excuse("*", "dynamodb:*", "*", "TENANT#*", "why")]
    assert unused(every, [READ, ROW], excuses) == [f"Role: s3:GetObject on {REPORTS}"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_what_the_judge_cannot_read_it_does_not_wave_through(statement: dict[str, object]) -> None:
    """A policy with something new in it needs a judge that knows it."""
    with pytest.raises((AssertionError, KeyError)):
        list(rights("Role", {"Statement": [statement]}))
