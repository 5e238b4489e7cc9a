"""Credentials that expire, and permissions that are missing: said, and nothing half happens."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor
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
