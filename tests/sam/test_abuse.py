"""What the template does against guessing and against one client that starves the others."""

from __future__ import annotations

from typing import Any

from events.template import ROOT, Template, read
from rollcall.tenants import token_format

TEMPLATE = Template()
RESOURCES = TEMPLATE.resources
PARAMETERS: dict[str, Any] = read((ROOT / "template.yaml").read_text())["Parameters"]


def test_every_route_is_throttled() -> None:
    (everything,) = RESOURCES["Api"]["Properties"]["MethodSettings"]

    assert everything["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert PARAMETERS["RequestsPerSecond"]["Default"] >= 4 * 25


def test_codes_are_too_long_to_be_guessed_however_often_one_may_ask() -> None:
    code = token_format.generate("acme.").removeprefix("acme.")

    assert 62 ** (len(code) - 6) > 2**192  # six of them check the others


def test_who_is_throttled_is_told_in_scim_when_to_come_again() -> None:
    answer = RESOURCES["Api"]["Properties"]["GatewayResponses"]["THROTTLED"]

    assert answer["StatusCode"] == 429
    headers = answer["ResponseParameters"]["Headers"]
    assert headers == {"Content-Type": "'application/scim+json'", "Retry-After": "'1'"}
    assert '"status":"429"' in answer["ResponseTemplates"]["application/json"]


def test_requests_without_a_token_are_a_metric_of_the_functions_own_log_lines() -> None:
    refused = RESOURCES["RefusedRequests"]["Properties"]

    assert refused["LogGroupName"] == {"Ref": "Logs"}
    assert refused["FilterPattern"] == '{ $.message = "request" && $.status = 401 }'


def test_only_the_hand_over_page_may_write_secrets_among_what_clients_reach() -> None:
    writing = {
        name
        for name in RESOURCES
        if name.endswith("Role") and "secretsmanager:PutSecretValue" in str(RESOURCES[name])
    }

    assert writing == {"HandoverRole"}
