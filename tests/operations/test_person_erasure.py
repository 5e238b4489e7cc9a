"""An erased person: what is left is an id, dates, and what was asked of the id."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from rollcall.aws.retry import Retry
from rollcall.changes import publication
from rollcall.dev import local_server
from rollcall.directory.directory import Directory
from rollcall.model import redaction
from rollcall.model.account_link import LOCAL
from rollcall.model.brake import Disabled
from rollcall.operations import (
    accounts,
    erasure_plan,
    person_erasure,
    person_file,
    person_search,
)
from rollcall.operations.accounts import AccountError
from rollcall.operations.erasure_plan import ErasurePlan
from rollcall.operations.operator import Operator
from rollcall.operations.person_erasure import Remainder
from rollcall.runtime import tenant_report
from rollcall.runtime.services import Services
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.outbox import Outbox
from rollcall.storage.table import Table
from tests import traces
from tests.conftest import Server
from tests.directory.people import ENTERPRISE, adding, patch
from tests.faults.strokes import STROKES, Ended
from tests.http.api import Api
from tests.operations import operators
from tests.operations.operators import finished
from tests.storage import consistency
from tests.storage.faults import Time
from tests.tenants.everything import MONDAY

(KILLED,) = (each for each in STROKES if each.ends and each.applied)
TENANT = "acme"
WORDS = ("Zaphira", "Quellworth", "E-ZQ-77", "N-ZQ-99", "zq-desk")
"""What stands in every value of the person."""


@pytest.fixture
def services(server: Server) -> Services:
    """A deployment with tables, buckets and secrets of a test's own."""
    name = f"erasing-{uuid4().hex[:12]}"
    settings = replace(
        server.services.settings, table=name, secrets=f"{name}/tenants", reports=f"{name}-reports",
        unpublished=f"{name}-unpublished", erasures=f"{name}-erasures", signing_keys=f"{name}-key",
    )  # fmt: skip
    own = Services(settings, server.services.clients)
    own.table = Table(own.clients.dynamodb, name, Retry(sleep=Time().sleep))
    local_server.create_table(own)
    local_server.create_erasures(own)
    for bucket in (settings.reports, settings.unpublished):
        own.channels.s3.create_bucket(Bucket=bucket)
    return own


@dataclass(frozen=True)
class Town:
    """A tenant with a person, everything that names the person, and others."""

    api: Api
    operator: Operator
    person: str
    merged: str
    other: str
    group: str


@pytest.fixture
def town(services: Services) -> Town:
    return build(services)


def values(name: str = "zaphira") -> dict[str, Any]:
    return {
        "userName": f"{name}.quellworth@x.test",
        "externalId": "E-ZQ-77",
        "displayName": "Zaphira Quellworth",
        "name": {"givenName": "Zaphira", "familyName": "Quellworth"},
        "emails": [{"type": "work", "value": "zaphira@zq-desk.test", "primary": True}],
        "phoneNumbers": [{"type": "work", "value": "+49 zq-desk 1"}],
        ENTERPRISE: {"employeeNumber": "N-ZQ-99"},
    }


def build(services: Services) -> Town:
    """Make the tenant; the person has been merged, reported, renamed and refused."""
    api = Api(services)
    operator = Operator(services, "operator:someone").because("the customer asks for it")
    api.send("GET", "/Users", params={"filter": 'userName eq "first@zq-desk.test"'})
    person = api.user(**values() | {"userName": "first@zq-desk.test"})["id"]
    other = api.user(userName="bob@x.test", displayName="Bob")["id"]
    rename = patch(("replace", "userName", values()["userName"]))
    api.send("PATCH", f"/Users/{person}", json=rename)
    api.send("POST", "/Users", json=values())  # refused: the name is taken
    merged = services.directory(TENANT).users.create(
        {"userName": "zaphira.old@zq-desk.test", "displayName": "Z. Quellworth"}, link=LOCAL
    )
    operators.merge(operator, TENANT, person, merged.record.id)
    tenant_report.duplicate_run(services, TENANT).advance(MONDAY, lambda _: False)
    twin = services.directory(TENANT).users.create(
        {"userName": "twin@x.test", "emails": values()["emails"]}, link=LOCAL
    )
    tenant_report.duplicate_run(services, TENANT).advance(
        MONDAY.replace("11-23", "11-24"), lambda _: False
    )
    services.directory(TENANT).users.delete(twin.record.id)
    made = api.send("POST", "/Groups", json={"displayName": "All"}).json()["id"]
    for member in (person, other):
        api.send("PATCH", f"/Groups/{made}", json=adding(member))
    operators.UserAccesses(operator, TENANT).grant(person, {"policies": "edit"}, "")
    Outbox(services.table, TENANT).write("account.found", person, {"ids": [person]}, operator.actor)
    return Town(api, operator, person, merged.record.id, other, made)


