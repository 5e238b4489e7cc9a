"""Many operators at once on the tokens of one tenant: exactly what they were told is what is kept.

Each change is a compare-and-swap of one secret, on the emulator: nothing in memory swaps as Secrets
Manager does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ReadTimeoutError

from rollcall.aws.secrets import SecretMissing, Secrets
from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import READ_ONLY, TenantError, Tenants, Token
from tests.conftest import Server
from tests.storage.faults import registered

AT_ONCE = 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def secrets(server: Server) -> Secrets:
    """A name space of secrets of a test's own."""
    return Secrets(server.services.clients.secretsmanager, f"parallel-{uuid4()}")


@pytest.fixture
def tenants(secrets: Secrets) -> Tenants:
    return Tenants(secrets)


@pytest.fixture
def keyring(tenants: Tenants) -> TenantTokens:
    """The tokens of a new tenant acme, which has none yet."""
    tenants.add("acme")
    return TenantTokens(tenants, "acme")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do everything at once; what raises TenantError comes to the error."""

    def one(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except TenantError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def kept(tenants: Tenants) -> dict[str, Token]:
    return {each.id: each for each in tenants.show("acme").tokens}


def opens(secrets: Secrets, token: str) -> bool:
    """Tell whether a function that has read nothing yet lets a token in."""
    try:
        Authenticator(secrets).authenticate("acme", f"Bearer {token}")
    except UnauthorizedException:
        return False
    return True


def issuing(keyring: TenantTokens, label: str) -> Callable[[], Any]:
    return lambda: keyring.issue(label)


def revoking(keyring: TenantTokens, token: str) -> Callable[[], Any]:
    return lambda: keyring.revoke(token)


def rotating(keyring: TenantTokens, token: str, overlap: timedelta) -> Callable[[], Any]:
    return lambda: keyring.rotate(token, overlap)


def mixed(*kinds: list[Callable[[], Any]]) -> list[Callable[[], Any]]:
    """Return acts of several kinds, taken in turn."""
    return [each for turn in zip(*kinds, strict=True) for each in turn]


def test_issues_and_revocations_at_once_lose_nothing(
    keyring: TenantTokens, tenants: Tenants, secrets: Secrets
) -> None:
    going = [keyring.issue(f"old {number}") for number in range(AT_ONCE // 2)]
    staying = keyring.issue("staying")

    answers = at_once(
        *mixed(
            [issuing(keyring, f"new {number}") for number in range(AT_ONCE // 2)],
            [revoking(keyring, each.token.id) for each in going],
        )
    )

    issued, revoked = answers[0::2], answers[1::2]
    assert revoked == [each.token for each in going]
    assert kept(tenants) == {each.token.id: each.token for each in [staying, *issued]}
    assert all(opens(secrets, each.plain) for each in [staying, *issued])
    assert not any(opens(secrets, each.plain) for each in going)


def test_rotations_issues_and_revocations_at_once_lose_nothing(
    keyring: TenantTokens, tenants: Tenants, secrets: Secrets
) -> None:
    number = AT_ONCE // 4
    overlapped = [keyring.issue(f"overlapped {each}", scope=READ_ONLY) for each in range(number)]
    leaked = [keyring.issue(f"leaked {each}") for each in range(number)]
    going = [keyring.issue(f"going {each}") for each in range(number)]

    answers = at_once(
        *mixed(
            [rotating(keyring, each.token.id, HOUR) for each in overlapped],
            [rotating(keyring, each.token.id, timedelta()) for each in leaked],
            [revoking(keyring, each.token.id) for each in going],
            [issuing(keyring, f"new {each}") for each in range(number)],
        )
    )

    rotated, replaced, revoked, issued = (answers[at::4] for at in range(4))
    assert revoked == [each.token for each in going]
    endings = {each.replaced.id: each.replaced for each in rotated}
    assert endings.keys() == {each.token.id for each in overlapped}
    assert {each.successor for each in endings.values()} == {each.token.id for each in rotated}
    made = [*rotated, *replaced, *issued]
    assert kept(tenants) == {**endings, **{each.token.id: each.token for each in made}}
    assert Counter(each.token.scope for each in rotated) == {READ_ONLY: number}
    assert all(opens(secrets, each.plain) for each in [*overlapped, *made])
    assert not any(opens(secrets, each.plain) for each in [*leaked, *going])


def test_of_many_rotations_of_one_token_each_is_made_or_told_to_look_again(
    keyring: TenantTokens, tenants: Tenants
) -> None:
    old = keyring.issue("entra").token

    answers = at_once(*[rotating(keyring, old.id, HOUR)] * AT_ONCE)

    won = [each for each in answers if not isinstance(each, TenantError)]
    # Who read before another's change is told so; who came after it replaces the token once more.
    told = {str(each) for each in answers if isinstance(each, TenantError)}
    assert told <= {f"the token {old.id} was changed meanwhile, look again"}
    assert len(kept(tenants)) == 1 + len(won)
    assert {each.token.id for each in won} < kept(tenants).keys()


def test_a_token_that_many_revoke_is_revoked_for_one_of_them(
    keyring: TenantTokens, tenants: Tenants
) -> None:
    token = keyring.issue("leaked").token

    answers = at_once(*[revoking(keyring, token.id)] * AT_ONCE)

    assert [each for each in answers if not isinstance(each, TenantError)] == [token]
    assert {str(each) for each in answers if isinstance(each, TenantError)} == {
        f"acme has no live token {token.id}"
    }
    assert kept(tenants) == {}


def test_expired_tokens_are_forgotten_beside_issues_and_revocations(
    keyring: TenantTokens, tenants: Tenants
) -> None:
    going = [keyring.issue(f"going {number}") for number in range(AT_ONCE // 2)]
    past = tenants.show("acme").created
    expired = [
        {**asdict(going[0].token), "id": f"expired{number}", "expires": past}
        for number in range(AT_ONCE)
    ]
    tenants.change("acme", lambda said: {**said, "tokens": [*said["tokens"], *expired]})
    assert len(kept(tenants)) == AT_ONCE + AT_ONCE // 2

    answers = at_once(
        *mixed(
            [issuing(keyring, f"new {number}") for number in range(AT_ONCE // 2)],
            [revoking(keyring, each.token.id) for each in going],
        )
    )

    assert kept(tenants).keys() == {each.token.id for each in answers[0::2]}


def test_a_tenant_that_is_closed_while_tokens_change_is_closed(
    keyring: TenantTokens, tenants: Tenants
) -> None:
    acts = [issuing(keyring, f"new {number}") for number in range(AT_ONCE - 1)]

    at_once(*acts, lambda: tenants.disable("acme"))

    assert tenants.show("acme").state == "disabled"
    assert len(kept(tenants)) == AT_ONCE - 1


def test_links_pressed_at_once_make_a_token_each(
    server: Server, keyring: TenantTokens, tenants: Tenants
) -> None:
    """One link, pressed by many, makes one token; nobody's other token is lost by it."""
    desk = HandoverService(server.services.table, tenants)
    tenants.add(name := f"parallel-{uuid4().hex[:8]}")
    code = desk.offer(name, DAY).code
    other = TenantTokens(tenants, name)

    def press() -> Any:
        try:
            return desk.reveal(code)
        except Unavailable:
            return None

    answers = at_once(
        *mixed([press] * (AT_ONCE // 2), [issuing(other, "x") for _ in range(AT_ONCE // 2)])
    )

    (shown,) = [each for each in answers[0::2] if each is not None]
    made = {each.id for each in tenants.show(name).tokens}
    assert made == {shown.token.id, *(each.token.id for each in answers[1::2])}


@contextmanager
def answers_lost(client: Any, operation: str, every: int) -> Iterator[list[int]]:
    """Lose the answer to every so-manieth call of an operation, all of which are made."""
    calls: list[int] = []

    def lose(**_: Any) -> None:
        calls.append(len(calls))
        if len(calls) % every == 0:
            raise ReadTimeoutError(endpoint_url=client.meta.endpoint_url)

    service = client.meta.service_model.service_id.hyphenize()
    with registered(client, f"after-call.{service}.{operation}", lose):
        yield calls


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage"])
def test_where_answers_are_lost_what_was_told_is_kept_and_what_was_not_may_be_repeated(
    operation: str, server: Server, keyring: TenantTokens, tenants: Tenants, secrets: Secrets
) -> None:
    client = server.services.clients.secretsmanager
    going = [keyring.issue(f"old {number}") for number in range(AT_ONCE // 2)]
    lost: list[str] = []

    def repeated(act: Callable[[], Any]) -> Callable[[], Any]:
        """Do as an operator does who is answered with 503: once more."""

        def acting() -> Any:
            while True:
                try:
                    return act()
                except Unavailable:
                    lost.append(operation)

        return acting

    with answers_lost(client, operation, 3):
        answers = at_once(
            *mixed(
                [repeated(issuing(keyring, f"new {number}")) for number in range(AT_ONCE // 2)],
                [repeated(revoking(keyring, each.token.id)) for each in going],
            )
        )

    assert lost
    issued, revoked = answers[0::2], answers[1::2]
    # A revocation that had happened is told so when it is repeated.
    assert {str(each) for each in revoked if isinstance(each, TenantError)} <= {
        f"acme has no live token {each.token.id}" for each in going
    }
    found = kept(tenants)
    assert not found.keys() & {each.token.id for each in going}
    assert found.keys() >= {each.token.id for each in issued}
    assert all(opens(secrets, each.plain) for each in issued)
    # What a lost answer left is a digest whose token nobody has seen, under the label of one.
    left = Counter(each.label for each in found.values())
    assert left.keys() == {f"new {number}" for number in range(AT_ONCE // 2)}
    assert left.total() <= AT_ONCE // 2 + len(lost)


def test_of_tenants_made_and_deleted_by_turns_the_last_one_is_new(
    tenants: Tenants, secrets: Secrets
) -> None:
    for turn in range(5):
        plain = tenants.create("acme", f"turn {turn}")
        answers = at_once(
            lambda: tenants.delete("acme"),
            *[issuing(TenantTokens(tenants, "acme"), str(number)) for number in range(AT_ONCE - 1)],
        )
        with pytest.raises(SecretMissing):
            secrets.read("acme")
        refused = {str(each) for each in answers if isinstance(each, TenantError)}
        assert refused <= {"there is no tenant acme"}
        assert not opens(secrets, plain)

    plain = tenants.create("acme")

    assert [each.label for each in tenants.show("acme").tokens] == ["first"]
    assert opens(secrets, plain)


def test_functions_that_believe_what_they_read_know_what_many_made_at_once(
    server: Server,
) -> None:
    name = f"shared-{uuid4().hex[:8]}"
    server.services.tenants.add(name)
    own: list[Services] = [
        Services(server.services.settings, server.services.clients) for _ in range(4)
    ]
    made = at_once(*[issuing(each.tokens(name), "x") for each in own * 5])

    for each in own:
        door = Authenticator(each.secrets)
        assert [door.authenticate(name, f"Bearer {one.plain}").token_id for one in made] == [
            one.token.id for one in made
        ]
