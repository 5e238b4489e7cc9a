"""Handing a token over: once, by a link that expires, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage.handover_items import HandoverItems
from rollcall.tenants import token_format
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.handover import HandoverService, HandoverStatus
from rollcall.tenants.tenant_tokens import IssuedToken, TenantTokens
from rollcall.tenants.tenants import TenantError, Tenants
from tests.storage.faults import Request, answering, counted, preceded, refusal
from tests.tenants.conftest import Clock

DAY = timedelta(days=1)
DAY_SECONDS = 86_400


@pytest.fixture
def desk(services: Services, tenants: Tenants) -> HandoverService:
    tenants.add("acme")
    return HandoverService(services.table, tenants)


def offered(desk: HandoverService, opens: timedelta = DAY) -> str:
    return desk.offer("acme", opens).code


def shown(desk: HandoverService, code: str) -> IssuedToken:
    issued = desk.reveal(code)
    assert issued is not None
    return issued


def status(desk: HandoverService, code: str) -> HandoverStatus:
    told = desk.status(code)
    assert told is not None
    return told


def use(services: Services, clock: Clock, token: str) -> None:
    Authenticator(services.secrets, services.table, clock=lambda: clock.now).authenticate(
        "acme", f"Bearer {token}"
    )


def test_an_offer_makes_no_token(desk: HandoverService, tenants: Tenants) -> None:
    told = status(desk, offered(desk))

    assert tenants.show("acme").tokens == ()
    assert (told.tenant, told.shown, told.opens_until) == (
        "acme", "", "2026-01-02T00:00:00.000Z",
    )  # fmt: skip


def test_the_token_is_made_when_it_is_shown_and_shown_once(
    desk: HandoverService, services: Services, clock: Clock, tenants: Tenants
) -> None:
    code = offered(desk)

    issued = shown(desk, code)

    assert [each.id for each in tenants.show("acme").tokens] == [issued.token.id]
    use(services, clock, issued.plain)
    assert desk.reveal(code) is None
    assert len(tenants.show("acme").tokens) == 1


def test_the_code_and_the_token_are_kept_nowhere(desk: HandoverService, services: Services) -> None:
    code = offered(desk)
    issued = shown(desk, code)

    items = services.clients.dynamodb.scan(TableName=services.table.name)["Items"]
    kept = str(items) + str(services.secrets.read("acme"))
    assert token_format.digest(code) in kept
    assert code.partition(".")[2] not in kept
    assert issued.plain.removeprefix("rollcall_") not in kept


def test_a_link_opens_until_it_expires(
    desk: HandoverService, clock: Clock, tenants: Tenants
) -> None:
    code = offered(desk)
    clock.go_on(DAY_SECONDS)

    assert desk.status(code) is None
    assert desk.reveal(code) is None
    assert tenants.show("acme").tokens == ()


def test_for_two_weeks_a_shown_link_tells_of_the_connection(
    desk: HandoverService, services: Services, clock: Clock
) -> None:
    code = offered(desk)
    issued = shown(desk, code)
    assert status(desk, code).use is None

    clock.go_on(3 * DAY_SECONDS)
    use(services, clock, issued.plain)
    told = status(desk, code)
    assert told.use is not None
    assert told.use.first == "2026-01-04T00:00:00.000Z"
    assert told.status_until == "2026-01-15T00:00:00.000Z"
    assert told.token_is_live

    clock.go_on(11 * DAY_SECONDS)
    assert desk.status(code) is None


def test_a_status_says_when_the_token_or_the_tenant_is_closed(
    desk: HandoverService, tenants: Tenants
) -> None:
    code = offered(desk)
    issued = shown(desk, code)
    TenantTokens(tenants, "acme").revoke(issued.token.id)
    tenants.disable("acme")

    told = status(desk, code)
    assert (told.token_is_live, told.tenant_is_active) == (False, False)


def test_a_link_of_a_tenant_that_is_gone_is_unknown(
    desk: HandoverService, tenants: Tenants
) -> None:
    code = offered(desk)
    tenants.delete("acme")

    assert desk.status(code) is None


def test_a_new_offer_ends_links_that_were_never_opened(desk: HandoverService) -> None:
    first = offered(desk)
    second = desk.offer("acme", DAY)

    assert second.withdrawn == 1
    assert desk.status(first) is None
    assert desk.reveal(first) is None
    shown(desk, second.code)


def test_a_new_offer_revokes_a_token_that_was_never_used(
    desk: HandoverService, tenants: Tenants
) -> None:
    issued = shown(desk, offered(desk))

    again = desk.offer("acme", DAY)

    assert again.revoked == (issued.token,)
    assert tenants.show("acme").tokens == ()


def test_a_new_offer_leaves_a_token_that_is_in_use(
    desk: HandoverService, services: Services, clock: Clock, tenants: Tenants
) -> None:
    code = offered(desk)
    issued = shown(desk, code)
    use(services, clock, issued.plain)

    again = desk.offer("acme", DAY)

    assert again.revoked == ()
    kept = [(token.id, use.last if use else "") for token, use in again.live_tokens]
    assert kept == [(issued.token.id, "2026-01-01")]
    assert tenants.show("acme").tokens == (issued.token,)
    assert status(desk, code).token_is_live


def test_a_token_that_was_never_used_is_found_also_months_later(
    desk: HandoverService, clock: Clock, tenants: Tenants
) -> None:
    issued = shown(desk, offered(desk))
    clock.go_on(100 * DAY_SECONDS)

    assert desk.offer("acme", DAY).revoked == (issued.token,)


@pytest.mark.parametrize(
    "code",
    ["", "acme", "acme.", "acme.x", "acme." + "0" * 46, "." + "0" * 46, "No Name." + "0" * 46,
     "a" * 5000, "acme.\ud800", "rollcall_" + "0" * 46],
)  # fmt: skip
def test_what_cannot_be_a_code_is_refused_without_a_call(
    code: str, desk: HandoverService, services: Services
) -> None:
    with counted(services.clients.dynamodb, services.clients.secretsmanager) as made:
        assert desk.status(code) is None
        assert desk.reveal(code) is None

    assert made == []


def test_a_guess_costs_one_read_whether_there_is_such_a_tenant_or_not(
    desk: HandoverService, services: Services
) -> None:
    offered(desk)

    def calls(tenant: str) -> list[Request]:
        with counted(services.clients.dynamodb, services.clients.secretsmanager) as made:
            assert desk.status(token_format.generate(f"{tenant}.")) is None
            assert desk.reveal(token_format.generate(f"{tenant}.")) is None
        return made

    known, unknown = calls("acme"), calls("nobody")
    assert [each.operation for each in known] == ["GetItem"] * 2
    assert [each.operation for each in unknown] == ["GetItem"] * 2


def test_of_two_presses_at_once_one_makes_the_token(
    desk: HandoverService, services: Services, tenants: Tenants
) -> None:
    code = offered(desk)
    first: list[IssuedToken] = []

    def press() -> None:
        first.append(shown(desk, code))

    pressed = preceded(services.clients.dynamodb, "TransactWriteItems", press)
    with pressed, pytest.raises(Unavailable, match="being made already"):
        desk.reveal(code)

    assert [each.id for each in tenants.show("acme").tokens] == [first[0].token.id]


def test_a_press_that_fails_can_be_repeated_at_once(
    desk: HandoverService, services: Services, tenants: Tenants
) -> None:
    code = offered(desk)
    client = services.clients.secretsmanager
    throttled = answering(client, "PutSecretValue", refusal("ThrottlingException"))
    with throttled, pytest.raises(Unavailable):
        desk.reveal(code)
    assert tenants.show("acme").tokens == ()

    shown(desk, code)
    assert len(tenants.show("acme").tokens) == 1


@pytest.mark.parametrize("killed_before", ["second reading", "PutSecretValue", "second write"])
def test_a_press_that_was_killed_can_be_repeated_after_a_minute_and_leaves_no_token(
    killed_before: str, desk: HandoverService, services: Services, tenants: Tenants, clock: Clock
) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    def live() -> object:
        return None

    code = offered(desk)
    client: Any = services.clients.secretsmanager
    acts: list[Any] = [kill]
    operation = killed_before
    if killed_before == "second reading":
        operation, acts = "GetSecretValue", [live, kill]
    if killed_before == "second write":
        client, operation, acts = services.clients.dynamodb, "TransactWriteItems", [live, kill]
    with preceded(client, operation, *acts), pytest.raises(Killed):
        desk.reveal(code)
    with pytest.raises(Unavailable, match="look again in a minute"):
        desk.reveal(code)

    clock.go_on(61)
    issued = shown(desk, code)
    assert tenants.show("acme").tokens == (issued.token,)


def test_a_press_that_was_frozen_while_another_went_through_leaves_no_second_token(
    desk: HandoverService, services: Services, tenants: Tenants, clock: Clock
) -> None:
    code = offered(desk)
    other: list[IssuedToken] = []

    def freeze() -> None:
        clock.go_on(61)
        other.append(shown(desk, code))

    def live() -> object:
        return None

    with preceded(services.clients.secretsmanager, "GetSecretValue", live, freeze):
        assert desk.reveal(code) is None

    assert tenants.show("acme").tokens == (other[0].token,)


def test_a_link_that_is_withdrawn_while_it_is_pressed_shows_nothing(
    desk: HandoverService, services: Services, tenants: Tenants
) -> None:
    code = offered(desk)

    def withdraw() -> None:
        desk.offer("acme", DAY)

    with preceded(services.clients.secretsmanager, "PutSecretValue", withdraw):
        assert desk.reveal(code) is None

    assert tenants.show("acme").tokens == ()


@pytest.mark.parametrize(
    ("opens", "days", "sentence"),
    [
        (timedelta(), 365, "a link opens for at most 14 days"),
        (15 * DAY, 365, "a link opens for at most 14 days"),
        (DAY, 0, "a token lives between 1 and 3650 days"),
    ],
)
def test_what_cannot_be_offered_is_one_sentence(
    opens: timedelta, days: int, sentence: str, desk: HandoverService, services: Services
) -> None:
    with pytest.raises(TenantError, match=sentence):
        desk.offer("acme", opens, days)
    assert list(HandoverItems(services.table, "acme").all()) == []


def test_a_link_of_a_disabled_tenant_shows_nothing_and_is_not_burned(
    desk: HandoverService, tenants: Tenants
) -> None:
    code = offered(desk)
    tenants.disable("acme")

    with pytest.raises(TenantError, match="acme is disabled"):
        desk.reveal(code)
    assert tenants.show("acme").tokens == ()

    tenants.enable("acme")
    shown(desk, code)


def test_a_disabled_tenant_is_offered_nothing(desk: HandoverService, tenants: Tenants) -> None:
    tenants.disable("acme")

    with pytest.raises(TenantError, match="acme is disabled, enable it first"):
        desk.offer("acme", DAY)
