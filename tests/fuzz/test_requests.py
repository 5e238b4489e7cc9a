"""Arbitrary requests: never a failure of ours, never a change after a refusal."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollcall.runtime import Services
from tests.http.test_http import Api
from tests.long import examples
from tests.search.generated import filters, users, words
from tests.storage.memory import clients, services

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


def look(api: Api, *paths: str) -> list[str]:
    return [api.send("GET", path).text for path in paths]


def test_whatever_is_sent_is_answered_in_scim_and_changes_nothing_when_refused(
    services: Services,
) -> None:
    api = Api(services)
    user = api.user(title="kept")["id"]
    group = api.send("POST", "/Groups", json={"displayName": "g"}).json()["id"]
    kept = f"/Users/{user}", f"/Groups/{group}", "/Users?count=0"
    known = look(api, *kept)

    @examples(250, 20_000)
    @given(methods, places, parameters, payloads)
    def send(method: str, place: str, query: list[tuple[str, str]], payload: Any) -> None:
        nonlocal known
        path = place.format(id=user, group=group)
        answer = api.send(
            method, path, params=query, content=json.dumps(payload),
            headers={"Content-Type": "application/scim+json"},
        )  # fmt: skip
        assert answer.status_code < 500 or (answer.status_code, place) == (501, "/Me")
        assert answer.headers["content-type"] == "application/scim+json" or not answer.content
        if answer.status_code >= 400:
            assert look(api, *kept) == known
        if answer.content:
            said = answer.json()
            assert said["schemas"] or place == "/Bulk"
            if answer.status_code >= 400:
                assert said["status"] == str(answer.status_code)
                assert said["detail"]
        if answer.status_code == 204 and method == "DELETE":
            revive(path)
        if answer.status_code < 400 and method not in ("GET", "HEAD"):
            known = look(api, *kept)

    def revive(path: str) -> None:
        """Put back what an example deleted."""
        nonlocal user, group, kept
        if path.startswith("/Users"):
            user = api.user(title="kept").get("id", user)
        else:
            made = api.send("POST", "/Groups", json={"displayName": "g"}).json()
            group = made.get("id", group)
        kept = f"/Users/{user}", f"/Groups/{group}", "/Users?count=0"

    send()
    assert all(line["level"] == "INFO" for line in api.lines())


__all__ = ["clients", "services"]
