"""Each policy against each command: allowed exactly as the table of `docs/permissions.md` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from events.template import ROOT
from rollcall.aws.role_permissions import ACTIONS, role_with
from tests.conftest import Server
from tests.permissions.asked import Asked
from tests.permissions.cloud import Cloud
from tests.permissions.commands import LOCAL, RESTORE, command_of
from tests.permissions.policies import OPEN, ROLES, Policy, matches, policies, processed
from tests.permissions.recorded import COMMANDS, TENANT, Recorded, record

NAMED = policies(TENANT, f"{TENANT}-new")
ALL = policies()
QUOTA = 6_144
"""The characters of a managed policy."""

STACK_NAME = "s" * 100
"""The longest name of a stack for which the page says that the policies fit."""

LONGEST = {
    "StackName": STACK_NAME,
    "TableName": f"{STACK_NAME}-Table-ABCDEFGHIJKLM-at-20261127T090000Z",
    "ErasureTable": f"{STACK_NAME}-ErasureTable-ABCDEFGHIJKLM",
    "SecretPrefix": f"{STACK_NAME}/tenants",
    "SigningSecret": f"arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:{'s' * 30}",
    "ReportBucket": "r" * 63,
    "ReportTopic": f"arn:aws:sns:ap-southeast-1:123456789012:{STACK_NAME}-ReportTopic-ABCDEFGHIJKL",
    "UnpublishedBucket": "u" * 63,
    "Bus": f"arn:aws:events:ap-southeast-1:123456789012:event-bus/{STACK_NAME}-changes",
    **{f"Tenant{number}": str(number) * 40 for number in range(1, 6)},
}


@pytest.fixture(scope="module")
def recorded(
    server: Server,
    stack: Cloud,
    session: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Recorded:
    """What each command asks of AWS."""
    return record(server, stack, session, tmp_path_factory.mktemp("typed"))


def refused(policy: Policy, asked: frozenset[Asked]) -> str:
    """Return an action that is refused, empty where all of them are allowed."""
    return next((each.action for each in sorted(asked) if not policy.allows(each)), "")


def rows(recorded: Recorded) -> Iterator[str]:
    """Yield the rows of the table: who may do what, and the first action that is refused."""
    for command in sorted(recorded):
        asked = recorded[command]
        cells = [refused(ALL[role], asked) for role in ROLES]
        least = next(role for role, action in zip(ROLES, cells, strict=True) if not action)
        cells.append(refused(NAMED[least], asked))
        told = (f"`{action}`" if action else "yes" for action in cells)
        yield f"| `{command}` | {' | '.join(told)} |"


def test_every_command_is_typed_here_or_works_on_no_deployment(recorded: Recorded) -> None:
    assert {command_of(row, COMMANDS) for row in recorded} | set(LOCAL) == COMMANDS


def test_each_policy_allows_the_commands_of_its_column(recorded: Recorded) -> None:
    page = (ROOT / "docs" / "permissions.md").read_text()
    table = [line for line in page.splitlines() if re.match(r"\| `[a-z]", line)]

    assert table == list(rows(recorded))


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_a_policy_allows_nothing_that_no_command_of_it_calls(
    role: str, named: bool, recorded: Recorded
) -> None:
    policy = (NAMED if named else ALL)[role]
    called = {each for asked in recorded.values() if not refused(policy, asked) for each in asked}

    idle = {
        (action, statement.resources[0])
        for statement in policy.statements
        for action in statement.actions
        if not any(statement.allows(each) and matches(action, each.action) for each in called)
    }
    assert idle == set()


@pytest.mark.parametrize("role", ROLES)
def test_who_is_limited_to_a_tenant_reaches_no_other(role: str, recorded: Recorded) -> None:
    policy = policies("other", "acm")[role]
    of_tenant = {
        each
        for asked in recorded.values()
        for each in asked
        if any(key.startswith(f"{TENANT}#") for key in each.keys) or f"/{TENANT}" in each.resource
    }

    assert len(of_tenant) > 100
    assert [each for each in of_tenant if policy.allows(each)] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_tenant_whose_name_begins_alike_is_another_one(role: str) -> None:
    policy = NAMED[role]
    read = Asked("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/rollcall")
    secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rollcall/tenants/{}-AbCdEf"

    assert policy.allows(replace(read, keys=("acme#USER#1",)))
    assert not policy.allows(replace(read, keys=("acme2#USER#1",)))
    assert not policy.allows(replace(read, keys=("acme#USER#1", "acme2#USER#1")))
    assert policy.allows(Asked("secretsmanager:GetSecretValue", secret.format("acme")))
    assert not policy.allows(Asked("secretsmanager:GetSecretValue", secret.format("acme-eu")))


@pytest.mark.parametrize("role", ROLES)
def test_a_call_without_leading_keys_is_allowed_to_nobody_who_is_limited(role: str) -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/rollcall"

    for action in ("Query", "GetItem", "BatchGetItem", "Scan", "PutItem"):
        assert not NAMED[role].allows(Asked(f"dynamodb:{action}", table))


def test_a_policy_has_no_more_characters_than_iam_takes() -> None:
    unlimited = {"Tenant1": "*", **{f"Tenant{number}": "_" for number in range(2, 6)}}
    all_tenants: Mapping[str, str] = {**LONGEST, **unlimited}

    for parameters in (LONGEST, all_tenants):
        sizes = {name: policy.characters for name, policy in processed(parameters).items()}
        assert {name: size for name, size in sizes.items() if size > QUOTA} == {}


def test_every_role_may_do_what_the_one_before_may(recorded: Recorded) -> None:
    asked = {each for of_command in recorded.values() for each in of_command}

    for lower, higher in pairwise(ROLES):
        for policy in (ALL, NAMED):
            lost = [
                each
                for each in asked
                if policy[lower].allows(each) and not policy[higher].allows(each)
            ]
            assert lost == []


@pytest.mark.parametrize(
    ("pattern", "value", "matched"),
    [
        ("*#*", "#TENANTS", True),
        ("acme#*", "acme#USER#[x]", True),
        ("acme#*", "acmee#USER", False),
        ("s/acme-??????", "s/acme-AbCdEf", True),
        ("s/acme-??????", "s/acme-eu-AbCdEf", False),
        ("dynamodb:Get*", "dynamodb:GetItem", True),
        ("_#*", "acme#USER", False),
    ],
)
def test_the_wildcards_are_those_of_iam(pattern: str, value: str, matched: bool) -> None:
    assert matches(pattern, value) is matched


def test_what_makes_a_copy_is_what_restore_is_said_to_ask_for() -> None:
    source = (ROOT / "layers/rollcall/rollcall/aws/table_copies.py").read_text()
    called = set(re.findall(r"self\._client\.([a-z_]+)\(", source))

    actions = {each.action.partition(":")[2].lower() for each in RESTORE}
    assert len(called) > 5
    assert {each for each in called if each.replace("_", "") not in actions} == set()


def test_a_refused_action_names_the_first_role_that_has_it() -> None:
    before: set[str] = set()
    for role in ROLES:
        allowed = {each for statement in ALL[role].statements for each in statement.actions}
        assert ACTIONS[role.lower()] == allowed - before
        before |= allowed

    assert [role_with(each) for each in ("dynamodb:PutItem", "s3:DeleteObject", "iam:x")] == [
        "support",
        "operator",
        "",
    ]


def test_who_calls_is_told_without_permission() -> None:
    assert frozenset({"sts:GetCallerIdentity"}) == OPEN
