"""`template.yaml` routes what the code serves, and answers for the gateway in SCIM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollcall import local
from rollcall.http.routes import FUNCTIONS

ROOT = Path(__file__).parents[2]
BASE = "/scim/{tenant}/v2"


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, as plain values."""


def plain(loader: Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node)


Loader.add_multi_constructor("!", plain)
TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def routed(function: str) -> set[str]:
    events = RESOURCES[f"{function.capitalize()}Function"]["Properties"]["Events"]
    assert {each["Properties"]["Method"] for each in events.values()} == {"ANY"}
    return {each["Properties"]["Path"] for each in events.values()}


@pytest.mark.parametrize("function", ["users", "groups", "bulk"])
def test_a_function_gets_exactly_the_paths_that_it_serves(function: str) -> None:
    assert routed(function) == {f"{BASE}{each.path}" for each in FUNCTIONS[function]}


def test_everything_else_reaches_discovery_which_serves_all_routes() -> None:
    assert routed("discovery") == {f"{BASE}/{{proxy+}}"}
    served = {each.path for each in FUNCTIONS["discovery"]}
    assert served >= {each.path for function in FUNCTIONS.values() for each in function}


@pytest.mark.parametrize("name", sorted(RESOURCES["Api"]["Properties"]["GatewayResponses"]))
def test_the_gateway_answers_in_scim_and_never_with_quarantine(name: str) -> None:
    response = RESOURCES["Api"]["Properties"]["GatewayResponses"][name]
    (template,) = response["ResponseTemplates"].values()
    said = json.loads(template)

    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said["status"] == str(response["StatusCode"])
    assert "$context" not in template
    assert response["StatusCode"] not in {401, 403}
    headers = response["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/scim+json'"
    assert ("Retry-After" in headers) == (response["StatusCode"] in {429, 503})


def test_the_table_is_kept_recoverable_and_encrypted() -> None:
    table = RESOURCES["Table"]
    properties = table["Properties"]

    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert properties["SSESpecification"]["SSEEnabled"]
    assert local.table_properties()["KeySchema"] == properties["KeySchema"]


def test_the_outputs_are_those_that_the_command_reads() -> None:
    assert set(TEMPLATE["Outputs"]) == {
        "ApiUrl",
        "ReportBucket",
        "ReportTopic",
        "SecretPrefix",
        "TableName",
    }


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_policy_has_no_wildcard_among_its_actions(function: str) -> None:
    (policy,) = RESOURCES[f"{function.capitalize()}Function"]["Properties"]["Policies"]
    actions = [each["Action"] for each in policy["Statement"]]

    assert "*" not in json.dumps(actions)
    assert all(each["Resource"] != "*" for each in policy["Statement"])
