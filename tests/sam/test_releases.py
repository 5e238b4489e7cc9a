"""What clients reach is released behind a hook, and everything else changes with the stack."""

from __future__ import annotations

import json

from events.processed import Processed
from tests.sam.test_rules import WAITED_FOR

STACK = Processed()
PLAIN = Processed(parameters={"ProbedReleases": "false"})
PROBED = {f"{name}Function" for name in WAITED_FOR}


def test_clients_reach_a_new_version_only_after_the_hook() -> None:
    aliases = [e for e in STACK.resources.values() if e["Type"] == "AWS::Lambda::Alias"]

    assert {each["Properties"]["FunctionName"].strip("<>") for each in aliases} == PROBED
    for each in aliases:
        update = each["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["BeforeAllowTrafficHook"] == "<ReleaseFunction>"
        function = each["Properties"]["FunctionName"].strip("<>")
        assert update["DeploymentGroupName"] == f"<{function}DeploymentGroup>"


def test_a_release_that_fails_leaves_clients_with_the_version_before() -> None:
    """AWS, CloudFormation UpdatePolicy: a failed deployment fails the update, which rolls back."""
    groups = STACK.of_type("AWS::CodeDeploy::DeploymentGroup")

    assert len(groups) == len(PROBED)
    for each in groups.values():
        assert each["DeploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
        assert each["AutoRollbackConfiguration"]["Enabled"] is True
        assert each["ServiceRoleArn"] == "<DeploymentRole.Arn>"


def test_background_functions_change_with_the_stack() -> None:
    functions = set(STACK.of_type("AWS::Lambda::Function"))
    versions = {
        each["Properties"]["FunctionName"].strip("<>")
        for each in STACK.resources.values()
        if each["Type"] == "AWS::Lambda::Version"
    }

    assert {"SweepFunction", "ChangesFunction", "ExpiryFunction", "ReleaseFunction"} <= functions
    assert versions == PROBED


def test_codedeploy_may_move_these_aliases_and_call_the_hook_and_no_more() -> None:
    """AWS's own policy lets CodeDeploy call only functions named CodeDeployHook_."""
    role = STACK.resources["DeploymentRole"]["Properties"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]

    trusted = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert trusted == {"Service": "codedeploy.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    functions = {f"<{name}.Arn>" for name in PROBED}
    assert [set(each["Resource"]) for each in statements[:2]] == [
        functions,
        {f"{each}:*" for each in functions},
    ]
    assert statements[2]["Resource"] == "<ReleaseFunction.Arn>"
    assert statements[2]["Action"] == "lambda:InvokeFunction"


def test_the_hook_deletes_versions_and_never_a_function() -> None:
    statements = STACK.resources["ReleaseRole"]["Properties"]["Policies"][0]["PolicyDocument"][
        "Statement"
    ]
    (deleting,) = (each for each in statements if "lambda:DeleteFunction" in each["Action"])

    assert set(deleting["Resource"]) == {f"<{name}.Arn>:*" for name in PROBED}


def test_the_hook_touches_no_table_and_no_customers_secret() -> None:
    role = json.dumps(STACK.resources["ReleaseRole"])

    assert "dynamodb:" not in role
    assert "secret:rollcall/tenants/rollcall-release-*" in role
    assert "secret:rollcall/tenants/*" not in role


def test_the_hook_knows_every_function_that_it_is_called_for() -> None:
    variables = STACK.resources["ReleaseFunction"]["Properties"]["Environment"]["Variables"]

    named = dict(each.split("=") for each in variables["ROLLCALL_FUNCTIONS"].split(","))
    assert named == {name.lower(): f"<{name}Function>" for name in WAITED_FOR}


def test_without_codedeploy_everything_changes_with_the_stack() -> None:
    kinds = {each["Type"] for each in PLAIN.resources.values()}

    assert not {each for each in kinds if each.startswith("AWS::CodeDeploy")}
    aliases = [e for e in PLAIN.resources.values() if e["Type"] == "AWS::Lambda::Alias"]
    assert not [each for each in aliases if "UpdatePolicy" in each]
