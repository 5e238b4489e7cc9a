import json
from typing import Any

import httpx
import pytest

from demo.verdict import Expectation, Kind, Outcome, judge
from tests.demo.stand_in import LIST, error

LOCATION = "https://scim.example.com/v2/Users/u1"
USER: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "id": "u1",
    "userName": "ann@example.com",
    "active": True,
    "meta": {"resourceType": "User", "location": LOCATION},
}
EMPTY: dict[str, Any] = {"schemas": [LIST], "totalResults": 0, "Resources": []}
READ = Expectation(Kind.READ, "User", "u1")
FIND = Expectation(Kind.LIST, "User")
CREATE = Expectation(Kind.CREATE, "User")
PATCH = Expectation(Kind.PATCH, "User", "u1")


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    headers = {"content-type": "application/scim+json"} | headers
    return httpx.Response(status, content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(
    ("asked", "response"),
    [
        (READ, answer(200, USER)),
        (READ, answer(200, USER, **{"content-type": "application/scim+json; charset=utf-8"})),
        (FIND, answer(200, EMPTY)),
        (FIND, answer(200, EMPTY | {"totalResults": 1, "Resources": [USER]})),
        (CREATE, answer(201, USER, location=LOCATION)),
        (PATCH, answer(200, USER)),
        (PATCH, httpx.Response(204)),
        (Expectation(Kind.DELETE, "User", "u1"), httpx.Response(204)),
        (Expectation(Kind.DELETE, "User", "u1"), error(404)),
    ],
)
def test_good_answers_are_fine(asked: Expectation, response: httpx.Response) -> None:
    verdict = judge(asked, response)
    assert (verdict.outcome, verdict.flaws) == (Outcome.FINE, ())


@pytest.mark.parametrize(
    ("asked", "response", "outcome"),
    [
        (FIND, error(401), Outcome.QUARANTINE),
        (READ, error(403), Outcome.QUARANTINE),
        (FIND, error(404), Outcome.QUARANTINE),
        (READ, error(404), Outcome.ANCHOR),
        (PATCH, error(404), Outcome.ANCHOR),
        (FIND, error(400), Outcome.ESCROW),
        (PATCH, error(400), Outcome.ESCROW),
        (CREATE, error(409, "uniqueness"), Outcome.ESCROW),
        (CREATE, error(503), Outcome.RETRY),
        (CREATE, error(429), Outcome.RETRY),
        (CREATE, answer(302, EMPTY), Outcome.INCOMPATIBLE),
    ],
)
def test_a_refusal_has_its_consequence(
    asked: Expectation, response: httpx.Response, outcome: Outcome
) -> None:
    assert judge(asked, response).outcome is outcome


@pytest.mark.parametrize(
    ("asked", "response", "flaw"),
    [
        (READ, answer(200, USER, **{"content-type": "application/json"}), "content type"),
        (READ, httpx.Response(200, content=b"<html>"), "not JSON"),
        (READ, answer(200, [USER]), "not a JSON object"),
        (READ, answer(200, USER | {"id": ""}), "without id"),
        (READ, answer(200, USER | {"id": 7}), "without id"),
        (READ, answer(200, USER | {"id": "u2"}), "another id"),
        (READ, answer(200, USER | {"active": "True"}), "no boolean"),
        (READ, answer(200, USER | {"title": None}), "null"),
        (READ, answer(200, USER | {"schemas": []}), "schemas without"),
        (READ, answer(200, USER | {"meta": {"resourceType": "Group"}}), "resourceType"),
        (FIND, answer(200, USER), "no list"),
        (FIND, answer(200, {"schemas": [LIST], "totalResults": 0}), "no list"),
        (FIND, answer(200, EMPTY | {"totalResults": "0"}), "no integer"),
        (FIND, answer(200, EMPTY | {"Resources": [USER]}), "totalResults 0"),
        (FIND, answer(200, EMPTY | {"schemas": []}), "schema of a list"),
        (CREATE, answer(201, USER), "without Location"),
        (CREATE, answer(201, USER, location=LOCATION + "2"), "Location"),
        (PATCH, httpx.Response(204, content=b"{}"), "with a body"),
    ],
)
def test_a_flawed_answer_makes_the_service_incompatible(
    asked: Expectation, response: httpx.Response, flaw: str
) -> None:
    verdict = judge(asked, response)
    assert verdict.outcome is Outcome.INCOMPATIBLE
    assert flaw in "; ".join(verdict.flaws)
    assert verdict.resources == ()


@pytest.mark.parametrize(
    ("response", "flaw"),
    [
        (error(409), "scimType"),
        (answer(409, {"scimType": "uniqueness", "status": 409}), "no SCIM error"),
        (answer(400, {"detail": "no"}), "status None"),
        (httpx.Response(500, content=b"Internal Server Error"), "not JSON"),
    ],
)
def test_an_error_has_to_be_a_scim_error(response: httpx.Response, flaw: str) -> None:
    assert flaw in "; ".join(judge(CREATE, response).flaws)


def test_members_must_be_left_out_when_they_are_excluded() -> None:
    group = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": "g1",
        "meta": {"resourceType": "Group", "location": "https://scim.example.com/v2/Groups/g1"},
        "members": [],
    }
    without = Expectation(Kind.READ, "Group", "g1", without_members=True)
    assert judge(without, answer(200, group)).outcome is Outcome.INCOMPATIBLE
    assert judge(Expectation(Kind.READ, "Group", "g1"), answer(200, group)).flaws == ()


def test_an_id_is_enough_when_nothing_else_was_asked_for() -> None:
    asked = Expectation(Kind.LIST, "User", id_only=True)
    body = EMPTY | {"totalResults": 1, "Resources": [{"id": "u1"}]}
    assert judge(asked, answer(200, body)).flaws == ()
