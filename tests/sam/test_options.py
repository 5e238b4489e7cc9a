"""What an operator may add: a WAF, a dashboard, access logs; all of it is off by default."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from events import gateway
from events.processed import Processed
from rollcall.http.routes import FUNCTIONS
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from tests.sam.test_gateway import Context, loop

__all__ = ["loop"]

OFF = Processed()
ON = Processed(parameters={"Waf": "true", "Dashboard": "true", "AccessLogs": "true"})
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def test_the_options_are_off_unless_they_are_asked_for() -> None:
    added = set(ON.resources) - set(OFF.resources)

    assert added == {"Charts", "GatewayLogs", "WebAcl", "WebAclAssociation"}
    (stage,) = OFF.of_type("AWS::ApiGateway::Stage").values()
    assert "AccessLogSetting" not in stage


def test_the_waf_has_rules_of_rate_and_reputation_and_no_core_rule_set() -> None:
    (acl,) = ON.of_type("AWS::WAFv2::WebACL").values()
    rate, reputation = (each["Statement"] for each in acl["Rules"])

    assert acl["DefaultAction"] == {"Allow": {}}
    assert rate["RateBasedStatement"]["AggregateKeyType"] == "IP"
    managed = reputation["ManagedRuleGroupStatement"]
    assert managed == {"VendorName": "AWS", "Name": "AWSManagedRulesAmazonIpReputationList"}
    assert "CommonRuleSet" not in json.dumps(acl)
    (association,) = ON.of_type("AWS::WAFv2::WebACLAssociation").values()
    assert association["ResourceArn"] == (
        "arn:aws:apigateway:eu-west-1::/restapis/<Api>/stages/<ApiStage>"
    )


def test_the_waf_refuses_no_request_as_forbidden_for_its_rate() -> None:
    (acl,) = ON.of_type("AWS::WAFv2::WebACL").values()
    answer = acl["Rules"][0]["Action"]["Block"]["CustomResponse"]

    assert answer["ResponseCode"] == 429
    assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "60"}]


def test_an_address_may_send_what_several_tenants_may() -> None:
    """Entra sends the requests of many customers from few addresses."""
    limit = int(
        ON.of_type("AWS::WAFv2::WebACL")["WebAcl"]["Rules"][0]["Statement"]["RateBasedStatement"][
            "Limit"
        ]
    )

    assert limit >= 4 * 50 * 300


@pytest.mark.usefixtures("loop")
def test_a_patch_of_200_kb_without_user_agent_is_served(services: Services) -> None:
    token = services.tenants.create("acme")
    directory = services.directory("acme")
    members = [directory.users.create({"userName": f"u{n}"}).record.id for n in range(3)]
    group = directory.groups.create({"displayName": "Everybody"}).record.id
    value = [{"value": each, "display": "x" * 70_000} for each in members]
    operation = {"op": "Add", "path": "members", "value": value}
    body = json.dumps({"schemas": [PATCH], "Operations": [operation]}).encode()
    assert len(body) > 200 * 1024
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/scim+json"))
    request = gateway.Request("PATCH", f"/scim/acme/v2/Groups/{group}", headers, body)

    handler = behind_gateway(application(services, FUNCTIONS["groups"], logger()))
    context: Any = Context()
    answer = handler(gateway.event(request), context)

    assert answer["statusCode"] in {200, 204}
    assert directory.groups.read(group).record.version > 1


def test_access_logs_touch_no_setting_of_the_account_and_hold_no_secret() -> None:
    """AWS, AWS::ApiGateway::Account: one role for all APIs of an account and region."""
    kinds = {each["Type"] for each in ON.resources.values()}
    (stage,) = ON.of_type("AWS::ApiGateway::Stage").values()
    logged = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSetting"]["Format"]))

    assert "AWS::ApiGateway::Account" not in kinds
    assert stage["AccessLogSetting"]["DestinationArn"] == "<GatewayLogs.Arn>"
    assert {"requestId", "xrayTraceId", "status"} <= logged
    assert not logged & {"path", "identity.apiKey", "authorizer.principalId", "identity.userAgent"}
    json.loads(re.sub(r":\$context\.\w+", ":0", stage["AccessLogSetting"]["Format"]))


@pytest.mark.parametrize("stack", ["rollcall", "rollcall-dev"])
def test_the_dashboard_is_json_with_metrics_of_its_own_stack(stack: str) -> None:
    on = Processed(parameters={"Dashboard": "true"}, stack=stack)
    (dashboard,) = on.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]

    assert len(widgets) == 4
    first = [each["properties"]["metrics"][0] for each in widgets]
    assert [stack in each for each in first] == [True, True, True, False]


def test_a_saved_query_leads_from_a_tenant_and_its_operations_to_traces() -> None:
    (query,) = OFF.of_type("AWS::Logs::QueryDefinition").values()

    assert query["LogGroupNames"] == ["<Logs>"]
    for part in ("tenant = ", "method like", "xray_trace_id"):
        assert part in query["QueryString"]
    emulated = Processed(parameters={"EndpointUrl": "http://127.0.0.1:4566"})
    assert not emulated.of_type("AWS::Logs::QueryDefinition")
