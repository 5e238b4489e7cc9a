"""RFC 7644 section 3.5.1, sentence by sentence, in the order of its text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.api import Api
from tests.rfc7644.sentences import Sentence

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

WORK = {"value": "w@example.com", "type": "work"}


def ada(**attributes: Any) -> dict[str, Any]:
    return {"userName": "ada", **attributes}


PUT = [
    Sentence(
        "the values that are provided replace those that exist",
        ada(title="a", emails=[WORK], name={"givenName": "A", "familyName": "B"}),
        ada(title="b", emails=[{"value": "n@example.com"}], name={"familyName": "C"}),
        ada(title="b", emails=[{"value": "n@example.com"}], name={"familyName": "C"}),
    ),
    Sentence(
        "what is omitted is cleared",
        ada(title="a", emails=[WORK], **{ENTERPRISE: {"department": "Engines"}}), ada(), ada(),
    ),
    Sentence("what is null or an empty array is cleared", ada(title="a", emails=[WORK]),
             ada(title=None, emails=[]), ada()),
    Sentence("DIFFERENT: active is kept when it is omitted", ada(active=False), ada(),
             ada(active=False)),
    Sentence("DIFFERENT: active is kept when it is null", ada(active=False), ada(active=None),
             ada(active=False)),
    Sentence(
        "the members of a group are kept when they are omitted",
        {"displayName": "Crew", "members": ["@ann"]}, {"displayName": "New"},
        {"displayName": "New", "members": ["@ann"]},
    ),
    Sentence(
        "the members of a group are cleared by an empty array",
        {"displayName": "Crew", "members": ["@ann"]}, {"displayName": "Crew", "members": []},
        {"displayName": "Crew"},
    ),
    Sentence(
        "the members of a group are replaced",
        {"displayName": "Crew", "members": ["@ann", "@bob"]},
        {"displayName": "Crew", "members": [{"value": "@cid"}, {"value": "@bob"}]},
        {"displayName": "Crew", "members": ["@bob", "@cid"]},
    ),
    Sentence(
        "what is read-only is ignored",
        ada(), ada(id="mine", meta={"version": "9"}, groups=[{"value": "g"}]), ada(),
    ),
    Sentence("what is required is sent", ada(), {"title": "b"}, refused=(400, "invalidValue")),
    Sentence("what is required has a value", ada(), {"userName": ""},
             refused=(400, "invalidValue")),
    Sentence("what is required is sent, of a group", {"displayName": "Crew"}, {"members": []},
             refused=(400, "invalidValue")),
    Sentence("what does not fit the schema is refused", ada(title="a"), ada(title=5),
             refused=(400, "invalidValue")),
    Sentence("a unique value of another is refused", ada(title="a"), {"userName": "ANN"},
             refused=(409, "uniqueness")),
    Sentence("what changes nothing keeps version and modify timestamp", ada(title="a"),
             ada(title="a"), ada(title="a")),
    Sentence(
        "an extension is replaced, and its schema follows",
        ada(), ada(**{ENTERPRISE: {"department": "Engines"}}),
        ada(schemas=[CORE, ENTERPRISE], **{ENTERPRISE: {"department": "Engines"}}),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", PUT, ids=lambda case: case.text)
def test_a_sentence(case: Sentence, api: Api) -> None:
    case.play(api)


def test_what_was_retrieved_and_revised_replaces_the_resource(api: Api) -> None:
    user = api.user(title="a", emails=[WORK])
    api.send("POST", "/Groups", json={"displayName": "Crew", "members": [user["id"]]})
    retrieved = api.send("GET", f"/Users/{user['id']}").json()

    answer = api.send("PUT", f"/Users/{user['id']}", json={**retrieved, "title": "b"})

    assert answer.status_code == 200
    assert answer.json() == {**retrieved, "title": "b", "meta": answer.json()["meta"]}
    assert answer.json()["groups"] == retrieved["groups"]


def test_put_creates_nothing(api: Api) -> None:
    assert api.send("PUT", "/Users/mine", json=ada()).status_code == 404
    assert api.send("PUT", "/Groups/mine", json={"displayName": "Crew"}).status_code == 404
    assert api.send("GET", "/Users").json()["totalResults"] == 0


def test_the_answer_is_subject_to_attributes(api: Api) -> None:
    user = api.user(title="a")

    answer = api.send("PUT", f"/Users/{user['id']}?attributes=title", json=ada(title="b"))

    assert answer.json() == {"schemas": user["schemas"], "id": user["id"], "title": "b"}
    assert answer.headers["etag"] == 'W/"2"'
