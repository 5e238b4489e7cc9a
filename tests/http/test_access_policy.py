"""The function that answers products touches what its role names, and its role names no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from typing import Any

import pytest

from events.processed import Processed
from rollcall.model.account_link import LOCAL
from rollcall.runtime.services import Services
from rollcall.storage.rate_item import QUESTIONS, RateItem
from tests.directory.people import user
from tests.http.api import until_refused
from tests.http.test_access import Product
from tests.operations import operators
from tests.storage.faults import registered


@contextmanager
def touched(client: Any) -> Iterator[set[tuple[str, str]]]:
    """Yield what is asked of DynamoDB meanwhile: actions and partition keys."""
    seen: set[tuple[str, str]] = set()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        for action in params.get("TransactItems", ()):  # IAM asks of each what it asks alone
            ((name, request),) = action.items()
            seen.update((f"dynamodb:{name}Item", pk) for pk in _partitions(request))
        seen.update((f"dynamodb:{model.name}", pk) for pk in _partitions(params))

    with ExitStack() as hooks:
        hooks.enter_context(registered(client, "before-parameter-build.dynamodb", note))
        yield seen


def _partitions(params: dict[str, Any]) -> Iterator[str]:
    for items in params.get("RequestItems", {}).values():
        yield from (key["pk"]["S"] for key in items["Keys"])
    for name in ("Key", "Item"):
        if name in params:
            yield params[name]["pk"]["S"]
    if "KeyConditionExpression" in params:
        yield params["ExpressionAttributeValues"][":pk"]["S"]


def patterns() -> set[tuple[str, str]]:
    """Return the actions on the table that the role allows, with patterns of partition keys."""
    (policy,) = Processed().resources["AccessRole"]["Properties"]["Policies"]
    allowed = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            if action.startswith("dynamodb:"):
                keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                allowed |= {(action, key) for key in keys}
    return allowed


def allows(pattern: tuple[str, str], call: tuple[str, str]) -> bool:
    return pattern[0] == call[0] and fnmatchcase(call[1], pattern[1])


@pytest.fixture
def calls_of_questions(services: Services) -> set[tuple[str, str]]:
    """What all kinds of questions take, one that is refused among them."""
    product = Product(services, access_rate=1)
    ann = user(product.directory, "ann", externalId="E-1", emails=[{"value": "ann@x.test"}])
    local = product.directory.users.create({"userName": "bob"}, link=LOCAL).record.id
    operators.merge(product.operator, "acme", ann, local)
    with touched(services.clients.dynamodb) as seen:
        for question in (
            {"externalId": "E-1", "userName": "ann"},
            {"userName": "nobody", "email": "ann@x.test"},
            {"id": local},
        ):
            product.api.restart()
            product.ask(**question)
        until_refused(lambda: product.send({"id": ann}))
        item = RateItem(services.table, "acme", QUESTIONS)
        item.read()
        item.add(1, 1, 0, busy=True)
    return seen


def test_every_key_that_is_touched_is_one_that_the_role_names(
    calls_of_questions: set[tuple[str, str]],
) -> None:
    strays = {c for c in calls_of_questions if not any(allows(p, c) for p in patterns())}

    assert strays == set()


def test_the_role_names_nothing_that_is_not_touched(
    calls_of_questions: set[tuple[str, str]],
) -> None:
    idle = {p for p in patterns() if not any(allows(p, c) for c in calls_of_questions)}

    # In a tenant whose names are not moved a name is looked up under two keys at once.
    assert idle == {("dynamodb:BatchGetItem", "*#USERNAME#*")}
