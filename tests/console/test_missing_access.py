"""Credentials that expire, and permissions that are missing: said, and nothing half happens."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from botocore.exceptions import NoCredentialsError
from starlette.testclient import TestClient

from rollcall.console.console_application import application
from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.view import ConsoleState
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.runtime.services import Services
from tests.console.consoles import ORIGIN, OURS, PORT, Visitor
from tests.storage.faults import answering

DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/Reader/ann is not authorized to perform: "
    "secretsmanager:PutSecretValue on resource: x"
)


def refused(code: str, message: str = "") -> dict[str, Any]:
    """Return the answer of AWS to a call that it does not carry out."""
    return {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}},
    }


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    return deployed


def test_a_permission_that_is_missing_is_named_and_nothing_has_happened(
    acme: Services, ann: Visitor
) -> None:
    name, _ = ann.plan("issue", tenant="acme", label="job", days="30", scope="read-write")
    secrets = acme.clients.secretsmanager
    answer = refused("AccessDeniedException", DENIED)

    with answering(secrets, "PutSecretValue", answer):
        told = ann.send(f"/plans/{name}")

    assert told.status_code == 409
    assert "do not permit secretsmanager:PutSecretValue" in told.text
    assert acme.tenants.show("acme").tokens == ()
    assert "Done" in ann.send(f"/plans/{name}").text  # what was shown can still be done


def test_what_was_begun_goes_on_after_signing_in_again(acme: Services, ann: Visitor) -> None:
    name, _ = ann.plan("disable", tenant="acme")

    with answering(acme.clients.secretsmanager, "PutSecretValue", refused("ExpiredToken")):
        told = ann.send(f"/plans/{name}")

    assert "have expired: sign in again" in told.text
    assert "aws sso login" in told.text
    assert f"/plans/{name}" in told.text  # the button tries the same plan again
    assert acme.tenants.show("acme").state == "active"
    assert "is disabled" in ann.send(f"/plans/{name}").text


def test_a_form_is_sent_again_as_it_was_filled_in(acme: Services, ann: Visitor) -> None:
    form = {"tenant": "acme", "domain": "o'neil.example", "remove": ""}

    with answering(acme.clients.secretsmanager, "GetSecretValue", refused("ExpiredToken")):
        told = ann.send("/acts/domain", form)

    assert "/acts/domain" in told.text
    assert "o\\u0027neil.example" in told.text


def test_a_page_says_what_is_missing_and_stays_the_same_link(acme: Services, ann: Visitor) -> None:
    denied = refused("AccessDeniedException", DENIED.replace("Put", "Get"))

    with answering(acme.clients.secretsmanager, "GetSecretValue", denied):
        told = ann.client.get(f"{ann.root}/t/acme/", headers=OURS)

    assert told.status_code == 409
    assert "do not permit secretsmanager:GetSecretValue" in told.text
    assert "<!doctype html>" in told.text


def unconnected(choice: DeploymentChoice | None) -> Visitor:
    """Return a person at a console who has no credentials yet."""

    def connect(_: DeploymentChoice) -> NoReturn:
        raise NoCredentialsError

    sign_in = ConsoleSignIn(PORT)
    state = ConsoleState(sign_in, Workplace(connect, None, choice))
    client = TestClient(application(state), base_url=ORIGIN)
    client.post("/sign-in", content=sign_in.link.partition("#")[2], headers=OURS)
    return Visitor(client, sign_in.path)


def test_who_has_no_credentials_is_told_how_to_sign_in_and_gets_to_the_same_page() -> None:
    ann = unconnected(DeploymentChoice("rollcall", "support"))

    told = ann.client.get(f"{ann.root}/t/acme/log", params={"q": "a&b"}, headers=OURS)

    assert told.status_code == 409
    assert "There are no AWS credentials" in told.text
    assert "aws sso login --profile support" in told.text
    assert f'<a href="{ann.root}/t/acme/log?q=a%26b">Try again</a>' in told.text
    assert f'<a href="{ann.root}/deployments">Choose a deployment' in told.text


def test_the_first_page_of_a_new_console_is_where_a_deployment_is_chosen() -> None:
    shown = unconnected(None).page("/")

    assert 'name="stack"' in shown
    assert 'name="region"' in shown
