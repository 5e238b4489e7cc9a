"""A tenant moves to another deployment: everything arrives, and never do both serve it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from rollcall.directory.sweep import Sweep
from rollcall.operations import repair, tenant_deletion, tenant_move
from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.storage.batch_writes import BATCH
from rollcall.storage.item_changes import changes
from rollcall.templates.access_levels import AccessLevels
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.closure import TenantClosed
from rollcall.tenants.relocation import Stage
from rollcall.tenants.tenants import TenantError
from tests.conftest import Server
from tests.directory.people import group, user
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.operations.moving import (
    NEW,
    OLD,
    Deployments,
    deployments,
    end_of,
    items_of,
    secret_of,
    unwaited,
)
from tests.storage.faults import counted
from tests.storage.shapes import shape_of, shapes
from tests.tenants.conftest import Clock, clock
from tests.tenants.everything import fill

__all__ = ["clock"]

LEFT_OUT = {"rate", "bookmark", "tenant_summary"}
"""The shapes of what is of a deployment: each makes its own."""


@pytest.fixture
def both(server: Server, clock: Clock) -> Deployments:
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return deployments(server, clock)


def serves(services: Services, clock: Clock, name: str, token: str) -> bool | str:
    """Tell whether a container that has read nothing yet serves a tenant, or what it answers."""
    door = Authenticator(services.secrets, clock=lambda: clock.now)
    try:
        door.authenticate(name, f"Bearer {token}")
    except (UnauthorizedException, TenantClosed) as refusal:
        return refusal.detail
    return True


def test_everything_arrives_item_by_item(both: Deployments) -> None:
    name = f"a{uuid4().hex[:8]}"
    filled = fill(both.source, name)
    now = both.clock.now
    both.source.erasures(name).record("gone", ["a hash"], now)
    before = secret_of(both.source, name)

    done = both.move(name)

    here, there = items_of(both.source, name), items_of(both.target, name)
    told = [key for key in there.keys() - here.keys() if key[1] == "NOTICE#" + key[1][7:]]
    logged = [key for key in there.keys() - here.keys() if "#LOG#" in key[0]]
    assert (len(told), len(logged)) == (1, 1), "the event of the move, and the log of the target"
    assert {key: there[key] for key in here} == here
    assert there.keys() - here.keys() == {*told, *logged}
    moved = {shape_of({"pk": pk, "sk": sk}, name) for pk, sk in here}
    assert moved == shapes(name).keys() - LEFT_OUT
    assert {**secret_of(both.target, name), "state": "closed"} == {**before, "state": "closed"}
    assert both.target.tenants.show(name).state == "active"
    assert done.comparison is not None
    assert done.comparison.source == done.comparison.target
    assert done.comparison.source.items == len(here)
    assert [each.id for each in both.target.erasures(name).read()] == ["gone"]
    reports = [each.reports._files(name) for each in (both.source, both.target)]
    assert list(reports[0]) == list(reports[1]) != []
    for token in filled.tokens:
        assert serves(both.target, both.clock, name, token) is True
        assert f"{NEW}/scim/{name}" in str(serves(both.source, both.clock, name, token))


def sweep(services: Services) -> set[str]:
    """Sweep an hour later, and return the ids of what is finished."""
    later = datetime.now(UTC) + timedelta(hours=1)
    return {each.id for each in Sweep(services.table, services.directory, lambda: later).run()}


def test_what_was_begun_is_finished_at_the_target_and_nothing_contradicts(
    both: Deployments,
) -> None:
    name = f"a{uuid4().hex[:8]}"
    ids = fill(both.source, name).ids
    both.move(name)
    directories = [each.directory(name) for each in (both.source, both.target)]
    was, read = (each.users.read(ids["ann"]).record for each in directories)
    assert (read.etag, read.document, read.access) == (was.etag, was.document, was.access)

    assert sweep(both.source) == set()
    assert len(sweep(both.target)) == 2, "a change of members, and a deletion"

    _, operator = both.operators
    assert end_of(repair.verify(operator, name)).remaining == ()


def small(services: Services, name: str) -> str:
    """Make a tenant with a few items, and return its token."""
    token = services.tenants.create(name)
    directory = services.directory(name)
    members = [user(directory, f"{each}@x.test") for each in ("ann", "bob")]
    group(directory, "Staff", *members)
    return token


def records(services: Services, name: str) -> list[dict[str, Any]]:
    """Return records of the stream as if everything of a tenant were put just now."""
    client = services.clients.dynamodb
    pages = client.get_paginator("scan").paginate(TableName=services.settings.table)
    return [
        {
            "eventID": str(number),
            "dynamodb": {
                "Keys": {key: item[key] for key in ("pk", "sk")},
                "NewImage": item,
                "SequenceNumber": str(number),
                "ApproximateCreationDateTime": 1,
            },
        }
        for page in pages
        for number, item in enumerate(page["Items"])
        if item["pk"]["S"].startswith(f"{name}#")
    ]


def test_its_arrival_is_one_event(both: Deployments) -> None:
    small(both.source, "acme")
    assert len(list(changes(records(both.source, "acme")))) > 3

    both.move("acme")

    (told,) = changes(records(both.target, "acme"))
    assert told.after is not None
    assert (told.after["notice"], told.after["about"]) == ("tenant.moved", "acme")
    assert told.after["said"] == {"from": f"{OLD}/scim/acme/v2", "to": f"{NEW}/scim/acme/v2"}


def test_what_changes_after_its_arrival_is_told(both: Deployments) -> None:
    small(both.source, "acme")
    both.move("acme")
    directory = both.target.directory("acme")
    new = user(directory, "new@x.test")

    assert new in {each.resource for each in changes(records(both.target, "acme"))}


def test_requests_that_run_are_waited_for_before_anything_is_copied(both: Deployments) -> None:
    token = small(both.source, "acme")
    slept = list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert items_of(both.target, "acme") == {}
        user(both.source.directory("acme"), "late@x.test")
        both.clock.go_on(seconds)

    both.move("acme", wait=True, sleep=sleep)

    assert slept == [90]
    assert items_of(both.source, "acme").items() <= items_of(both.target, "acme").items()
    assert serves(both.target, both.clock, "acme", token) is True


def test_a_pace_is_kept(both: Deployments) -> None:
    small(both.source, "acme")
    slept = list[float]()

    done = both.move("acme", pace=10, sleep=slept.append)

    assert done.comparison is not None
    assert slept == [done.comparison.source.items / 10] * 2, "copied, and compared"


def test_each_item_is_written_once_and_read_three_times(both: Deployments) -> None:
    small(both.source, "acme")
    small(both.source, "other")

    with counted(both.source.clients.dynamodb) as requests:
        done = both.move("acme")

    assert done.comparison is not None
    items = done.comparison.source.items
    table = both.target.settings.table
    bodies = [each.body.get("RequestItems", {}).get(table) for each in requests]
    puts = [each for body in bodies if isinstance(body, list) for each in body]
    gets = [key for body in bodies if isinstance(body, dict) for key in body["Keys"]]
    assert (len(puts), len(gets)) == (items, items)
    assert all("PutRequest" in each for each in puts)
    assert [each.operation for each in requests].count("Scan") == 2, "copied, and compared"
    assert max(len(body) for body in bodies if isinstance(body, list)) <= BATCH


def test_a_disabled_tenant_stays_disabled(both: Deployments) -> None:
    token = small(both.source, "acme")
    both.source.tenants.disable("acme")

    both.move("acme")

    assert both.target.tenants.show("acme").state == "disabled"
    assert serves(both.target, both.clock, "acme", token) is not True


def test_a_move_can_be_taken_back_until_it_is_done(both: Deployments) -> None:
    token = small(both.source, "acme")
    before, secret = items_of(both.source, "acme"), both.source.secrets.read("acme")
    work = tenant_move.move(*both.operators, "acme", wait=False, sleep=unwaited)
    while "comparing" not in str(next(work)):
        pass
    work.close()
    assert items_of(both.target, "acme") != {}

    both.abandon("acme")

    assert items_of(both.target, "acme") == {}
    assert both.source.secrets.read("acme") == secret
    assert serves(both.source, both.clock, "acme", token) is True
    assert serves(both.target, both.clock, "acme", token) is not True
    after = items_of(both.source, "acme")
    assert {key: after[key] for key in before} == before
    assert all("#LOG#" in pk for pk, _ in after.keys() - before.keys())
    both.move("acme")
    with pytest.raises(TenantError, match="is served already"):
        both.abandon("acme")


def test_a_move_that_has_not_begun_cannot_be_taken_back(both: Deployments) -> None:
    small(both.source, "acme")

    with pytest.raises(TenantError, match="acme is not being moved"):
        both.abandon("acme")


def test_another_tenant_at_the_target_is_left_alone(both: Deployments) -> None:
    token = small(both.source, "acme")
    small(both.target, "acme")
    before = items_of(both.target, "acme")

    for act in (both.move, both.abandon):
        with pytest.raises(TenantError, match="there is a tenant acme at the target already"):
            act("acme")

    assert items_of(both.target, "acme") == before
    assert serves(both.source, both.clock, "acme", token) is True


def test_a_deployment_is_not_moved_to_itself(both: Deployments) -> None:
    token = small(both.source, "acme")
    here, _ = both.operators

    with pytest.raises(TenantError, match="there is a tenant acme at the target already"):
        list(tenant_move.move(here, here, "acme", wait=False))

    assert serves(both.source, both.clock, "acme", token) is True


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"access_levels": AccessLevels(("see", "do"))}, "different access levels or roles"),
        ({"issuer_hosts": frozenset({"keys.test"})}, "the keys of issuers at keys.test"),
    ],
    ids=["access", "issuers"],
)
def test_a_target_that_is_set_up_differently_is_refused(
    different: dict[str, Any], sentence: str, both: Deployments
) -> None:
    token = small(both.source, "acme")
    both.source.settings = replace(both.source.settings, **different)

    with pytest.raises(TenantError, match=sentence):
        both.move("acme")

    assert serves(both.source, both.clock, "acme", token) is True


def test_two_processes_do_not_work_on_one_move(both: Deployments) -> None:
    small(both.source, "acme")
    first = tenant_move.move(*both.operators, "acme", wait=False, sleep=unwaited)
    while "copying" not in str(next(first)):
        pass

    with pytest.raises(TenantError, match="another process is at the move of acme"):
        both.move("acme")
    both.clock.go_on(61)
    both.move("acme")
    user(both.target.directory("acme"), "new@x.test")
    before = items_of(both.target, "acme")

    with pytest.raises(TenantError, match="stood still for too long, repeat it"):
        list(first)
    assert items_of(both.target, "acme") == before


def test_a_plan_says_how_far_it_is_and_changes_nothing(both: Deployments) -> None:
    small(both.source, "acme")
    before = both.source.secrets.read("acme")

    planned = tenant_move.plan(*both.operators, "acme")

    assert (planned.stage, planned.users, planned.groups) == (Stage.NOT_BEGUN, 2, 1)
    assert (planned.tokens, planned.clients) == (1, 0)
    assert both.source.secrets.read("acme") == before
    both.move("acme")
    assert tenant_move.plan(*both.operators, "acme").stage is Stage.DONE


def test_what_is_left_at_the_source_goes_without_a_word(both: Deployments) -> None:
    token = small(both.source, "acme")
    both.move("acme")
    told = len(list(changes(records(both.source, "acme"))))
    here, _ = both.operators

    steps = [str(each) for each in tenant_deletion.delete(here, "acme", sleep=unwaited)]

    assert told
    assert not any("users" in each for each in steps), "each would be an event"
    assert list(both.source.table.scan("acme#")) == []
    with pytest.raises(TenantError):
        both.source.tenants.show("acme")
    assert serves(both.target, both.clock, "acme", token) is True


CLIENTS: dict[str, Callable[[Services], Any]] = {
    "dynamodb": lambda services: services.clients.dynamodb,
    "secretsmanager": lambda services: services.clients.secretsmanager,
    "s3": lambda services: services.channels.s3,
}


@pytest.mark.faults
@pytest.mark.parametrize("stroke", STROKES, ids=str)
@pytest.mark.parametrize("service", CLIENTS)
def test_a_move_that_is_struck_at_any_call_is_repeated(
    service: str,
    stroke: Stroke,
    both: Deployments,
    record_property: Callable[[str, object], None],
) -> None:
    for number in count(1):
        name = f"b{uuid4().hex[:8]}"
        token = small(both.source, name)
        before = items_of(both.source, name)
        with (
            stroke.at(CLIENTS[service](both.source), number) as calls,
            suppress(Ended, Unavailable),
        ):
            both.move(name)
        if not calls.came:
            break

        served = [serves(each, both.clock, name, token) for each in (both.source, both.target)]
        assert served != [True, True], "both serve it"
        both.clock.go_on(61)
        both.move(name)

        assert serves(both.source, both.clock, name, token) is not True
        assert serves(both.target, both.clock, name, token) is True
        there = items_of(both.target, name)
        assert {key: there.get(key) for key in before} == before
        notices = [key for key in there if key[1].startswith("NOTICE#")]
        assert len(notices) == 1
    record_property("injection points", number - 1)


@pytest.mark.faults
@pytest.mark.parametrize("stroke", [each for each in STROKES if each.ends], ids=str)
@pytest.mark.parametrize("service", CLIENTS)
def test_an_abandonment_that_is_struck_at_any_call_is_repeated(
    service: str, stroke: Stroke, both: Deployments
) -> None:
    for number in count(1):
        name = f"b{uuid4().hex[:8]}"
        token = small(both.source, name)
        work = tenant_move.move(*both.operators, name, wait=False, sleep=unwaited)
        while "comparing" not in str(next(work)):
            pass
        work.close()
        with (
            stroke.at(CLIENTS[service](both.source), number) as calls,
            suppress(Ended, Unavailable),
        ):
            both.abandon(name)
        if not calls.came:
            break

        both.clock.go_on(61)
        with suppress(TenantError):  # it was taken back already
            both.abandon(name)

        assert serves(both.source, both.clock, name, token) is True
        assert serves(both.target, both.clock, name, token) is not True
        assert items_of(both.target, name) == {}


def test_secrets_are_neither_printed_nor_logged(
    both: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    small(both.source, "acme")
    content = both.source.secrets.read("acme")
    private = [content["key"], *(each["digest"] for each in content["tokens"])]

    done = both.move("acme")

    said = "".join(capsys.readouterr()) + repr(done)
    log = json.dumps(
        [
            str(each)
            for each in both.target.log("acme").read(
                both.clock.now - timedelta(days=1), both.clock.now + timedelta(days=1)
            )
        ]
    )
    assert not [each for each in private if each in said + log]
