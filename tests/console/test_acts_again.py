"""An act whose answer was lost, or that came half way, is tried again: nothing is there twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rollcall.model.account_link import LOCAL
from rollcall.runtime.services import Services
from tests.console.conftest import ARN
from tests.console.consoles import Visitor
from tests.console.test_missing_access import refused
from tests.console.test_tenants_page import acts
from tests.storage.faults import answering


@contextmanager
def lost(client: Any, call: str) -> Iterator[None]:
    """Lose the answer of the next call of a name, which AWS has carried out."""
    pending = [True]

    def lose(**_: object) -> None:
        if pending and pending.pop():
            raise ConnectionError("the answer broke off")

    event = f"after-call.{client.meta.service_model.service_id.hyphenize()}.{call}"
    client.meta.events.register(event, lose)
    try:
        yield
    finally:
        client.meta.events.unregister(event, lose)
    assert not pending, f"there was no {call}"


@pytest.mark.parametrize("way", ["link", "token", "none"])
def test_a_tenant_whose_creation_was_not_answered_is_created_once(
    way: str, deployed: Services, ann: Visitor
) -> None:
    name, _ = ann.plan("create", name="acme", way=way)

    with lost(deployed.clients.secretsmanager, "CreateSecret"), pytest.raises(ConnectionError):
        ann.send(f"/plans/{name}")
    told = ann.send(f"/plans/{name}")

    assert "Done" in told.text, told.text
    assert len(deployed.tenants.show("acme").tokens) == (way == "token")
    assert [verb for verb, _ in acts(deployed, "acme")].count("create") == 1


def test_a_tenant_whose_link_failed_gets_it_when_it_is_tried_again(
    deployed: Services, ann: Visitor
) -> None:
    name, _ = ann.plan("create", name="acme", way="link")

    # The first item is an entry of the log, the second the link.
    with answering(deployed.clients.dynamodb, "PutItem", None, refused("ExpiredToken")):
        first = ann.send(f"/plans/{name}")
    assert "have expired" in first.text
    told = ann.send(f"/plans/{name}")

    assert "/handover#acme." in told.text
    assert acts(deployed, "acme") == [("create", ARN), ("handover", ARN)]


def test_another_tenant_of_the_name_is_never_taken_for_ones_own(
    deployed: Services, ann: Visitor
) -> None:
    name, _ = ann.plan("create", name="acme", way="link")
    deployed.tenants.add("acme")

    told = ann.send(f"/plans/{name}")

    assert told.status_code == 409
    assert "there is a tenant acme already" in told.text.lower()


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("issue", {"label": "job", "days": "30", "scope": "read-write"}),
        ("rotate", {"overlap": "7"}),
        ("rotate", {"overlap": "0"}),
    ],
)
def test_a_token_whose_answer_was_lost_is_made_again_in_its_place(
    act: str, form: dict[str, str], deployed: Services, ann: Visitor
) -> None:
    deployed.tenants.create("acme")
    (first,) = deployed.tenants.show("acme").tokens
    name, _ = ann.plan(act, tenant="acme", token=first.id, **form)

    with lost(deployed.clients.secretsmanager, "UpdateSecretVersionStage"):
        with pytest.raises(ConnectionError):
            ann.send(f"/plans/{name}")
        told = ann.send(f"/plans/{name}")

    assert "shown this once" in told.text
    live = {each.id for each in deployed.tenants.show("acme").tokens} - {first.id}
    assert len(live) == 1, live


@pytest.mark.parametrize(("overlap", "secrets_left"), [("7", 2), ("0", 1)])
def test_a_secret_whose_answer_was_lost_is_made_again_in_its_place(
    overlap: str, secrets_left: int, deployed: Services, ann: Visitor
) -> None:
    deployed.tenants.add("acme")
    secrets = deployed.clients.secretsmanager
    name, _ = ann.plan("client", tenant="acme", label="job", days="365")
    with lost(secrets, "UpdateSecretVersionStage"), pytest.raises(ConnectionError):
        ann.send(f"/plans/{name}")
    assert "Client secret" in ann.send(f"/plans/{name}").text
    (client,) = deployed.tenants.show("acme").clients
    name, _ = ann.plan("rotate-client", tenant="acme", client=client.id, overlap=overlap)
    with lost(secrets, "UpdateSecretVersionStage"), pytest.raises(ConnectionError):
        ann.send(f"/plans/{name}")

    told = ann.send(f"/plans/{name}")

    assert "Client secret" in told.text
    (after,) = deployed.tenants.show("acme").clients
    assert len(after.secrets) == secrets_left


def test_a_merge_whose_answer_was_lost_is_finished(deployed: Services, ann: Visitor) -> None:
    deployed.tenants.add("acme")
    users = deployed.directory("acme").users
    keep, gone = (
        users.create({"userName": each}, link=LOCAL).record.id for each in ("ann", "anna")
    )
    name, _ = ann.plan("merge", tenant="acme", keep=keep, remove=gone)
    form = {"reason": "one person", "typed": "anna"}

    with lost(deployed.clients.dynamodb, "TransactWriteItems"), pytest.raises(ConnectionError):
        ann.send(f"/plans/{name}", form)
    told = ann.send(f"/plans/{name}", form)

    assert "are one account" in told.text
