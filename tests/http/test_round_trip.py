"""Nothing is advertised that does not round-trip: every attribute of /Schemas, as clients use it.

Those of the core schemas, of the enterprise extension, and of a declared extension with every type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from rollcall.aws.clients import Clients
from rollcall.runtime.settings import Settings
from rollcall.scim import discovery, extensions
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP
from tests.conftest import deployment
from tests.http.api import Api

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BADGE = "urn:example:params:scim:schemas:badge:2.0:User"
SITE = "urn:example:params:scim:schemas:site:2.0:Group"

Json = dict[str, Any]
numbers = count(1)


def attribute(name: str, kind: str = "string", **characteristics: Any) -> Json:
    return {"name": name, "type": kind, "multiValued": False, **characteristics}


TYPES = ["string", "boolean", "integer", "decimal", "dateTime", "binary", "reference"]


def of_every_type(prefix: str, **characteristics: Any) -> list[Json]:
    links = {"referenceTypes": ["external"], **characteristics}
    return [attribute(f"{prefix}{each}", each, **links) for each in TYPES]


LABELS = [attribute("value"), attribute("type"), attribute("primary", "boolean")]
DECLARED: Json = {
    "User": [
        {
            "id": BADGE,
            "name": "Badge",
            "attributes": [
                *of_every_type("one"),
                *of_every_type("all", multiValued=True),
                attribute("place", "complex", subAttributes=of_every_type("its")),
                attribute(
                    "visits",
                    "complex",
                    multiValued=True,
                    subAttributes=[*LABELS, *of_every_type("its")],
                ),
                attribute("exact", caseExact=True),
                attribute("colour", canonicalValues=["red", "green"]),
                attribute("serial", mutability="immutable"),
                attribute("pin", mutability="writeOnly", returned="never"),
                attribute("note", returned="request"),
                attribute("shown", returned="always"),
                attribute("made", mutability="readOnly"),
            ],
        }
    ],
    "Group": [{"id": SITE, "name": "Site", "attributes": [attribute("city", required=True)]}],
}

ADVERTISED = [
    (schema["id"], each)
    for schema in [*discovery.schemas(""), *DECLARED["User"], *DECLARED["Group"]]
    if schema["id"] not in (ROLLCALL, ROLLCALL_GROUP)
    for each in schema["attributes"]
]


@pytest.fixture(scope="module")
def api(clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application with the declared extensions, and people to be members of groups."""
    file: Path = tmp_path_factory.mktemp("extensions") / "extensions.json"
    file.write_text(json.dumps(DECLARED))
    with deployment(clients, Settings(extensions=file)) as services:
        yield Api(services)
    extensions.declare({})


def sample(said: Json, turn: int) -> Any:
    """Return a value of an attribute, another one in each turn."""
    value: Any
    if said["type"] == "complex":
        subs = [sub for sub in said["subAttributes"] if is_written(sub)]
        value = {sub["name"]: sample(sub, turn) for sub in subs}
    else:
        value = {
            "string": f"{said['name']} {turn}",
            "boolean": turn % 2 == 0,
            "integer": turn,
            "decimal": turn + 0.5,
            "dateTime": f"2026-01-0{turn}T08:00:00Z",
            "binary": f"QUF{turn}",
            "reference": f"https://example.com/{turn}",
        }[said["type"]]
    if said.get("canonicalValues"):
        value = said["canonicalValues"][turn % len(said["canonicalValues"])]
    return [value] if said["multiValued"] else value


def is_written(said: Json) -> bool:
    return said["name"] != "$ref" and said.get("mutability") != "readOnly"


