"""The tenants' page: what is shown of each, and how SCIM is switched on and off."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from rollcall.operations import log_reader
from rollcall.runtime.services import Services
from tests.console.conftest import ARN
from tests.console.consoles import Visitor
from tests.console.round_trips import counted
from tests.console.test_missing_access import DENIED, refused
from tests.operations.operators import operator_of
from tests.storage.faults import answering


def acts(services: Services, tenant: str) -> list[tuple[str, str]]:
    """Return who did what, as the tenant's log holds it."""
    operator = operator_of(services, tenant)
    settings = services.tenants.show(tenant)
    query = log_reader.query(operator, tenant, datetime.fromisoformat(settings.created))
    return [(each.method, each.actor) for each in log_reader.entries(operator, query)]


def test_scim_is_switched_on_with_a_link_for_the_administrator(
    deployed: Services, ann: Visitor
) -> None:
    _, shown = ann.plan("create", name="acme", way="link")
    assert "/scim/acme/v2" in shown.replace("<wbr>", "")
    assert [each.name for each in deployed.tenants.list()] == []

    told = ann.act("create", name="acme", way="link")

    assert "/handover#acme." in told
    assert deployed.tenants.show("acme").tokens == ()
    assert acts(deployed, "acme") == [("create", ARN), ("handover", ARN)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "Enter the name of the tenant"), ("ACME!", "1 to 40"), ("there", "already")],
)
def test_a_name_that_cannot_be_taken_is_said_before_anything_is_done(
    deployed: Services, ann: Visitor, name: str, sentence: str
) -> None:
    deployed.tenants.add("there")

    answer = ann.send("/acts/create", {"name": name})

    assert answer.status_code == 409
    assert sentence in answer.text


def test_a_tenant_is_disabled_and_enabled_after_it_was_shown(
    deployed: Services, ann: Visitor
) -> None:
    deployed.tenants.add("acme")

    assert "is disabled" in ann.act("disable", tenant="acme")
    assert deployed.tenants.show("acme").state == "disabled"
    assert "is active" in ann.act("enable", tenant="acme")

    assert deployed.tenants.show("acme").state == "active"
    assert acts(deployed, "acme") == [("disable", ARN), ("enable", ARN)]


def test_a_plan_is_carried_out_once(deployed: Services, ann: Visitor) -> None:
    deployed.tenants.add("acme")
    name, _ = ann.plan("disable", tenant="acme")
    ann.send(f"/plans/{name}")

    again = ann.send(f"/plans/{name}")

    assert again.status_code == 409
    assert "was done already" in again.text
    assert acts(deployed, "acme") == [("disable", ARN)]


def test_tenants_are_found_by_name_and_state_and_paged(deployed: Services, ann: Visitor) -> None:
    for number in range(52):
        deployed.tenants.add(f"t{number:02}")
    deployed.tenants.disable("t07")

    first = ann.page("/")
    (after,) = {part.split('"')[0] for part in first.split("after=")[1:]}
    second = ann.page("/", after=after.replace("%23", "#"))
    disabled = ann.page("/", status="disabled", q="T0")

    assert "52 tenants" in first
    assert first.count('<th scope="row">') == 50
    assert second.count('<th scope="row">') == 2
    assert disabled.count('<th scope="row">') == 1
    assert "/t/t07/" in disabled


def test_the_list_says_how_large_each_tenant_is_in_two_round_trips(
    deployed: Services, ann: Visitor
) -> None:
    for tenant, number in (("large", 3), ("small", 1)):
        deployed.tenants.add(tenant)
        directory = deployed.directory(tenant)
        for each in range(number):
            directory.users.create({"userName": f"u{each}"})
    deployed.directory("large").groups.create({"displayName": "Staff"})
    deployed.summaries.run(datetime.now(UTC))

    with counted(deployed) as taken:
        rows = ann.page("/").split('<th scope="row">')[1:]

    assert taken.number == 2, str(taken)
    sizes = {
        re.findall(r"/t/(\w+)/", row)[0]: re.findall(r'data-title="(?:Users|Groups)">([^<]*)', row)
        for row in rows
    }
    assert sizes == {"large": ["3", "1"], "small": ["1", "0"]}


def test_who_may_not_read_all_tenants_sees_the_list_without_their_sizes(
    deployed: Services, ann: Visitor
) -> None:
    deployed.tenants.add("acme")
    deployed.summaries.run(datetime.now(UTC))

    denied = refused("AccessDeniedException", DENIED)
    with answering(deployed.clients.dynamodb, "BatchGetItem", denied):
        shown = ann.page("/")

    assert "/t/acme/" in shown
    assert "Your role may not read how many" in shown


def test_the_bar_names_who_works_where(ann: Visitor) -> None:
    shown = ann.page("/").replace("<wbr>", "")
    shown = ann.page("/").replace("<wbr>", "")  # the operator is known with the first call

    assert "<dd>local server</dd>" in shown
    assert "<dd>111122223333</dd>" in shown
    assert "<dd>assumed-role/Support/ann@x.test</dd>" in shown
