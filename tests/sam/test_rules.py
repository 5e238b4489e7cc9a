"""What AWS refuses or does otherwise than an emulator, asked of the processed template.

Each rule has its source: a page of AWS's documentation, or a public report of who ran into it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from events.processed import Processed
from events.template import ROOT, Template, read
from rollcall.http.time_limit import RESERVE

STACK = Processed()
SECOND = Processed(stack="rollcall-dev")
LONGEST = Processed(
    parameters={
        "BasePath": "p" * 60,
        "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a",
        "DomainName": "d" * 63 + ".example.com",
        "ExtensionSchemas": "/opt/extensions/" + "x" * 44,
        "AccessLevels": "l" * 70,
        "AccessRoles": "r" * 70,
        "ProductName": "P" * 70,
        "SupportContact": "s" * 150,
    },
    stack="s" * 128,
)
"""As long as names get: a stack's has 128 characters at most."""

DOMAIN = {
    "DomainName": "scim.example.com",
    "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a",
}

PARTITIONS = [
    ("aws", "eu-west-1", "amazonaws.com"),
    ("aws", "us-east-1", "amazonaws.com"),
    ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
    ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
]

WAITED_FOR = {"Users", "Groups", "Bulk", "Discovery", "Reports", "Handover", "Token", "Access"}
"""The functions whose answer a client waits for."""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_a_verb_is_left_open_only_for_all_paths_together() -> None:
    """hashicorp/terraform-provider-aws#15855: "Invalid method setting path", ANY and * alike.

    A change set says nothing of it. The verbs by name were never seen on methods that are ANY.
    """
    (stage,) = STACK.of_type("AWS::ApiGateway::Stage").values()

    told = {(each["ResourcePath"], each["HttpMethod"]) for each in stage["MethodSettings"]}
    assert told == {("/*", "*")}


NAMED = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
}
"""Where a name is given that is one of its kind in an account and region."""


@pytest.mark.parametrize("kind", sorted(NAMED))
def test_a_second_stack_in_the_same_account_has_other_names(kind: str) -> None:
    """aws/serverless-application-model#3109: schedules get constant names without OmitName."""
    one, two = (
        {
            name: properties[NAMED[kind]]
            for name, properties in stack.of_type(kind).items()
            if NAMED[kind] in properties
        }
        for stack in (STACK, SECOND)
    )

    assert {name for name in one if one[name] == two.get(name)} == set()