def put_aside(services: Services, town: Town) -> str:
    """Put the records of a change and of a deletion aside, as Lambda does; return the key."""
    client = services.clients.dynamodb
    key = {"pk": {"S": f"{TENANT}#USER#{town.person}"}, "sk": {"S": "DOCUMENT"}}
    old = client.get_item(TableName=services.table.name, Key=key)["Item"]
    document = json.loads(old["document"]["S"])
    renamed = json.dumps(document | {"title": "Chief", "active": False})
    new = {**old, "document": {"S": renamed}, "version": {"N": "9"}}
    gone = {name: value for name, value in new.items() if name != "document"}
    pairs = [(old, new), (new, gone | {"deleted": {"S": "x"}})]
    records = [
        {
            "eventID": f"e{number}",
            "dynamodb": {
                "Keys": key, "OldImage": before, "NewImage": after, "SequenceNumber": "1",
                "ApproximateCreationDateTime": 1_800_000_000,
            },
        }
        for number, (before, after) in enumerate(pairs)
    ]  # fmt: skip
    name = f"aws/lambda/{uuid4()}"
    body = json.dumps({"payload": json.dumps({"Records": records})})
    services.channels.s3.put_object(Bucket=services.settings.unpublished, Key=name, Body=body)
    return name


def planned(town: Town, name: str = "") -> ErasurePlan:
    return finished(erasure_plan.plan(town.operator, TENANT, name or town.person))


def erased(town: Town, *, force: bool = True) -> list[Remainder]:
    return finished(person_erasure.erase(town.operator, TENANT, planned(town), force=force))


def stored(services: Services) -> dict[tuple[str, str], Any]:
    return consistency.items(services, TENANT)


def test_nothing_that_is_stored_says_who_an_erased_person_was(
    services: Services, town: Town
) -> None:
    batch = put_aside(services, town)
    before = traces.found(services, WORDS)
    places = {place.partition(":")[0].split("/")[0].split("#")[0] for place in before}
    assert places >= {f"{services.settings.table} acme", services.settings.reports}
    hashes = planned(town).hashes
    assert len(hashes) == 3
    assert [each for each in before if batch in each]
    assert any("stub" in item or "alias" in item for item in stored(services).values())

    remains = erased(town)

    assert traces.found(services, WORDS) == []
    left = {place: item for place, item in stored(services).items() if town.person in str(place)}
    assert list(left) == [(f"USER#{town.person}", "DOCUMENT")]
    (tombstone,) = left.values()
    assert tombstone.keys() == {
        "created", "deleted", "erased", "expires", "feed", "gsi_pk", "gsi_sk", "modified",
        "origin", "pk", "sk", "version",
    }  # fmt: skip
    assert {each.where for each in remains} >= {"table", "provisioning log", "list of erasures"}
    text = json.dumps(list(stored(services).values()), default=str)
    assert [each for each in hashes if each in text] == []
    consistency.check(services, TENANT)


def test_others_stay_as_they_were(services: Services, town: Town) -> None:
    before = town.api.send("GET", f"/Users/{town.other}").json()
    log = [each for each in entries(town) if each.target != f"User/{town.person}" and each.target]

    erased(town)

    assert town.api.send("GET", f"/Users/{town.other}").json() == before
    after = entries(town)
    assert [each for each in log if each not in after] == []
    members = town.api.send("GET", f"/Groups/{town.group}").json()["members"]
    assert [each["value"] for each in members] == [town.other]


def entries(town: Town) -> list[Any]:
    services = town.operator.services
    now = datetime.now(UTC)
    return list(services.log(TENANT).read(now - timedelta(days=1), now + timedelta(hours=1)))


