"""Arbitrary requests: never a failure of ours, never a change after a refusal."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.dev import local_server
from rollcall.runtime.services import Services
from tests.http.test_http import Api
from tests.long import examples
from tests.search.generated import filters, users, words

texts = st.one_of(st.text(max_size=12), words)
keys = st.one_of(
    texts,
    st.sampled_from(["userName", "displayName", "members", "emails", "value", "type", "primary",
                     "Operations", "op", "path", "schemas", "id", "meta", "active", "roles",
                     "method", "bulkId", "data", "failOnErrors", "filter", "count", "startIndex",
                     "attributes", "cursor", "sortBy", "manager", "externalId", "name"]),
)  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts,
    st.sampled_from(["add", "replace", "remove", "POST", "PATCH", "/Users", "/Groups/bulkId:a",
                     'emails[type eq "work"].value', "True", "", "bulkId:a", "😀"]),
)  # fmt: skip
bodies = st.recursive(
    scalars,
    lambda nested: st.one_of(
        st.lists(nested, max_size=4), st.dictionaries(keys, nested, max_size=5)
    ),
    max_leaves=25,
)
operations = st.lists(
    st.dictionaries(st.sampled_from(["op", "path", "value", "method", "bulkId", "data", "version"]),
                    bodies, max_size=5),
    max_size=3,
)  # fmt: skip
payloads = st.one_of(bodies, users, operations.map(lambda each: {"Operations": each}))
parameters = st.lists(
    st.tuples(
        st.sampled_from(["filter", "attributes", "excludedAttributes", "startIndex", "count",
                         "cursor", "sortBy", "sortOrder", "x"]),
        st.one_of(texts, filters, st.integers().map(str),
                  st.sampled_from(["userName", "members", "meta.created", "descending", "id,"])),
    ),
    max_size=4,
)  # fmt: skip
places = st.sampled_from(
    ["/Users", "/Users/{id}", "/Users/.search", "/Groups", "/Groups/{group}", "/Groups/.search",
     "/.search", "/Bulk", "/Schemas", "/ResourceTypes/User", "/ServiceProviderConfig", "/nowhere",
     "", "/Users/{id}/x", "/Me"]
)  # fmt: skip
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])

LISTS = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


FRESH = 100
"""After how many examples the table is emptied."""


class World:
    """A user and a group that nothing changes unnoticed, in a table that is emptied time and again.

    The engine in memory copies its table with each transaction: what examples leave adds up.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._examples = count()
        self.api = Api(services)

    def next(self) -> None:
        """Begin an example."""
        if next(self._examples) % FRESH == 0:
            name = self._services.table.name
            self._services.clients.dynamodb.delete_table(TableName=name)
            local_server.create_table(self._services)
            self.user = self.api.user(title="kept")["id"]
            self.group = self._make_group()["id"]
            self.known = self.look()

    def revive(self, path: str) -> None:
        """Put back what an example deleted."""
        if path.startswith("/Users"):
            self.user = self.api.user(title="kept").get("id", self.user)
        else:
            self.group = self._make_group().get("id", self.group)

    def look(self) -> list[str]:
        kept = f"/Users/{self.user}", f"/Groups/{self.group}", "/Users?count=0"
        return [self.api.send("GET", path).text for path in kept]

    def _make_group(self) -> Any:
        return self.api.send("POST", "/Groups", json={"displayName": "g"}).json()


@pytest.fixture
def world(services: Services) -> World:
    return World(services)


def test_whatever_is_sent_is_answered_in_scim_and_changes_nothing_when_refused(
    world: World,
) -> None:
    @examples(250, 20_000)
    @given(methods, places, parameters, payloads)
    def send(method: str, place: str, query: list[tuple[str, str]], payload: Any) -> None:
        world.next()
        path = place.format(id=world.user, group=world.group)
        answer = world.api.send(
            method, path, params=query, content=json.dumps(payload),
            headers={"Content-Type": "application/scim+json"},
        )  # fmt: skip
        assert answer.status_code < 500 or (answer.status_code, place) == (501, "/Me")
        assert answer.headers["content-type"] == "application/scim+json" or not answer.content
        if answer.status_code >= 400:
            assert world.look() == world.known
        if answer.content:
            said = answer.json()
            assert said["schemas"] or place == "/Bulk"
            if answer.status_code >= 400:
                assert said["status"] == str(answer.status_code)
                assert said["detail"]
        if answer.status_code == 204 and method == "DELETE":
            world.revive(path)
        if answer.status_code < 400 and method not in ("GET", "HEAD"):
            world.known = world.look()

    send()
    assert all(line["level"] == "INFO" for line in world.api.lines())
