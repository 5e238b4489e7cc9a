"""The end of a tenant: nothing of it is left, wherever it is struck, whatever comes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from rollcall.directory.request_log import RequestInfo
from rollcall.directory.search import Query
from rollcall.model.account_link import LinkPolicy
from rollcall.operations import tenant_deletion
from rollcall.operations.operator import Operator
from rollcall.runtime import tenant_report
from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.provisioning_log import LogEntry
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenants import TenantError
from tests.directory.people import group, user
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.tenants.conftest import Clock, clock, without_waits
from tests.tenants.conftest import services as emulated
from tests.tenants.everything import MONDAY, Filled, fill, items

ACTOR = "operator:someone"


@pytest.fixture
def services(emulated: Services, clock: Clock) -> Services:
    """A deployment on the emulator, a clock that tests move, and retries that take no time."""
    return without_waits(emulated, clock)


class Sleep:
    """Time that passes by the clock, and what happens in it."""

    def __init__(self, clock: Clock, *meanwhile: Callable[[], None]) -> None:
        self._clock = clock
        self._meanwhile = meanwhile
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        for act in self._meanwhile:
            act()
        self._clock.go_on(seconds)


def unwaited(_: float) -> None:
    raise AssertionError("nobody is to be waited for")


def delete(services: Services, name: str, sleep: Callable[[float], None] = unwaited) -> list[str]:
    operator = Operator(services, ACTOR)
    return [str(step) for step in tenant_deletion.delete(operator, name, sleep=sleep)]


def stored(services: Services, name: str) -> list[str]:
    """Return the items of a tenant, whatever they are."""
    return sorted(
        json.dumps(item, sort_keys=True, default=str)  # an engine gives attributes in any order
        for item in items(services)
        if item["pk"].startswith(f"{name}#") or item.get("place", "").startswith(f"{name}/")
    )


def left(services: Services, name: str) -> list[Any]:
    """Return what is left of a tenant anywhere: items, reports, its secret."""
    page = services.channels.s3.list_objects_v2(Bucket=services.settings.reports, Prefix=f"{name}/")
    found = [*stored(services, name), *page.get("Contents", ())]
    with suppress(TenantError):
        found.append(services.tenants.show(name))
    return found


def test_the_log_of_the_deployment_keeps_who_deleted_a_tenant_and_why(
    services: Services,
) -> None:
    services.tenants.create("left")
    operator = Operator(services, "operator:arn", user="ann").because("the contract has ended")
    begun = tenant_deletion.delete(operator, "left", wait=False)

    next(begun)  # it dies here

    (act,) = services.deployment_log().read(datetime(2026, 1, 1, tzinfo=UTC))
    assert (act.act, act.target) == ("tenants delete", "left")
    assert (act.actor, act.user, act.reason) == ("operator:arn", "ann", "the contract has ended")
    list(begun)
    (item,) = items(services)
    assert item["pk"] == "#ACTS"
    expires = datetime.fromisoformat(act.time) + timedelta(days=365)
    assert item["expires"] == int(expires.timestamp())


def test_nothing_is_deleted_of_a_tenant_where_that_cannot_be_written_down(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.tenants.create("kept")
    user(services.directory("kept"), "ann")
    before = stored(services, "kept")

    def broken(*_: object) -> None:
        raise Unavailable("the table does not answer")

    monkeypatch.setattr(services.table, "put", broken)
    with pytest.raises(Unavailable):
        delete(services, "kept")

    assert stored(services, "kept") == before
    assert services.tenants.show("kept").state == "active"


def small(services: Services, name: str) -> None:
    """Make a tenant with a few items of several kinds, and a report."""
    services.tenants.create(name)
    directory = services.directory(name)
    member, _ = [user(directory, each, displayName="Ann Lee") for each in ("ann", "anna")]
    group(directory, "Staff", member)
    services.log(name).write(LogEntry("2026-01-01T00:00:00.000Z", "r1"))
    tenant_report.duplicate_run(services, name).advance(MONDAY, lambda _: False)


def test_nothing_of_a_tenant_is_left_and_everything_of_another(
    services: Services, clock: Clock
) -> None:
    name, other = f"a{uuid4().hex[:8]}", f"a{uuid4().hex[:8]}"
    kept: Filled = fill(services, other)
    before = left(services, other)
    fill(services, name)

    done = delete(services, name, Sleep(clock))

    assert left(services, name) == []
    assert left(services, other) == before
    assert services.directory(other).users.read(kept.ids["ann"])
    assert done[0] == "deleting groups, 1 so far"
    assert "waiting 90 s for requests that are under way" in done


def put_aside(services: Services, *tenants: str) -> str:
    """Put a batch with a record of each tenant aside, as Lambda does; return its key."""
    records = [{"dynamodb": {"Keys": {"pk": {"S": f"{each}#USER#1"}}}} for each in tenants]
    body = json.dumps({"version": "1.0", "payload": json.dumps({"Records": records})})
    key = f"aws/lambda/{uuid4()}"
    services.channels.s3.put_object(
        Bucket=services.settings.unpublished, Key=key, Body=body.encode()
    )
    return key


def test_what_could_not_be_published_of_a_tenant_goes_and_that_of_others_stays(
    services: Services, clock: Clock
) -> None:
    services.tenants.create("acme")
    alone, together, other = (
        put_aside(services, *each)
        for each in (("acme", "acme"), ("acme", "acme-2", "acm"), ("acme-2",))
    )

    delete(services, "acme", Sleep(clock))

    kept = {each.key: services.unpublished.records(each) for each in services.unpublished.batches()}
    assert alone not in kept
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in kept[together]] == [
        "acme-2#USER#1", "acm#USER#1",
    ]  # fmt: skip
    assert len(kept[other]) == 1
    for key in (together, other):
        services.channels.s3.delete_object(Bucket=services.settings.unpublished, Key=key)


def test_a_tenant_whose_name_begins_like_another_s_leaves_the_other_alone(
    services: Services, clock: Clock
) -> None:
    for name in ("acme", "acme-2", "acm"):
        small(services, name)
    before = left(services, "acme-2"), left(services, "acm")

    delete(services, "acme", Sleep(clock))

    assert left(services, "acme") == []
    assert (left(services, "acme-2"), left(services, "acm")) == before
    for name in ("acme-2", "acm"):
        delete(services, name, Sleep(clock))


@pytest.mark.parametrize("stroke", STROKES, ids=str)
@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "s3"])
def test_a_deletion_that_is_struck_at_any_call_is_repeated(
    service: str,
    stroke: Stroke,
    services: Services,
    clock: Clock,
    record_property: Callable[[str, object], None],
) -> None:
    clients = {
        "dynamodb": services.clients.dynamodb,
        "secretsmanager": services.clients.secretsmanager,
        "s3": services.channels.s3,
    }
    for number in count(1):
        name = f"b{uuid4().hex[:8]}"
        small(services, name)
        before = stored(services, name)
        done = False
        with stroke.at(clients[service], number) as calls, suppress(Ended, Unavailable):
            delete(services, name, Sleep(clock))
            done = True

        if done:
            # What the SDK, or we, tried again; or there was no such call any more.
            assert left(services, name) == []
        if not calls.came:
            break
        if left(services, name):
            # Its own secret goes last, so that there is a tenant to delete, and it lets nobody in.
            tenant = services.tenants.show(name)
            assert tenant.state == "disabled" or stored(services, name) == before
            delete(services, name, Sleep(clock))
            assert left(services, name) == []
    record_property("injection points", number - 1)
    least = 20 if service == "dynamodb" else 2
    assert number > least


def entering(services: Services, name: str, token: str, clock: Clock) -> Authenticator:
    """Return a function that has just let a token in, and believes what it has read."""
    door = Authenticator(services.secrets, services.table, clock=lambda: clock.now)
    door.authenticate(name, f"Bearer {token}")
    return door


def test_what_is_written_by_who_was_let_in_before_is_deleted_and_who_comes_later_is_told(
    services: Services, clock: Clock
) -> None:
    token = services.tenants.create("acme")
    user(services.directory("acme"), "early")
    door = entering(services, "acme", token, clock)
    told: list[str] = []

    def late() -> None:
        clock.go_on(59)
        caller = door.authenticate("acme", f"Bearer {token}")
        directory = services.request_directory(
            caller, "https://scim.test", RequestInfo("r9", "POST", "/Users", 201)
        )
        ann = user(directory, "late")
        group(directory, "Late", ann)
        services.log("acme").write(LogEntry("2026-01-01T00:00:59.000Z", "r9"))
        told.append("let in")

    def too_late() -> None:
        clock.go_on(1.1)
        with pytest.raises(UnauthorizedException):
            door.authenticate("acme", f"Bearer {token}")
        told.append("told so")

    sleep = Sleep(clock, late, too_late)
    delete(services, "acme", sleep)

    assert told == ["let in", "told so"]
    assert sleep.slept == [90]
    assert left(services, "acme") == []


@pytest.mark.parametrize(
    ("passed", "slept"), [(0, [90.0]), (60, [30.0]), (89.5, [0.5]), (90, []), (86_400, [])]
)
def test_requests_are_waited_for_from_when_the_tenant_was_closed(
    passed: float, slept: list[float], services: Services, clock: Clock
) -> None:
    services.tenants.create("acme")
    services.tenants.disable("acme")
    clock.go_on(passed)
    sleep = Sleep(clock)

    delete(services, "acme", sleep)

    assert sleep.slept == slept


def test_a_deletion_that_broke_off_waits_for_the_rest_of_the_time(
    services: Services, clock: Clock
) -> None:
    services.tenants.create("acme")

    def stop(_: float) -> None:
        clock.go_on(40)
        raise Ended

    with pytest.raises(Ended):
        delete(services, "acme", stop)
    sleep = Sleep(clock)
    delete(services, "acme", sleep)

    assert sleep.slept == [50]


def test_where_no_token_ever_was_nobody_is_waited_for(services: Services) -> None:
    services.tenants.add("acme")

    delete(services, "acme", unwaited)

    assert left(services, "acme") == []


def test_a_token_that_was_revoked_a_moment_ago_is_waited_for(
    services: Services, clock: Clock
) -> None:
    token = services.tenants.create("acme")
    entering(services, "acme", token, clock)
    services.tokens("acme").revoke(services.tenants.show("acme").tokens[0].id)
    sleep = Sleep(clock)

    delete(services, "acme", sleep)

    assert sleep.slept == [90]


def test_who_does_not_want_to_wait_does_not(services: Services) -> None:
    services.tenants.create("acme")

    list(tenant_deletion.delete(Operator(services, ACTOR), "acme", wait=False, sleep=unwaited))

    assert left(services, "acme") == []


def test_a_tenant_of_the_same_name_begins_with_nothing(services: Services, clock: Clock) -> None:
    old = fill(services, "acme")
    delete(services, "acme", Sleep(clock))

    token = services.tenants.create("acme")
    directory = services.directory("acme")
    assert set(directory.counts().values()) == {0}
    assert directory.search.run([Kind.USER], Query(filter="userName pr"))["totalResults"] == 0
    user(directory, "ann@x.test")
    door = Authenticator(services.secrets, services.table, clock=lambda: clock.now)
    assert door.authenticate("acme", f"Bearer {token}")
    for each in old.tokens:
        with pytest.raises(UnauthorizedException):
            door.authenticate("acme", f"Bearer {each}")
    desk = HandoverService(services.table, services.tenants)
    assert [desk.status(code) for code in old.codes] == [None, None]
    assert services.tenants.show("acme").link_policy == LinkPolicy()


__all__ = ["clock", "emulated"]
