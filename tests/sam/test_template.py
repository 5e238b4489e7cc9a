"""`template.yaml` routes what the code serves, and answers for the gateway in SCIM."""

from __future__ import annotations

import json
import re

import pytest

from events import case, gateway, template
from events.template import ROOT, Template
from rollcall.dev import local_server
from rollcall.http.routes import FUNCTIONS
from tests.exchanges import exchange

BASE = "/scim/{tenant}/v2"
TEMPLATE = Template()
RESOURCES = TEMPLATE.resources


def asked() -> list[str]:
    exchanges = [exchange.Exchange.load(file) for file in exchange.files()]
    return sorted(
        {step.path for each in exchanges for step in (*each.given, each.step, *each.then)}
    )


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

    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert properties["SSESpecification"]["SSEEnabled"]
    assert properties["DeletionProtectionEnabled"]
    assert local_server.table_properties()["KeySchema"] == properties["KeySchema"]


def test_who_was_erased_is_kept_in_a_table_that_no_function_may_use() -> None:
    table = RESOURCES["ErasureTable"]

    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["Properties"]["DeletionProtectionEnabled"]
    assert table["Properties"]["SSESpecification"]["SSEEnabled"]
    roles = [each for each in RESOURCES.values() if each["Type"] == "AWS::IAM::Role"]
    assert roles
    assert "ErasureTable" not in json.dumps(roles)


def test_the_outputs_are_those_that_the_command_reads() -> None:
    assert set(TEMPLATE.outputs) >= {
        "ApiUrl",
        "ReportBucket",
        "ReportTopic",
        "SecretPrefix",
        "SigningSecret",
        "TableName",
    }


def test_only_the_token_endpoint_and_those_that_authenticate_reach_the_signing_secret() -> None:
    reaching = {
        name
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::IAM::Role" and "SigningSecret" in json.dumps(resource)
    }

    authenticating = {"AccessRole", "BulkRole", "DiscoveryRole", "GroupsRole", "UsersRole"}
    assert reaching == {"TokenRole", *authenticating}


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="Users stands twice"):
        template.read("Resources:\n  Users: 1\n  Users: 2\n")


def test_every_variable_that_the_runtime_reads_is_declared_and_known_on_a_laptop() -> None:
    runtime = ROOT / "layers/rollcall/rollcall/runtime"
    read = {
        name
        for file in runtime.glob("*.py")
        for name in re.findall(r'environment\.get\(\s*"(\w+)"', file.read_text())
    }
    assert {"ROLLCALL_TABLE", "AWS_ENDPOINT_URL"} <= read
    assert read <= {
        name
        for function in TEMPLATE.functions()
        for name in TEMPLATE.environment(function, case.given())
    }


@pytest.mark.parametrize("function", sorted(TEMPLATE.functions()))
def test_a_function_has_a_role_of_its_own_and_an_event(function: str) -> None:
    roles = [each["Role"] for each in TEMPLATE.functions().values()]

    assert roles.count(TEMPLATE.functions()[function]["Role"]) == 1
    assert function in {each.function for each in case.cases()}


@pytest.mark.parametrize("path", asked())
def test_every_path_that_a_client_asks_for_reaches_a_function(path: str) -> None:
    filled = exchange.PLACEHOLDER.sub("x", path)

    assert gateway.function(f"/scim/acme/v2{filled}") in TEMPLATE.functions()


@pytest.mark.parametrize("each", [each for each in case.cases() if each.is_request], ids=str)
def test_an_event_is_what_the_gateway_makes_of_a_request(each: case.Case) -> None:
    encoded = each.event["isBase64Encoded"]

    assert gateway.event(gateway.request(each.event), encoded=encoded) == each.event
    assert gateway.function(each.event["path"]) == each.function
