"""What an import costs is paid by the function that needs it: what a start must not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollcall.tenants.tenants import READ_ONLY
from tests.conftest import Server

pytestmark = pytest.mark.slow


FUNCTIONS = Path(__file__).parents[2] / "functions"

EVERYWHERE = {
    "anyio._backends._asyncio",
    "boto3",
    "email_validator",
    "s3transfer",
    "moto",
    "rich",
    "sqlite3",
    "typer",
    "uvicorn",
    "yaml",
    "rollcall.cli",
    "rollcall.dev",
    "rollcall.gallery",
    "rollcall.operations",
}
"""What no function imports: the command line, the local server, boto3's part of the SDK, checks of
addresses, threads beside a loop."""

MODELS = {"lark", "pydantic", "scim2_models", "rollcall.directory", "rollcall.scim.resource_models"}
"""The engine of SCIM, whose import takes half of a start."""

WEB = {"anyio", "mangum", "starlette", "rollcall.http.middleware"}

PAGES = {"rollcall.http.handover_page", "rollcall.http.report_links"}
"""The pages for people."""

REPORTS = {"rollcall.reconcile.duplicates.duplicate_run"}

VERIFIER = {"cryptography", "jwt", "rollcall.federation.assertion"}
"""What verifies assertions: only the layer of the token endpoint has its libraries."""

NOT_NEEDED = {
    "access": MODELS - {"rollcall.directory"} | PAGES | REPORTS,
    "bulk": PAGES | REPORTS,
    "changes": MODELS | WEB | REPORTS,
    "discovery": PAGES | REPORTS,
    "duplicates": MODELS | WEB,
    "expiry": MODELS | WEB | REPORTS,
    "groups": PAGES | REPORTS,
    "handover": MODELS | REPORTS,
    "release": MODELS | WEB | PAGES | REPORTS,
    "reports": MODELS | REPORTS,
    "summary": MODELS | WEB | REPORTS,
    "sweep": WEB | REPORTS,
    "token": MODELS | PAGES | REPORTS,
    "users": PAGES | REPORTS,
}

LOADED = "import sys, app; print(*sys.modules)"


def loaded(function: str) -> set[str]:
    """Return the names of the modules that are there when a function has started."""
    started = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=FUNCTIONS / function,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(started.stdout.split())


def test_every_function_is_listed() -> None:
    assert {each.parent.name for each in FUNCTIONS.glob("*/app.py")} == set(NOT_NEEDED)


@pytest.mark.parametrize("function", NOT_NEEDED)
def test_a_function_imports_nothing_that_it_does_not_need(function: str) -> None:
    modules = loaded(function)

    assert "app" in modules
    assert not modules & (EVERYWHERE | NOT_NEEDED[function])
    verifier = VERIFIER if function == "token" else set()
    assert modules & VERIFIER == verifier


FIRST_REQUEST = """
import json, sys, app

class Context:
    aws_request_id = "1"

    def get_remaining_time_in_millis(self):
        return 20_000

started = set(sys.modules)
answer = app.handler(json.load(sys.stdin), Context())
print(answer["statusCode"], *set(sys.modules) - started)
"""

USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@example.com"}
BULK = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    "Operations": [{"method": "POST", "path": "/Users", "data": USER, "bulkId": "1"}],
}


def event(method: str, path: str, token: str, body: Any) -> dict[str, Any]:
    """Return a request as the gateway hands it to a function."""
    return {
        "resource": "/{proxy+}",
        "httpMethod": method,
        "path": path,
        "headers": {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"path": path, "requestId": "1", "identity": {"sourceIp": "127.0.0.1"}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("function", "target", "body", "status"),
    [
        ("users", "POST /scim/{tenant}/v2/Users", USER, 201),
        ("groups", "POST /scim/{tenant}/v2/Groups", {"displayName": "Everyone"}, 201),
        ("bulk", "POST /scim/{tenant}/v2/Bulk", BULK, 200),
        ("discovery", "GET /scim/{tenant}/v2/Schemas", None, 200),
        ("token", "GET /scim/{tenant}/oauth2/.well-known/oauth-authorization-server", None, 200),
        ("handover", "POST /handover/status", {"code": "unknown.code"}, 404),
        ("reports", "GET /reports/" + 32 * "a", None, 404),
        ("access", "POST /scim/{tenant}/access", {"externalId": "E-1", "userName": "ann"}, 200),
    ],
    ids=["users", "groups", "bulk", "discovery", "token", "handover", "reports", "access"],
)
def test_a_first_request_finds_everything_imported(
    function: str, target: str, body: Any, status: int, server: Server
) -> None:
    """A snapshot is restored for a client that waits: what is imported then, the client pays."""
    tenant = server.tenant()
    tokens = server.services.tokens(tenant.name)
    token = tokens.issue("asks", scope=READ_ONLY).plain if function == "access" else tenant.token
    method, path = target.split()
    request = event(method, path.format(tenant=tenant.name), token, body)
    answered = subprocess.run(
        [sys.executable, "-c", FIRST_REQUEST],
        cwd=FUNCTIONS / function,
        env={
            **os.environ,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": server.running.endpoint_url,
        },
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    answer, *imported = answered.stdout.splitlines()[-1].split()

    assert int(answer) == status
    assert sorted(imported) == []