class Trip:
    """One attribute on its way: the resource that bears it, and how to look at it."""

    def __init__(self, api: Api, urn: str, said: Json) -> None:
        self.api, self.urn, self.said = api, urn, said
        self.path = said["name"] if urn in (CORE, GROUP) else f"{urn}:{said['name']}"
        self.type = "Groups" if urn in (GROUP, SITE) else "Users"
        name = "displayName" if self.type == "Groups" else "userName"
        self.base = {name: f"base{next(numbers)}"}
        if urn == GROUP and said["name"] == "members":
            people = (api.user(userName=f"member{next(numbers)}")["id"] for _ in range(2))
            self.values: list[Any] = [[{"value": each, "type": "User"}] for each in people]
        else:
            self.values = [sample(said, turn) for turn in (1, 2)]

    def body(self, value: Any) -> Json:
        own = {self.said["name"]: value}
        return self.base | (own if self.urn in (CORE, GROUP) else {self.urn: own})

    def seen(self, resource: Json) -> Any:
        """Return the value in a representation, without the URLs that follow from ids."""
        value = (resource if self.urn in (CORE, GROUP) else resource.get(self.urn, {})).get(
            self.said["name"]
        )
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and "$ref" in each:
                assert each.pop("$ref").endswith(f"/{each['value']}")
        return value

    def create(self, value: Any) -> Json:
        answer = self.api.send("POST", f"/{self.type}", json=self.body(value))
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        self.location = f"/{self.type}/{created['id']}"
        self.id = created["id"]
        return created

    def read(self, query: str = "") -> Json:
        found: Json = self.api.send("GET", f"{self.location}{query}").json()
        return found

    def patch(self, op: str, **operation: Any) -> Json:
        operations = [{"op": op, "path": self.path, **operation}]
        query = "?attributes=" + self.path
        answer = self.api.send("PATCH", f"{self.location}{query}", json={"Operations": operations})
        assert answer.status_code == 200, answer.text
        patched: Json = answer.json()
        return patched

    def is_found(self, text: str) -> bool:
        answer = self.api.send(
            "GET", f"/{self.type}", params={"filter": f'id eq "{self.id}" and {text}'}
        )
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["totalResults"] == 1)


def comparisons(trip: Trip, value: Any) -> Iterator[str]:
    """Yield filters that a value satisfies: of the attribute or each of its sub-attributes."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            yield f"{trip.path} eq {json.dumps(each)}"
            continue
        for name, part in each.items():
            yield f"{trip.path}.{name} eq {json.dumps(part)}"
            yield f"{trip.path}[{name} eq {json.dumps(part)}]"


written = [each for each in ADVERTISED if each[1].get("mutability") != "readOnly"]
read_only = [each for each in ADVERTISED if each not in written]


@pytest.mark.parametrize(
    ("urn", "said"), written, ids=[f"{urn.split(':')[-3]}-{said['name']}" for urn, said in written]
)
def test_what_is_advertised_round_trips(urn: str, said: Json, api: Api) -> None:
    trip = Trip(api, urn, said)
    first, second = trip.values
    returned, mutability = said.get("returned", "default"), said.get("mutability", "readWrite")

    def seen(value: Any) -> Any:
        return None if returned == "never" else value

    assert trip.seen(trip.create(first)) == seen(first)
    expected = None if returned == "request" else seen(first)
    assert trip.seen(trip.read()) == expected
    asked = trip.read(f"?attributes={trip.path}")
    assert trip.seen(asked) == seen(first)
    if returned == "default" and not said.get("required"):
        assert trip.seen(trip.read(f"?excludedAttributes={trip.path}")) is None
        assert set(asked) <= {"schemas", "id", said["name"], urn}

    if mutability != "writeOnly":
        assert trip.is_found(f"{trip.path} pr")
    for comparison in comparisons(trip, first):
        assert trip.is_found(comparison)
    assert not all(trip.is_found(comparison) for comparison in comparisons(trip, second))

    replaced = api.send("PUT", trip.location, json=trip.body(second))
    if mutability == "immutable":
        assert replaced.json()["scimType"] == "mutability"
        return
    assert trip.seen(replaced.json()) == seen(second)
    for comparison in comparisons(trip, second):
        assert trip.is_found(comparison)
    assert trip.seen(trip.patch("replace", value=first)) == seen(first)
    if said.get("required"):
        return
    if (urn, said["name"]) == (CORE, "active"):  # of a disabled account it is not cleared
        assert trip.seen(trip.patch("remove")) is first is False
        assert trip.seen(trip.patch("replace", value=second)) == second
    assert trip.seen(trip.patch("remove")) is None
    assert trip.is_found(f"not ({trip.path} pr)")
    assert trip.seen(trip.patch("add", value=second)) == seen(second)
    assert trip.seen(trip.read(f"?attributes={trip.path}")) == seen(second)


@pytest.mark.parametrize(
    ("urn", "said"),
    read_only,
    ids=[f"{urn.split(':')[-3]}-{said['name']}" for urn, said in read_only],
)
def test_what_is_advertised_as_read_only_is_not_written(urn: str, said: Json, api: Api) -> None:
    trip = Trip(api, urn, said)
    value = [{"value": "x"}] if said["type"] == "complex" else "x"

    assert trip.seen(trip.create(value)) is None
    assert trip.seen(api.send("PUT", trip.location, json=trip.body(value)).json()) is None
    operations = [{"op": "add", "path": trip.path, "value": value}]
    refused = api.send("PATCH", trip.location, json={"Operations": operations})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")
