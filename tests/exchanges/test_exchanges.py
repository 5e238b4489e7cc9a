"""Every exchange of the files in this folder, replayed over HTTP in a tenant of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.exchanges import answer, exchange
from tests.exchanges.client import Client, membership, replay, user
from tests.exchanges.exchange import Exchange, Step

if TYPE_CHECKING:
    from tests.conftest import Server, Tenant

ROWS = (
    *("C1", "C2", "C3", "C7"),
    *(f"M{number}" for number in range(1, 10)),
    *(f"U{number}" for number in range(1, 24)),
    "old form",
    *(f"G{number}" for number in range(1, 12)),
)
OTHER_ROWS = ("also", "Okta", "OneLogin", "JumpCloud", "Ping", "authentik", "RFC ")
EXCHANGES = [Exchange.load(file) for file in exchange.files()]


Connect = Callable[..., Client]


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    """Return a function that makes the client of a fresh tenant."""
    limits = httpx.Limits(max_connections=25)
    # Over HTTP, where reading the certificates takes longer than the rest.
    with httpx.Client(timeout=60, limits=limits, trust_env=False, verify=False) as http:
        made: list[Tenant] = []

        def client(**names: str) -> Client:
            made.append(server.tenant())
            return Client(http, made[-1], names)

        yield client
    for each in made:  # to list tenants takes long where there are hundreds
        server.services.tenants.delete(each.name)


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: case.label)
def test_exchange(case: Exchange, connect: Connect, server: Server) -> None:
    others = {"foreign": server.tenant().token} if "{foreign}" in str(case.step.headers) else {}
    replay(case, connect(**others))


def test_every_row_has_an_exchange() -> None:
    assert set(ROWS) <= {case.row for case in EXCHANGES}


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: case.label)
def test_a_file_is_named_by_its_row_and_says_why(case: Exchange) -> None:
    assert case.row in ROWS or case.row.startswith(OTHER_ROWS)
    assert case.row.startswith("RFC ") or case.file.name.startswith(
        f"{case.row.lower().replace(' ', '-')}-"
    )
    assert case.title
    assert case.why.endswith(".")


def test_membership_changes_in_parallel_are_all_kept(connect: Connect) -> None:
    client = connect()
    ids = client.create_users(20)
    group = client.create_group()

    def change(op: str) -> Callable[[str], int]:
        return lambda identity: (
            client.send(Step("PATCH", group, 204, body=membership(op, [identity]))).status_code
        )

    with ThreadPoolExecutor(20) as pool:
        assert [*pool.map(change("Add"), ids)] == [204] * 20
        assert client.members(group) == set(ids)
        assert [*pool.map(change("Remove"), ids[:19])] == [204] * 19
    assert client.members(group) == {ids[19]}


def test_posts_of_one_user_in_parallel_create_one(connect: Connect) -> None:
    client = connect()
    post = Step("POST", "/Users", 201, body=user("ana.lopez@contoso.example"))
    with ThreadPoolExecutor(10) as pool:
        statuses = [*pool.map(lambda _: client.send(post).status_code, range(10))]
    assert sorted(statuses) == [201, *[409] * 9]
    assert len(client.everything()) == 1


def test_more_members_than_a_transaction_takes_are_added_in_one_request(connect: Connect) -> None:
    client = connect()
    ids = client.create_users(50)
    group = client.create_group()
    client.play(Step("PATCH", group, 204, body=membership("Add", ids)))
    assert client.members(group) == set(ids)
    client.play(Step("PATCH", group, 204, body=membership("Remove", ids[1:])))
    assert client.members(group) == {ids[0]}


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("POST", "/Users", 1_050_000),
        ("POST", "/Users/.search", 1_050_000),
        ("POST", "/Groups", 5_300_000),
    ],
)
def test_a_body_over_the_limit_is_too_large(
    method: str, path: str, size: int, connect: Connect
) -> None:
    client = connect()
    body = {"schemas": [answer.USER], "userName": "a@contoso.example", "title": "x" * size}
    client.play(Step(method, path, 413, body=body))
    assert client.everything() == []
