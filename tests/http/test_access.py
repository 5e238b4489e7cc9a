"""Who may sign in, as the product asks: each answer, what it costs, and what is logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.templates.template import Selector, Template
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, new_token
from tests.directory.people import NEVER_ISSUED, group, patch, user
from tests.http.api import Api, until_refused
from tests.http.test_request_units import metered
from tests.operations import operators

ACCESS = "/scim/acme/access"
NO = {"active": False, "workAreas": []}


class Product:
    """A product that asks with a token of its own."""

    def __init__(self, services: Services, **settings: Any) -> None:
        self.services = services
        (reads, stored), (self.writing, written) = (
            new_token(scope, datetime.now(UTC), timedelta(days=1), scope)
            for scope in (READ_ONLY, READ_WRITE)
        )
        services.tenants.add("acme", stored, written)
        self.operator = Operator(services, "operator:ann")
        self.api = Api(services, replace(services.settings, **settings), reads)
        self.directory = services.directory("acme")

    def send(self, body: Any, method: str = "POST", **options: Any) -> httpx.Response:
        return self.api.send(method, "", base=ACCESS, json=body, **options)

    def ask(self, **question: str) -> dict[str, Any]:
        """Return the answer to a question, without its schema."""
        answered = self.send(question)
        assert answered.status_code == 200, answered.text
        content: dict[str, Any] = answered.json()
        assert content.pop("schemas") == [
            "urn:ietf:params:scim:api:messages:rollcall:2.0:AccessAnswer"
        ]
        return content


@pytest.fixture
def product(services: Services) -> Product:
    return Product(services)


def about(identifier: str, by: str, **more: Any) -> dict[str, Any]:
    """Return what an answer says about an account that was found."""
    return {"id": identifier, "matchedBy": by, "certain": by != "userName", **more}


def test_a_person_with_access_is_told_with_work_areas_and_role(product: Product) -> None:
    staff = Template("staff", Selector("displayName", "Staff"), {"code": "edit"}, "regular")
    operators.Templates(product.operator).set([staff])
    ann = user(product.directory, "Ann@x.test", externalId="E-1")
    group(product.directory, "Staff", ann)

    assert product.ask(externalId="E-1") == about(
        ann,
        "externalId",
        active=True,
        userName="Ann@x.test",
        externalId="E-1",
        workAreas=[{"value": "code", "level": "edit"}],
        role="regular",
    )


def test_the_answer_may_be_used_for_a_minute_by_nobody_else(product: Product) -> None:
    assert product.send({"userName": "x"}).headers["Cache-Control"] == "private, max-age=60"


def test_who_is_disabled_has_no_access(product: Product) -> None:
    ann = user(product.directory, "ann", externalId="E-1", active=False)
    operators.UserAccesses(product.operator).grant(ann, {"code": "edit"}, "regular")

    said = about(ann, "externalId", userName="ann", externalId="E-1", reason="disabled")
    assert product.ask(externalId="E-1") == NO | said


def test_a_user_name_is_weaker_in_any_spelling(product: Product) -> None:
    ann = user(product.directory, "Zoë@x.test")

    for spelt in ("Zoë@x.test", "ZOE\u0308@X.TEST", "ｚｏë@x.test"):
        answer = product.ask(userName=spelt)
        assert (answer["active"], answer["certain"], answer["id"]) == (True, False, ann), spelt


def test_the_external_id_decides_against_the_user_name(product: Product) -> None:
    ann = user(product.directory, "ann", externalId="E-1")
    user(product.directory, "bob", externalId="E-2")

    answer = product.ask(externalId="E-1", userName="bob")

    assert (answer["id"], answer["matchedBy"]) == (ann, "externalId")
    assert product.ask(externalId="e-1") == NO | {"reason": "unknown"}  # it has a case


def test_a_user_name_that_is_somebody_elses_by_now_admits_nobody(product: Product) -> None:
    user(product.directory, "ann", externalId="E-new")

    said = {"matchedBy": "userName", "certain": False, "reason": "otherPerson"}
    assert product.ask(externalId="E-old", userName="ann") == NO | said


def test_a_user_name_without_an_external_id_here_is_weak_whatever_the_product_knows(
    product: Product,
) -> None:
    ann = product.directory.users.create({"userName": "ann"}, link=LOCAL).record.id

    answer = product.ask(externalId="E-1", userName="ann")

    assert (answer["active"], answer["id"], answer["certain"]) == (True, ann, False)


def test_an_address_says_only_how_many_have_it(product: Product) -> None:
    for each in ("ann", "anna"):
        user(product.directory, each, emails=[{"value": "Ann@x.test"}])

    assert product.ask(email="ann@X.test") == NO | {"reason": "unproven", "candidates": 2}
    assert product.ask(externalId="E-1", userName="x", email="ann@x.test") == NO | {
        "reason": "unproven",
        "candidates": 2,
    }
    assert product.ask(email="x@x.test") == NO | {"reason": "unknown", "candidates": 0}


def test_candidates_are_counted_up_to_ten(product: Product) -> None:
    for each in range(11):
        user(product.directory, f"user{each}", emails=[{"value": "all@x.test"}])

    assert product.ask(email="all@x.test")["candidates"] == 10


def test_two_accounts_with_one_external_id_are_ambiguous(product: Product) -> None:
    user(product.directory, "ann", externalId="E-1")
    user(product.directory, "anna", externalId="E-1")

    said = {"matchedBy": "externalId", "certain": True, "reason": "ambiguous", "candidates": 2}
    assert product.ask(externalId="E-1", userName="ann") == NO | said


def test_an_id_that_was_merged_means_the_survivor(product: Product) -> None:
    ann = user(product.directory, "ann", externalId="E-1")
    ids = [product.directory.users.create({"userName": n}, link=LOCAL).record.id for n in "bc"]
    operators.merge(product.operator, "acme", ids[0], ids[1])
    operators.merge(product.operator, "acme", ann, ids[0])

    for old in ids:
        answer = product.ask(id=old)
        assert (answer["active"], answer["id"], answer["mergedFrom"]) == (True, ann, old)
    assert product.ask(externalId="E-1")["id"] == ann


def test_an_id_of_a_deleted_account_is_told_as_such(product: Product) -> None:
    ann = user(product.directory, "ann", externalId="E-1")
    product.directory.users.delete(ann)

    assert product.ask(id=ann) == NO | about(ann, "id", reason="deleted")
    assert product.ask(id=NEVER_ISSUED) == NO | {"reason": "unknown"}
    assert product.ask(externalId="E-1", userName="ann") == NO | {"reason": "unknown"}


@pytest.mark.parametrize(
    ("body", "scim_type", "detail"),
    [
        ([], "invalidSyntax", "the body must be a JSON object"),
        ({}, "invalidValue", "one of id, externalId, userName, email is needed"),
        ({"userName": None}, "invalidValue", "one of id, externalId, userName, email is needed"),
        (
            {"userName": "ann", "external_id": "E-1"},
            "invalidSyntax",
            "the body has an attribute that is none of id, externalId, userName, email",
        ),
        (
            {"externalId": 7},
            "invalidValue",
            "externalId must be a string of 1 to 1000 characters, not of blanks alone",
        ),
        (
            {"email": "\u00a0 "},
            "invalidValue",
            "email must be a string of 1 to 1000 characters, not of blanks alone",
        ),
        (
            {"id": "x" * 1001},
            "invalidValue",
            "id must be a string of 1 to 1000 characters, not of blanks alone",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_scim(
    body: Any, scim_type: str, detail: str, product: Product
) -> None:
    refused = product.send(body)

    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/scim+json"
    assert (refused.json()["scimType"], refused.json()["detail"]) == (scim_type, detail)


def test_other_methods_and_large_bodies_are_refused(product: Product) -> None:
    got = product.send({"userName": "x"}, "GET")
    large = product.send({"userName": "x" * 20_000})

    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    assert large.status_code == 413


def test_a_token_that_writes_is_refused(product: Product) -> None:
    writing = {"Authorization": f"Bearer {product.writing}"}

    refused = product.send({"userName": "x"}, headers=writing)

    assert refused.status_code == 403
    assert (
        refused.json()["detail"] == "this takes a read-only token: a product needs none that writes"
    )


def test_without_a_token_nothing_is_told(product: Product) -> None:
    refused = product.send({"userName": "x"}, headers={"Authorization": "Bearer no"})

    assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, True)


def test_a_tenant_sees_its_own_people_alone(product: Product) -> None:
    product.services.tenants.create("other")
    other = user(product.services.directory("other"), "ann", externalId="E-1")

    assert product.ask(id=other)["reason"] == "unknown"
    assert product.ask(externalId="E-1", userName="ann")["reason"] == "unknown"


def test_the_log_says_what_was_answered_and_about_nobody(product: Product) -> None:
    user(product.directory, "ann@x.test", externalId="E-1")
    product.ask(externalId="E-1", userName="ann@x.test", email="ann@x.test")
    product.send({"userName": "ann@x.test", "no such": "E-1"})

    lines = [each for each in product.api.lines() if each["message"] == "request"]

    assert [(each["path"], each["status"]) for each in lines] == [(ACCESS, 200), (ACCESS, 400)]
    assert lines[0]["access"] == "active"
    assert "ann" not in product.api.log.getvalue()
    assert "E-1" not in product.api.log.getvalue()


def test_nothing_is_written_but_that_the_token_is_used(product: Product) -> None:
    user(product.directory, "ann", externalId="E-1")
    before = {(each["pk"], each["sk"]) for each in product.services.table.scan("acme")}
    product.ask(externalId="E-1")

    after = {(each["pk"], each["sk"]) for each in product.services.table.scan("acme")}

    assert [pk for pk, _ in after - before] == ["acme#TOKENS"]


def test_a_rate_of_its_own_does_not_touch_that_of_scim(services: Services) -> None:
    product = Product(services, rate=25, access_rate=1)
    scim = {"Authorization": f"Bearer {product.writing}"}

    refused = until_refused(lambda: product.send({"userName": "x"}))
    line = product.api.lines()[-1]
    served = [product.api.send("GET", "/Users", headers=scim).status_code for _ in range(20)]

    assert served == [200] * 20
    assert refused.json()["detail"] == (
        "more than 1 questions about access a second, try again later"
    )
    assert line["limit"] == "access"


def test_provisioning_beyond_its_rate_leaves_sign_ins_alone(services: Services) -> None:
    product = Product(services, rate=1, access_rate=25)

    until_refused(lambda: product.api.send("GET", "/Users"))
    asked = [product.send({"userName": "x"}).status_code for _ in range(10)]

    assert asked == [200] * 10


def test_a_question_takes_two_round_trips_at_most(product: Product, dynamodb_url: Any) -> None:
    """The reads by externalId and by userName go at once: together they are one round trip."""
    if dynamodb_url is None:
        pytest.skip("there is no DynamoDB engine for this machine")
    ann = user(product.directory, "ann", externalId="E-1", emails=[{"value": "ann@x.test"}])
    local = product.directory.users.create({"userName": "bob"}, link=LOCAL).record.id
    operators.merge(product.operator, "acme", ann, local)
    product.ask(userName="ann")

    def spent(**question: str) -> tuple[str, float, float]:
        with metered(product.services.clients.dynamodb) as took:
            product.ask(**question)
        return " ".join(sorted(took.calls)), took.reads, took.writes

    assert {
        "externalId": spent(externalId="E-1"),
        "userName": spent(userName="ann"),
        "both": spent(externalId="E-1", userName="ann"),
        "id": spent(id=ann),
        "merged": spent(id=local),
        "unknown": spent(externalId="E-9", userName="zoe"),
        "address": spent(externalId="E-9", email="ann@x.test"),
        "address alone": spent(email="ann@x.test"),
    } == {
        "externalId": ("BatchGetItem Query", 2, 0),
        "userName": ("BatchGetItem GetItem", 2, 0),
        "both": ("BatchGetItem GetItem Query", 3, 0),
        "id": ("BatchGetItem", 1, 0),
        "merged": ("BatchGetItem BatchGetItem", 2, 0),
        "unknown": ("GetItem Query", 2, 0),
        "address": ("Query Query", 2, 0),
        "address alone": ("Query", 1, 0),
    }


def test_a_held_account_is_told_to_wait(product: Product) -> None:
    waiting = Directory(Context(product.services.table, "acme", moved=True, grace=7))
    ann = user(waiting, "ann", externalId="E-1")
    waiting.users.delete(ann)
    bob = user(product.directory, "ann", externalId="E-2")

    assert product.ask(id=ann) == NO | about(ann, "id", reason="held")
    assert product.ask(externalId="E-1") == NO | about(ann, "externalId", reason="held")
    assert product.ask(externalId="E-1", userName="ann")["reason"] == "held"
    assert product.ask(userName="ann")["id"] == bob


def test_who_came_back_under_the_external_id_of_a_held_account_is_told(product: Product) -> None:
    waiting = Directory(Context(product.services.table, "acme", moved=True, grace=7))
    waiting.users.delete(user(waiting, "ann", externalId="E-1"))
    again = user(waiting, "ann.new", externalId="E-1")

    assert product.ask(externalId="E-1")["id"] == again


def test_many_held_accounts_with_the_external_id_do_not_hide_who_lives(product: Product) -> None:
    waiting = Directory(Context(product.services.table, "acme", moved=True, grace=7))
    for number in range(12):
        waiting.users.delete(user(waiting, f"ann{number}", externalId="E-1"))
    again = waiting.users.create({"userName": "ann", "externalId": "E-1"}, "z-last").record.id

    assert product.ask(externalId="E-1")["id"] == again


def test_patched_values_are_seen_at_once(product: Product) -> None:
    ann = user(product.directory, "ann", externalId="E-1")
    product.ask(externalId="E-1")
    product.directory.users.patch(ann, patch(("replace", "active", False)))

    assert product.ask(externalId="E-1")["reason"] == "disabled"
