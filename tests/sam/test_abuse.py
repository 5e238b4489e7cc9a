"""What the template does against guessing and against one client that starves the others."""

from __future__ import annotations

from typing import Any

from events.template import ROOT, Template, read
from rollcall.tenants import token_format
from rollcall.tenants.tenants import MAX_RATE, MIN_RATE

TEMPLATE = Template()
RESOURCES = TEMPLATE.resources
PARAMETERS: dict[str, Any] = read((ROOT / "template.yaml").read_text())["Parameters"]


def test_every_route_is_throttled() -> None:
    (everything,) = RESOURCES["Api"]["Properties"]["MethodSettings"]

    assert everything["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert PARAMETERS["RequestsPerSecond"]["Default"] >= 4 * 25


def test_the_api_takes_far_more_than_its_tenants_may_send() -> None:
    tenant = PARAMETERS["TenantRequestsPerSecond"]

    assert (tenant["Default"], tenant["MinValue"], tenant["MaxValue"]) == (50, MIN_RATE, MAX_RATE)
    assert PARAMETERS["RequestsPerSecond"]["Default"] >= 2 * MAX_RATE


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


def test_failed_sign_ins_that_were_too_many_are_in_the_same_metric() -> None:
    refused = RESOURCES["RefusedSignIns"]["Properties"]

    (metric,) = refused["MetricTransformations"]
    assert metric["MetricName"] == "RefusedRequests"
    assert refused["FilterPattern"] == '{ $.message = "request" && $.limit = "sign-ins" }'


def test_whoever_looks_after_a_tenant_hears_that_it_has_been_refused_for_long() -> None:
    limited = RESOURCES["LimitedRequests"]["Properties"]
    alarm = RESOURCES["LimitedRequestsAlarm"]["Properties"]

    pattern = '{ $.message = "request" && ($.limit = "rate" || $.limit = "access") }'
    assert limited["FilterPattern"] == pattern
    assert alarm["MetricName"] == limited["MetricTransformations"][0]["MetricName"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60
    assert alarm["AlarmActions"] == [{"Ref": "ReportTopic"}]


def test_only_the_hand_over_page_may_write_secrets_among_what_clients_reach() -> None:
    writing = {
        name
        for name in RESOURCES
        if name.endswith("Role") and "secretsmanager:PutSecretValue" in str(RESOURCES[name])
    }

    assert writing == {"HandoverRole"}
