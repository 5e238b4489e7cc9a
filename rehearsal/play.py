"""The rehearsal of a deployment, step by step."""

from __future__ import annotations

import json
from functools import partial

import httpx

from rehearsal import alarms, duplicates, erasure, mailbox, moving, releases, update
from rehearsal.cloud import Cloud
from rehearsal.rows import DifferenceError, Rows, expect
from rehearsal.stack import Stack
from rehearsal.tenant import Tenant

_DOMAIN = {
    "DomainName": "scim.acme.example",
    "BasePath": "hr",
    "CertificateArn": "arn:aws:acm:eu-west-1:000000000000:certificate/a",
}


def play(cloud: Cloud) -> int:
    """Play all steps, print the table, and return the number of steps that failed."""
    rows = Rows()
    stack = Stack(cloud, "rollcall")
    acme, other = Tenant(stack, "acme"), Tenant(stack, "globex")
    if not rows.step("deploy", partial(deploy, stack)):
        rows.close()
        return rows.differences
    outputs = stack.outputs()
    product = mailbox.of_bus(cloud, outputs["Bus"])
    people = mailbox.of_topic(cloud, outputs["ReportTopic"])
    rows.step("tenant", acme.create)
    rows.step("permissions", partial(permissions, stack, acme))
    rows.step("first day", acme.first_day)
    rows.step("events", partial(acme.events, product))
    rows.step("import, check", other.import_and_check)
    rows.step("hand-over", other.hand_over)
    rows.step("templates", other.templates)
    rows.step("duplicates", partial(duplicates.check_report, stack, other, people))
    rows.step("erasure", partial(erasure.check_erasure, stack, other))
    rows.step("log, tokens", other.log_and_tokens)
    rows.step("sign-in", acme.sign_in)
    rows.step("releases", partial(releases.check_releases, stack))
    rows.step("alarms", partial(alarms.set_off, stack, people))
    second = Stack(cloud, "rollcall-two")
    twin = Tenant(second, "acme")
    rows.step("second stack", partial(check_isolation, stack, acme, second, twin))
    with moving.begun(stack, second) as move:
        rows.step("update", partial(update.update_under_load, stack, acme))
        rows.step("failed update", partial(update.roll_back_under_load, stack, acme))
        rows.step("tenant's end", other.end)
        rows.step("move", move)
    rows.step("stack's end", partial(delete_first, stack, twin))
    rows.close()
    return rows.differences


def deploy(stack: Stack) -> str:
    """Deploy for the first time."""
    stack.deploy()
    expect(stack.status(), "CREATE_COMPLETE", "the stack")
    return f"{stack.name}: {len(stack.resources())} resources, by `sam deploy`"


def permissions(stack: Stack, tenant: Tenant) -> str:
    """Check that functions run with their roles: a permission that is removed is missing."""
    iam, role = stack.cloud.client("iam"), stack.resources()["UsersRole"]
    named = {"RoleName": role, "PolicyName": "calls"}
    document = iam.get_role_policy(**named)["PolicyDocument"]
    without = json.loads(json.dumps(document).replace('"dynamodb:Query"', '"dynamodb:ListTables"'))
    iam.put_role_policy(**named, PolicyDocument=json.dumps(without))
    try:
        refused = tenant.status("GET", "/Users?count=1")
    finally:
        iam.put_role_policy(**named, PolicyDocument=json.dumps(document))
    if refused < 500:
        raise DifferenceError(f"a list without dynamodb:Query was answered {refused}")
    expect(tenant.status("GET", "/Users?count=1"), 200, "a list with all permissions")
    return f"functions run with sessions of their roles: without dynamodb:Query {refused}"


def check_isolation(first: Stack, acme: Tenant, second: Stack, twin: Tenant) -> str:
    """Deploy a second stack, and check that both are isolated."""
    second.deploy(SnapStart="PublishedVersions", **_DOMAIN)
    twin.create()
    _reached_by_its_domain(second, twin)
    twin.grants_nothing_to(acme.token)
    acme.grants_nothing_to(twin.token)
    own, others = first.resources(), second.resources()
    shared = {each for each in set(own.values()) & set(others.values()) if each != "live"}
    expect(shared, set(), "what both stacks have")
    expect({each["tenant"] for each in second.json("tenants", "list")}, {"acme"}, "its tenants")
    users = second.json("tenants", "show", "acme")["users"]
    expect(users, 0, "users of the tenant of the same name")
    names = {each["Name"] for each in _secrets(first)}
    prefixes = sorted({name.partition("/")[0] for name in names if "SigningSecret" not in name})
    expect(prefixes, ["rollcall", "rollcall-two"], "where the tenants' secrets are")
    expect(len([name for name in names if "SigningSecret" in name]), 2, "signing secrets")
    return (
        "a tenant of the same name: no token, user, secret, schedule or name in common; "
        "reached by a domain name of its own"
    )


def _reached_by_its_domain(stack: Stack, tenant: Tenant) -> None:
    """Check that the command shows the domain, and that the gateway serves it."""
    base = f"{_DOMAIN['DomainName']}/{_DOMAIN['BasePath']}"
    expect(stack.outputs()["ApiUrl"], f"https://{base}", "the URL of the API")
    path = f"{_DOMAIN['BasePath']}/scim/{tenant.name}/v2/Users"
    headers = {"Host": _DOMAIN["DomainName"], "Authorization": f"Bearer {tenant.token}"}
    found = httpx.get(f"{stack.cloud.endpoint}/{path}", headers=headers, timeout=60)
    expect(found.status_code, 200, f"{base} as {path}")


def delete_first(stack: Stack, twin: Tenant) -> str:
    """Delete the first stack; check what stays, and that the second is not affected."""
    kept = {
        name: identifier
        for name, identifier in stack.resources().items()
        if name in {"Table", "ErasureTable", "ReportBucket", "UnpublishedBucket"}
    }
    stack.delete()
    expect(stack.status(), "", "the stack")
    tables = set(stack.cloud.client("dynamodb").list_tables()["TableNames"])
    buckets = {each["Name"] for each in stack.cloud.client("s3").list_buckets()["Buckets"]}
    expect(set(kept.values()) <= tables | buckets, True, "tables and buckets are kept")
    functions = stack.cloud.client("lambda").list_functions()["Functions"]
    left = [e for e in functions if e["FunctionName"].startswith(f"{stack.name}-UsersFunction")]
    expect(left, [], "functions that are left")
    expect(twin.status("GET", "/Users"), 200, "the second stack")
    secrets = [each["Name"] for each in _secrets(stack) if each["Name"].startswith("rollcall/")]
    return f"retained: {', '.join(sorted(kept))}, and the secrets {', '.join(secrets)}"


def _secrets(stack: Stack) -> list[dict[str, str]]:
    found: list[dict[str, str]] = stack.cloud.client("secretsmanager").list_secrets()["SecretList"]
    return found
