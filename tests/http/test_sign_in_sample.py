"""The sample for products, over HTTP: each answer, and what it does while there is none."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.tenants.tenants import READ_ONLY, new_token
from tests.directory.people import user
from tests.operations import operators
from tests.serving import serving

SIGN_IN = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "sign_in.py"))["SignIn"]


@dataclass
class Product:
    """A product that uses the sample, and the time that it goes by."""

    services: Services
    client: httpx.Client
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.sign_in: Any = SIGN_IN(self.client, lambda: self.now)

    def ask(self, **known: str) -> tuple[bool, str]:
        """Return whether somebody may sign in, and why not."""
        answer = self.sign_in.access(**known)
        return answer["active"], answer.get("reason", "")


@pytest.fixture
def product(services: Services) -> Iterator[Product]:
    plain, stored = new_token("product", datetime.now(UTC), timedelta(days=1), READ_ONLY)
    services.tenants.add("acme", stored)
    headers = {"Authorization": f"Bearer {plain}"}
    with (
        serving(services) as url,
        httpx.Client(base_url=f"{url}/scim/acme", headers=headers, trust_env=False) as client,
    ):
        yield Product(services, client)


def test_it_asks_for_a_person_who_is_active_disabled_merged_held_and_unknown(
    product: Product,
) -> None:
    directory, operator = product.services.directory("acme"), Operator(product.services, "ann")
    ann = user(directory, "ann", externalId="E-ann")
    user(directory, "bob", externalId="E-bob", active=False)
    old = directory.users.create({"userName": "ann.old"}, link=LOCAL).record.id
    operators.merge(operator, "acme", ann, old)
    waiting = Directory(Context(product.services.table, "acme", moved=True, grace=7))
    waiting.users.delete(user(waiting, "joe", externalId="E-joe"))

    assert product.ask(externalId="E-ann", userName="ann") == (True, "")
    assert product.ask(externalId="E-bob", userName="bob") == (False, "disabled")
    assert product.ask(id=old) == (True, "")
    assert product.sign_in.access(id=old)["id"] == ann
    assert product.ask(externalId="E-joe", userName="joe") == (False, "held")
    assert product.ask(externalId="E-eve", userName="eve") == (False, "unknown")


def test_it_lives_an_hour_on_the_last_answer_and_then_says_no(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    user(product.services.directory("acme"), "ann", externalId="E-ann")
    assert product.ask(externalId="E-ann") == (True, "")
    monkeypatch.setattr(product.services.table, "name", "no such table")  # 500

    told = {}
    for minutes in (0, 2, 59, 60, 61):
        product.now = 1000 + minutes * 60
        told[minutes] = product.ask(externalId="E-ann")

    no = (False, "unanswered")
    assert told == {0: (True, ""), 2: (True, ""), 59: (True, ""), 60: no, 61: no}
    assert product.ask(externalId="E-bob") == no


def test_it_lives_an_hour_on_the_last_answer_where_nobody_answers(product: Product) -> None:
    user(product.services.directory("acme"), "ann", externalId="E-ann", active=False)
    assert product.ask(externalId="E-ann") == (False, "disabled")
    product.client.base_url = httpx.URL("http://127.0.0.1:9/scim/acme")  # nothing listens there

    product.now += 120

    assert product.ask(externalId="E-ann") == (False, "disabled")
    assert product.ask(externalId="E-bob") == (False, "unanswered")


def test_an_answer_that_is_no_json_counts_as_none() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<p>Maintenance</p>"))
    with httpx.Client(base_url="https://scim.example.com/scim/acme", transport=page) as client:
        answer = SIGN_IN(client).access(externalId="E-ann")

    assert (answer["active"], answer["reason"]) == (False, "unanswered")


def test_it_asks_once_a_minute(product: Product, calls: list[str]) -> None:
    product.ask(externalId="E-ann")
    calls.clear()
    product.now += 59
    product.ask(externalId="E-ann")
    assert calls == []

    product.now += 1
    product.ask(externalId="E-ann")
    assert calls