def test_the_act_is_in_the_log_with_its_reason_and_without_the_person(
    services: Services, town: Town
) -> None:
    erased(town)

    deletion, entry = [each for each in entries(town) if each.method == "erase"]
    assert (deletion.detail, deletion.reason, deletion.named) == ("deleted", entry.reason, ())
    assert (entry.actor, entry.reason) == ("operator:someone", "the customer asks for it")
    assert entry.target == f"User/{town.person}"
    assert "1 account, 1 merged ids" in entry.detail
    about = [each for each in entries(town) if each.target == f"User/{town.person}"]
    assert {each.named for each in about} == {()}
    assert {each.method for each in about} >= {"POST", "PATCH", "merge", "grant"}


def test_late_requests_for_the_ids_are_answered_as_for_any_deleted_account(
    services: Services, town: Town
) -> None:
    erased(town)

    for identifier in (town.person, town.merged):
        assert town.api.send("GET", f"/Users/{identifier}").status_code == 404
        added = town.api.send("PATCH", f"/Groups/{town.group}", json=adding(identifier))
        assert added.status_code < 300, added.text
    assert [each.id for each in person_search.find(town.operator, TENANT, town.person)] == [
        town.person
    ]
    assert person_search.find(town.operator, TENANT, values()["userName"]) == []


def test_events_that_were_put_aside_say_what_they_said(services: Services, town: Town) -> None:
    put_aside(services, town)
    (batch,) = services.unpublished.batches()
    before = publication.published_events(services.unpublished.records(batch), "https://x.test")
    assert [each.entry.detail_type for each in before] == [
        "user.disabled", "user.updated", "user.deleted",
    ]  # fmt: skip

    erased(town)

    (batch,) = services.unpublished.batches()
    records = services.unpublished.records(batch)
    assert publication.published_events(records, "https://x.test") == before


