"""Who acts is who AWS says: in the log the session, and for customers its role alone."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.permissions.cloud import STACK, Cloud
from tests.permissions.conftest import SESSION

ARN = f"arn:aws:sts::000000000000:assumed-role/Support/{SESSION}"
USER = pwd.getpwuid(os.getuid()).pw_name


def run(
    server: Server, stack: Cloud, session: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on the stack, as somebody who calls himself another user."""
    pretended = {"LOGNAME": "mallory", "USER": "mallory", "AWS_ENDPOINT_URL_STS": "http://[::1]:1"}
    environment = {**session, **pretended, "AWS_ENDPOINT_URL": stack.url}
    return rollcall(server.state, "--stack", STACK, *words, **environment)


def test_the_log_names_the_session_and_the_user_and_customers_see_the_role(
    server: Server, stack: Cloud, session: dict[str, str], tenant: Tenant, tmp_path: Path
) -> None:
    server.services.directory(tenant.name).users.create({"userName": "bob"})
    (tmp_path / "all.yaml").write_text("name: all\nusers: all\nworkAreas: {code: read}\n")
    for words in (
        ("access", "grant", tenant.name, "bob", "code=edit"),
        ("templates", "set", tenant.name, str(tmp_path / "all.yaml")),
        ("duplicates", "dismiss", tenant.name, "--service-account", "bob", "--reason", "robot"),
        ("tokens", "issue", tenant.name),
    ):
        answer = run(server, stack, session, *words)
        assert answer.returncode == 0, answer.stderr

    logged = run(server, stack, session, "log", tenant.name, "--json").stdout.splitlines()
    by = Counter((json.loads(each)["actor"], json.loads(each).get("user")) for each in logged)
    shown = run(server, stack, session, "log", tenant.name).stdout
    exported = run(server, stack, session, "tenants", "export", tenant.name, "-").stdout
    items = [str(each) for each in server.services.table.scan(f"{tenant.name}#")]
    assert by == {(f"operator:{ARN}", USER): 4}
    assert f"operator:{ARN}, user {USER}" in shown
    assert [each for each in items if SESSION in each and "#LOG#" not in each] == []
    assert "000000000000" not in exported
    assert SESSION not in exported
    actors = [json.loads(each) for each in exported.splitlines()]
    assert {each["actor"] for each in actors if each["type"] == "log"} == {"operator:Support"}
    assert {each["actor"] for each in actors if each["type"] == "template"} == {"operator:Support"}
    assert {each["by"] for each in actors if each["type"] == "flag"} == {"operator:Support"}


@pytest.mark.parametrize("words", ["tenants list", "tokens list T", "tenants rate T 100"])
def test_a_command_asks_aws_once_who_calls(
    words: str, server: Server, stack: Cloud, session: dict[str, str], tenant: Tenant
) -> None:
    stack.asked.clear()

    answer = run(server, stack, session, *words.replace("T", tenant.name).split())

    assert answer.returncode == 0, answer.stderr
    assert [each.action for each in stack.asked][:2] == [
        "cloudformation:DescribeStacks",
        "sts:GetCallerIdentity",
    ]
    assert Counter(each.action for each in stack.asked)["sts:GetCallerIdentity"] == 1


@pytest.mark.parametrize("words", ["--help", "tokens --help", "gallery attest"])
def test_what_is_about_no_deployment_asks_nobody(
    words: str, server: Server, stack: Cloud, session: dict[str, str]
) -> None:
    stack.asked.clear()

    assert run(server, stack, session, *words.split()).returncode == 0
    assert stack.asked == []


def test_where_aws_does_not_say_who_calls_nothing_is_done(
    server: Server, stack: Cloud, session: dict[str, str], tenant: Tenant
) -> None:
    stack.asked.clear()
    stack.refused = {"sts:GetCallerIdentity"}
    try:
        answer = run(server, stack, session, "tenants", "disable", tenant.name)
    finally:
        stack.refused = set()

    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("error: the AWS credentials do not permit sts:Get")
    assert [each.action for each in stack.asked] == [
        "cloudformation:DescribeStacks",
        "sts:GetCallerIdentity",
    ]
    assert server.services.tenants.show(tenant.name).state == "active"


def test_a_refused_call_is_a_sentence_with_the_action_and_the_role(
    server: Server, stack: Cloud, session: dict[str, str], tenant: Tenant
) -> None:
    stack.refused = {"secretsmanager:PutSecretValue"}
    try:
        answer = run(server, stack, session, "tenants", "disable", tenant.name)
    finally:
        stack.refused = set()

    assert (answer.returncode, answer.stderr) == (
        2,
        "error: the AWS credentials do not permit secretsmanager:PutSecretValue, which the role "
        "support has for its tenants (docs/permissions.md)\n",
    )


def test_the_local_server_knows_the_user_of_the_machine(server: Server, tenant: Tenant) -> None:
    rollcall(server.state, "tenants", "rate", tenant.name, "100", LOGNAME="mallory")

    (logged,) = rollcall(server.state, "log", tenant.name, "--json").stdout.splitlines()
    assert json.loads(logged)["actor"] == f"operator:{USER}"
    assert "user" not in json.loads(logged)