def test_a_name_is_given_to_nothing_that_the_rule_above_does_not_know() -> None:
    known = {*NAMED, "AWS::Lambda::Alias", "AWS::Lambda::Permission", "AWS::Lambda::Version"}
    known |= {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"}  # they refer
    known |= {"AWS::CodeDeploy::DeploymentGroup"}  # to its application
    known |= {"AWS::ApiGateway::Stage", "AWS::Logs::MetricFilter"}  # names within others

    named = {
        each["Type"]
        for each in STACK.resources.values()
        if any(key.endswith("Name") and key != "MetricName" for key in each.get("Properties", {}))
    }
    assert named <= known


@pytest.mark.parametrize("other", ["rollcall-dev", "roll", "rollcall2"])
def test_a_second_stack_sees_no_secret_of_the_first(other: str) -> None:
    """Secrets are what makes a tenant: who lists another's gives out its tokens."""
    first, second = (
        {*texts(each.of_type("AWS::Lambda::Function")), *texts(each.of_type("AWS::IAM::Role"))}
        for each in (Processed(stack="rollcall"), Processed(stack=other))
    )

    def secrets(found: set[str]) -> set[str]:
        return {each for each in found if "tenants" in each}

    assert secrets(first)
    assert secrets(second)
    assert not secrets(first) & secrets(second)
    assert not [a for a in secrets(first) for b in secrets(second) if b.startswith(a.rstrip("*"))]


def test_the_prefix_of_a_stack_that_exists_can_be_given() -> None:
    kept = Processed(stack="rollcall-hr", parameters={"SecretPrefix": "rollcall/tenants"})

    variables = kept.resources["UsersFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["ROLLCALL_SECRETS"] == kept.outputs["SecretPrefix"] == "rollcall/tenants"
    assert any(each.endswith("secret:rollcall/tenants/*") for each in texts(kept.resources))


def test_no_concurrency_is_reserved() -> None:
    """AWS, Lambda quotas: new accounts have less. With 10 in all, of which 100 have to stay
    unreserved, any reservation "decreases account's UnreservedConcurrentExecution below its
    minimum value" and the stack rolls back.
    """
    for name, function in STACK.of_type("AWS::Lambda::Function").items():
        assert "ReservedConcurrentExecutions" not in function, name
    for name, alias in STACK.of_type("AWS::Lambda::Alias").items():
        assert "ProvisionedConcurrencyConfig" not in alias, name


def test_no_function_is_larger_than_a_new_account_allows() -> None:
    """AWS, Lambda quotas: new accounts have a reduced memory quota, 3 008 MB."""
    sizes = {n: each["MemorySize"] for n, each in STACK.of_type("AWS::Lambda::Function").items()}

    assert {name for name, size in sizes.items() if size > 3008} == set()


def test_a_sweep_that_was_missed_is_not_repeated_but_the_next_one_comes() -> None:
    """AWS, Lambda asynchronous invocation: by default two more tries within six hours."""
    configured = STACK.of_type("AWS::Lambda::EventInvokeConfig").values()
    found = [each for each in configured if "SweepFunction" in each["FunctionName"]]

    assert [(each["MaximumRetryAttempts"], each["MaximumEventAgeInSeconds"]) for each in found] == [
        (0, 60)
    ]


def test_the_alarm_hears_of_three_failed_sweeps_however_long_each_takes() -> None:
    alarm = STACK.resources["SweepAlarm"]["Properties"]
    longest = STACK.resources["SweepFunction"]["Properties"]["Timeout"]

    assert alarm["DatapointsToAlarm"] == 3
    assert alarm["EvaluationPeriods"] * alarm["Period"] >= 3 * (longest + 60)


def test_a_first_deployment_that_fails_leaves_nothing_and_a_deletion_keeps_the_data() -> None:
    """AWS, DeletionPolicy: RetainExceptOnCreate deletes what a failed creation has made.

    AWS, Lambda DeleteFunction: the versions of a function are deleted with it.
    """
    kept = {
        name: each["DeletionPolicy"]
        for name, each in STACK.resources.items()
        if each.get("DeletionPolicy", "Delete") != "Delete"
        and each["Type"] != "AWS::Lambda::Version"
    }

    assert kept == dict.fromkeys(
        ("Table", "ErasureTable", "ReportBucket", "UnpublishedBucket"), "RetainExceptOnCreate"
    )
    assert {STACK.resources[name]["UpdateReplacePolicy"] for name in kept} == {"Retain"}


def test_versions_are_made_only_where_a_client_waits_and_deleted_by_the_release_function() -> None:
    """AWS, Lambda pricing: a snapshot is paid for by memory and time for each version there is.

    The version before the newest is kept until the next release, so CloudFormation deletes none.
    """
    stack = Processed(parameters={"SnapStart": "PublishedVersions"})
    functions = stack.of_type("AWS::Lambda::Function")
    snapped = {
        name.removesuffix("Function")
        for name, each in functions.items()
        if each.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
    }
    versions = [e for e in stack.resources.values() if e["Type"] == "AWS::Lambda::Version"]

    assert snapped == WAITED_FOR
    assert len(versions) == len(WAITED_FOR)
    assert {each["DeletionPolicy"] for each in versions} == {"Retain"}
    allowed = json.dumps(STACK.resources["ReleaseRole"])
    assert "lambda:DeleteFunction" in allowed


_DIRECTORY = {
    "ExtensionSchemas", "ProvisioningLogDays", "TenantRequestsPerSecond", "AccessLevels",
    "AccessRoles",
}  # fmt: skip

SEEN = {
    "Access": {"SnapStart", "TableStreamArn", "ProvisioningLogDays", "SignInsPerSecond"},
    "Users": {"SnapStart", "TableStreamArn", *_DIRECTORY},
    "Groups": {"SnapStart", "TableStreamArn", *_DIRECTORY},
    "Bulk": {"SnapStart", "TableStreamArn", *_DIRECTORY},
    "Discovery": {"SnapStart", "TableStreamArn", *_DIRECTORY},
    "Handover": {"SnapStart", "TableStreamArn", "ProductName", "SupportContact"},
    "Reports": {"SnapStart", "TableStreamArn"},
    "Token": {"SnapStart", "TableStreamArn", "IssuerHosts", "TenantRequestsPerSecond"},
}
"""What an operator may change, by the functions that clients reach and that go by it."""

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/copy/stream/2026-11-27T09:30:00.123"
_OTHER = {"SnapStart": "PublishedVersions", "TableStreamArn": STREAM}


@pytest.mark.parametrize("function", sorted(SEEN))
def test_a_parameter_that_changes_reaches_what_clients_reach(function: str) -> None:
    """aws/serverless-application-model#3820: a version stays as it is when only the value of a
    parameter changes, and with it what clients reach. AWS, AWS::Lambda::Version: another
    description replaces a version; it has 256 characters at most.
    """

    def described(stack: Processed) -> str:
        (version,) = (
            each["Properties"]["Description"]
            for name, each in stack.resources.items()
            if name.startswith(f"{function}FunctionVersion")
        )
        return str(version)

    for name in SEEN[function]:
        value = _OTHER.get(name, "365")
        assert described(Processed(parameters={name: value})) != described(STACK), name
    parameters = [Template().parameters[name] for name in SEEN[function]]
    lengths = [
        each.get("MaxLength", len(str(each.get("MaxValue", "x" * 17)))) for each in parameters
    ]
    lengths.append(len("00.123") - 17)  # of a stream the end of its label alone
    assert sum(lengths) + len(lengths) <= 256


def test_another_table_takes_the_place_of_the_own_one_wherever_it_is_named() -> None:
    """The table that was restored is used by everything, and its stream; the own one is kept."""
    chosen = {"TableName": "copy", "TableStreamArn": STREAM, "Dashboard": "true"}
    switched, own = Processed(parameters=chosen), Processed(parameters={"Dashboard": "true"})

    def naming(stack: Processed, name: str) -> set[str]:
        return {
            logical
            for logical, each in {**stack.resources, **stack.outputs}.items()
            if name in json.dumps(each).replace("ErasureTable", "")
        }

    assert naming(switched, "<Table") == set()
    assert naming(switched, ":table/copy") | naming(switched, "copy") == naming(own, "<Table")
    assert {*naming(own, "<Table")} >= {"TableName", "Charts", "SweepRole", "ChangesFunctionStream"}
    assert switched.outputs["TableName"] == "copy"
    assert "Table" in switched.resources


def test_what_no_client_reaches_runs_as_it_was_deployed_last() -> None:
    aliases = {each["FunctionName"] for each in STACK.of_type("AWS::Lambda::Alias").values()}

    assert aliases == {f"<{name}Function>" for name in WAITED_FOR}


RESERVED = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip
"""AWS, Lambda environment variables: those that a function cannot be given."""


@pytest.mark.parametrize("function", sorted(STACK.of_type("AWS::Lambda::Function")))
def test_the_environment_is_small_and_takes_no_name_of_lambdas_own(function: str) -> None:
    """AWS, Lambda quotas: 4 KB for all variables together."""
    environment = LONGEST.resources[function]["Properties"]["Environment"]["Variables"]

    # A name that CloudFormation makes is 64 characters at most, with an ARN around it.
    text = re.sub(r"<\w+(\.\w+)?>", "n" * 150, json.dumps(environment))
    assert len(text) < 4096
    assert not RESERVED & set(environment)


def test_the_endpoint_is_awss_own_unless_one_is_given() -> None:
    given = Processed(parameters={"EndpointUrl": "http://127.0.0.1:4566"})

    for stack, expected in ((STACK, ""), (given, "http://127.0.0.1:4566")):
        for name, each in stack.of_type("AWS::Lambda::Function").items():
            found = each["Environment"]["Variables"]["AWS_ENDPOINT_URL"]
            assert found == expected, name


def test_policies_are_as_small_as_iam_and_lambda_take_them() -> None:
    """AWS, IAM quotas: 10 240 characters for the policies in a role, 6 144 for a managed one.

    AWS, Lambda quotas: 20 KB for the policy of a function; a permission makes about 400 of it.
    """
    for name, role in LONGEST.of_type("AWS::IAM::Role").items():
        inline = json.dumps([each["PolicyDocument"] for each in role.get("Policies", ())])
        assert len(inline) < 10_240, name
    for name, policy in LONGEST.of_type("AWS::IAM::ManagedPolicy").items():
        assert len(json.dumps(policy["PolicyDocument"])) < 6_144, name
    permitted = [each["FunctionName"] for each in STACK.of_type("AWS::Lambda::Permission").values()]
    assert max(map(permitted.count, permitted)) < 40


def test_the_template_is_as_small_as_cloudformation_takes_it() -> None:
    """AWS, CloudFormation quotas: 1 MB for a template in S3, 500 resources, 200 parameters.

    The 51 200 bytes of a template within a request are not ours: see the next test.
    """
    written_out = json.dumps(read((ROOT / "template.yaml").read_text()), indent=2)
    assert len(written_out) < 1_000_000
    assert len(json.dumps(LONGEST.resources)) < 1_000_000
    assert len(LONGEST.resources) <= 500
    assert len(Template().parameters) <= 200


def test_the_template_is_deployed_from_s3() -> None:
    """aws-sam-cli, `Deployer._process_kwargs`: with a bucket it sends a URL, not the template."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())

    del settings["version"]
    assert {
        name: each["deploy"]["parameters"]["resolve_s3"] for name, each in settings.items()
    } == {
        "default": True,
        "dev": True,
        "prod": True,
    }


def test_the_template_does_not_grow_unseen() -> None:
    """A bound of our own: docs/releases.md."""
    assert len((ROOT / "template.yaml").read_bytes()) < 64_000


@pytest.mark.parametrize(("partition", "region", "suffix"), PARTITIONS)
def test_urls_and_arns_are_those_of_the_region(partition: str, region: str, suffix: str) -> None:
    """AWS, partitions: China and GovCloud have ARNs, and China a domain, of their own."""
    stack = Processed(partition=partition, region=region)
    host = f"https://<Api>.execute-api.{region}.{suffix}/live"

    assert stack.outputs["ApiUrl"] == host
    for name in ("ChangesFunction", "DuplicatesFunction"):
        variables = stack.resources[name]["Properties"]["Environment"]["Variables"]
        assert variables["ROLLCALL_URL"] == host
    arns = {each for text in texts(stack.resources) for each in re.findall(r"arn:[a-z-]+:", text)}
    assert arns == {f"arn:{partition}:"}


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_no_snapshot_is_asked_for_where_there_are_none(partition: str) -> None:
    """AWS, Lambda SnapStart: commercial regions only."""
    region = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
    asked = {"SnapStart": "PublishedVersions"}
    stack = Processed(parameters=asked, partition=partition, region=region)

    for name, each in stack.of_type("AWS::Lambda::Function").items():
        assert each.get("SnapStart", {}).get("ApplyOn", "None") == "None", name


@pytest.mark.parametrize(
    ("base_path", "url"),
    [("", "https://scim.example.com"), ("hr", "https://scim.example.com/hr")],
)
def test_a_domain_of_ones_own_is_what_links_and_the_command_use(base_path: str, url: str) -> None:
    stack = Processed(parameters={**DOMAIN, "BasePath": base_path})
    (mapping,) = stack.of_type("AWS::ApiGateway::BasePathMapping").values()
    (domain,) = stack.of_type("AWS::ApiGateway::DomainName").values()

    assert stack.outputs["ApiUrl"] == url
    for name in ("ChangesFunction", "DuplicatesFunction"):
        variables = stack.resources[name]["Properties"]["Environment"]["Variables"]
        assert variables["ROLLCALL_URL"] == url
    assert mapping.get("BasePath", "") == base_path
    assert mapping["Stage"] == "<ApiStage>"
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert stack.outputs["DomainTarget"] == "<Domain.RegionalDomainName>"


def test_without_a_domain_none_is_made() -> None:
    assert not {"AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping"} & {
        each["Type"] for each in STACK.resources.values()
    }
    assert "DomainTarget" not in STACK.outputs


RESPONSES = {
    "ACCESS_DENIED": 403, "API_CONFIGURATION_ERROR": 500, "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500, "BAD_REQUEST_BODY": 400, "BAD_REQUEST_PARAMETERS": 400,
    "EXPIRED_TOKEN": 403, "INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403, "INVALID_SIGNATURE": 403, "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429, "REQUEST_TOO_LARGE": 413, "RESOURCE_NOT_FOUND": 404, "THROTTLED": 429,
    "UNAUTHORIZED": 401, "UNSUPPORTED_MEDIA_TYPE": 415, "WAF_FILTERED": 403,
}  # fmt: skip
"""AWS, API Gateway gateway response types, with the status that each has by itself."""


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_whatever_the_gateway_answers_by_itself_is_scim(kind: str) -> None:
    (api,) = STACK.of_type("AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]
    answer = answers.get(kind) or answers[f"DEFAULT_{str(RESPONSES[kind])[0]}XX"]
    status = int(answer["statusCode"])
    said = json.loads(answer["responseTemplates"]["application/json"])

    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said["status"] == str(status)
    assert status not in {401, 403}, "Entra puts the job into quarantine"
    headers = answer["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/scim+json'"
    assert ("gatewayresponse.header.Retry-After" in headers) == (status in {429, 503})
    assert (status >= 500) == (RESPONSES[kind] >= 500)


def test_every_gateway_response_of_the_template_is_one_that_there_is() -> None:
    (api,) = STACK.of_type("AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]

    assert set(answers) <= {*RESPONSES, "DEFAULT_4XX", "DEFAULT_5XX"}


def test_a_message_stays_hidden_for_six_times_what_the_function_has() -> None:
    """AWS, Lambda with SQS: the visibility timeout is to be six times the function's."""
    queue = STACK.resources["DuplicatesQueue"]["Properties"]
    function = STACK.resources["DuplicatesFunction"]["Properties"]

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_no_function_behind_the_gateway_has_longer_than_the_gateway_waits() -> None:
    """AWS, API Gateway quotas: 29 seconds for an integration."""
    for name in WAITED_FOR:
        assert STACK.resources[f"{name}Function"]["Properties"]["Timeout"] <= 29, name


def test_a_request_is_answered_before_the_gateway_gives_up_also_when_its_function_starts() -> None:
    """The gateway waits from before the start, which takes 2.5 seconds without a snapshot."""
    for name in WAITED_FOR:
        timeout = STACK.resources[f"{name}Function"]["Properties"]["Timeout"]
        assert 2.5 + timeout - RESERVE < 29, name