def test_what_is_planned_is_counted(services: Services, town: Town) -> None:
    put_aside(services, town)

    plan = planned(town)

    assert plan.found.keys() == {
        "account", "merged ids", "items of the account", "findings",
        "notices, and notes of the brake", "reports",
        "batches of unpublished changes", "log entries with its names",
    }  # fmt: skip
    assert plan.found["account"] == plan.found["findings"] == plan.found["reports"] == 1
    again = erased(town)
    assert planned(town).found == {}
    assert [each.where for each in erased(town)] == [each.where for each in again]
    assert len([each for each in entries(town) if each.method == "erase"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("service", ["dynamodb", "s3"])
def test_an_erasure_that_ends_at_any_call_is_finished_by_the_next(
    service: str, services: Services, town: Town, record_property: Callable[[str, object], None]
) -> None:
    put_aside(services, town)
    clients: dict[str, Any] = {"dynamodb": services.clients.dynamodb, "s3": services.channels.s3}

    for number in count(1):
        plan = planned(town)
        erasing = person_erasure.erase(town.operator, TENANT, plan, force=True)
        with KILLED.at(clients[service], number) as calls, suppress(Ended):
            finished(erasing)
        if not calls.came:
            break

    record_property("ends", number - 1)
    assert number > 10 or service == "s3"
    assert traces.found(services, WORDS) == []
    assert planned(town).found == {}
    acts = [each.detail for each in entries(town) if each.method == "erase"]
    assert acts.count("deleted") == 1
    assert len(acts) == 2
    (listed, merged) = sorted(services.erasures(TENANT).read(), key=lambda each: each.at)
    assert {listed.id, merged.id} <= {town.person, town.merged}
    consistency.check(services, TENANT)


def test_the_list_of_erasures_holds_hashes_of_the_user_name_alone(
    services: Services, town: Town
) -> None:
    name = redaction.keyed_hash(town.operator.context(TENANT).key, values()["userName"])
    town.api.send("DELETE", f"/Users/{town.person}")

    for _ in range(2):
        erased(town)
        listed = {each.id: each for each in services.erasures(TENANT).read()}
        assert listed.keys() == {town.person, town.merged}
        assert listed[town.person].names == {name}


def test_an_account_that_is_used_or_was_written_lately_has_to_wait(
    services: Services, town: Town
) -> None:
    now = datetime.now(UTC)
    assert planned(town).obstacles == (
        "the account is active",
        f"the identity provider last wrote it on {now.date()}, less than 14 days ago",
    )
    with pytest.raises(AccountError, match="the account is active and the identity provider"):
        erased(town, force=False)

    town.api.send("DELETE", f"/Users/{town.person}")
    assert [each.split(" on ")[0] for each in planned(town).obstacles] == [
        "the identity provider last wrote it"
    ]
    services.clock = lambda: now + timedelta(days=15)
    assert planned(town).obstacles == ()
    erased(town, force=False)

    assert traces.found(services, WORDS) == []


def test_a_person_who_is_gone_is_named_by_what_the_person_was_called(
    services: Services, town: Town
) -> None:
    town.api.send("DELETE", f"/Users/{town.person}")

    for name in (town.person, town.merged, "E-ZQ-77", "Zaphira@zq-desk.test"):
        assert planned(town, name).person.id == town.person
    with pytest.raises(AccountError, match="there is no user nobody in acme"):
        planned(town, "nobody")
    with pytest.raises(AccountError, match="nothing is stored of a user"):
        planned(town, str(uuid4()))


def test_an_account_whose_deletion_waits_is_erased_with_what_is_kept_of_it(
    services: Services, town: Town
) -> None:
    waiting = Directory(replace(town.operator.context(TENANT), grace=7))
    waiting.users.delete(town.person)
    content = finished(person_file.read(town.operator, TENANT, town.person))
    assert content["held"]["document"]["userName"] == values()["userName"]
    assert content["held"]["groups"] == [town.group]
    assert person_search.find(town.operator, TENANT, values()["userName"])[0].state == "held"
    disabled = Disabled(town.person, "2026-11-27T12:00:00.000Z", by_client=True, fingerprint="0a")
    BrakeItems(services.table, TENANT).note([disabled])
    assert planned(town).found["held account"] == 1

    erased(town)

    assert traces.found(services, WORDS) == []
    assert [pk for pk, sk in stored(services) if town.person in pk + sk] == [f"USER#{town.person}"]
    assert planned(town).found == {}


@pytest.mark.parametrize("reason", ["Zaphira wants it", "E-ZQ-77", "for zaphira@zq-desk.test, now"])
def test_a_reason_does_not_name_the_person(services: Services, town: Town, reason: str) -> None:
    speaking = replace(town, operator=town.operator.because(reason))

    with pytest.raises(AccountError, match="without naming the person"):
        erased(speaking)

    assert town.api.send("GET", f"/Users/{town.person}").status_code == 200


def test_a_protected_account_and_one_that_changed_meanwhile_stay(
    services: Services, town: Town
) -> None:
    plan = planned(town)
    town.api.send("PATCH", f"/Users/{town.person}", json=patch(("replace", "title", "Chief")))
    with pytest.raises(AccountError, match="has changed meanwhile"):
        finished(person_erasure.erase(town.operator, TENANT, plan, force=True))

    accounts.protect(town.operator, TENANT, town.person)
    with pytest.raises(AccountError, match="is protected: unprotect it first"):
        planned(town)


def test_the_file_of_a_person_holds_what_is_stored(services: Services, town: Town) -> None:
    content = finished(person_file.read(town.operator, TENANT, town.person))

    assert content["directory"]["userName"] == values()["userName"]
    assert [each["displayName"] for each in content["groups"]] == ["All"]
    assert content["access"]["workAreas"] == {"policies": "edit"}
    assert content["access"]["grants"][0]["actor"] == "operator:someone"
    assert [each["id"] for each in content["merged"]] == [town.merged]
    (finding,) = content["findings"]
    assert {"reason": "address", "value": "zaphira@zq-desk.test"} in finding["grounds"]
    asked = [(each["method"], each["status"]) for each in content["log"]]
    assert asked[:3] == [("GET", 200), ("POST", 201), ("PATCH", 200)]
    assert ("POST", 409) in asked
    assert {each.get("target") for each in content["log"]} >= {None, f"User/{town.person}"}
    assert json.loads(json.dumps(content)) == content
    town.api.send("DELETE", f"/Users/{town.person}")
    gone = finished(person_file.read(town.operator, TENANT, values()["userName"]))
    assert (gone["account"]["state"], gone["directory"]) == ("held", None)
    assert gone["held"]["document"]["userName"] == values()["userName"]
    assert len(gone["log"]) > len(content["log"])
