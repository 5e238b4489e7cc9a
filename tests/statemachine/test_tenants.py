"""Several tenants over HTTP: what was acknowledged is what is read, and nobody sees another's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import Server
from tests.long import LONG, examples

names = st.sampled_from(["ann", "Ann", "bob", "cid", "dan", "eve"])
titles = st.sampled_from(["Chief", "Clerk", ""])

Resource = tuple[int, str]
"""A tenant's number and an id."""


class Tenants(RuleBasedStateMachine):
    """Two tenants and a model of each in plain dictionaries."""

    server: Server
    users = Bundle("users")
    groups = Bundle("groups")

    def __init__(self) -> None:
        super().__init__()
        self.apis: list[httpx.Client] = [self.server.tenant().client() for _ in range(2)]
        self.people: list[dict[str, dict[str, Any]]] = [{}, {}]
        self.teams: list[dict[str, dict[str, Any]]] = [{}, {}]

    def teardown(self) -> None:
        for number, api in enumerate(self.apis):
            self.agrees(number, api)
            api.close()

    @rule(target=users, tenant=st.integers(0, 1), name=names, title=titles)
    def create_user(self, tenant: int, name: str, title: str) -> Any:
        taken = {each["userName"].lower() for each in self.people[tenant].values()}
        answer = self.apis[tenant].post("/Users", json={"userName": name, "title": title})
        expected = 409 if name.lower() in taken else 201
        assert answer.status_code == expected
        if answer.status_code == 409:
            return multiple()
        identifier = answer.json()["id"]
        self.people[tenant][identifier] = {"userName": name, "title": title or None}
        return tenant, identifier

    @rule(target=groups, tenant=st.integers(0, 1), name=names)
    def create_group(self, tenant: int, name: str) -> Any:
        taken = {each["displayName"].lower() for each in self.teams[tenant].values()}
        answer = self.apis[tenant].post("/Groups", json={"displayName": name})
        expected = 409 if name.lower() in taken else 201
        assert answer.status_code == expected
        if answer.status_code == 409:
            return multiple()
        identifier = answer.json()["id"]
        self.teams[tenant][identifier] = {"displayName": name, "members": set()}
        return tenant, identifier

    @rule(user=users, name=names, title=titles)
    def patch_user(self, user: Resource, name: str, title: str) -> None:
        tenant, identifier = user
        operations = [
            {"op": "replace", "path": "userName", "value": name},
            {"op": "Replace", "value": {"title": title}},
        ]
        answer = self.apis[tenant].patch(f"/Users/{identifier}", json={"Operations": operations})
        if self.expect(answer, self.people[tenant], identifier, "userName", name):
            self.people[tenant][identifier] = {"userName": name, "title": title or None}

    @rule(user=users, name=names)
    def replace_user(self, user: Resource, name: str) -> None:
        tenant, identifier = user
        answer = self.apis[tenant].put(f"/Users/{identifier}", json={"userName": name})
        if self.expect(answer, self.people[tenant], identifier, "userName", name):
            self.people[tenant][identifier] = {"userName": name, "title": None}

    @rule(group=groups, name=names)
    def rename_group(self, group: Resource, name: str) -> None:
        tenant, identifier = group
        answer = self.apis[tenant].put(f"/Groups/{identifier}", json={"displayName": name})
        if self.expect(answer, self.teams[tenant], identifier, "displayName", name):
            self.teams[tenant][identifier]["displayName"] = name

    @rule(group=groups, user=users, op=st.sampled_from(["add", "remove", "replace"]))
    def change_members(self, group: Resource, user: Resource, op: str) -> None:
        (tenant, identifier), (owner, member) = group, user
        operation = {"op": op, "path": "members", "value": [{"value": member}]}
        answer = self.apis[tenant].patch(f"/Groups/{identifier}", json={"Operations": [operation]})
        if identifier not in self.teams[tenant]:
            assert answer.status_code == 404
        elif owner != tenant and op != "remove":
            assert answer.status_code == 400  # an id of another tenant was never issued here
        else:
            assert answer.status_code == 204
            members = self.teams[tenant][identifier]["members"]
            living = member in self.people[tenant]
            if op == "replace":
                members.clear()
            if op == "remove":
                members.discard(member)
            elif living:
                members.add(member)

    @rule(user=consumes(users))
    def delete_user(self, user: Resource) -> None:
        tenant, identifier = user
        answer = self.apis[tenant].delete(f"/Users/{identifier}")
        expected = 204 if identifier in self.people[tenant] else 404
        assert answer.status_code == expected
        self.people[tenant].pop(identifier, None)
        for team in self.teams[tenant].values():
            team["members"].discard(identifier)

    @rule(group=consumes(groups))
    def delete_group(self, group: Resource) -> None:
        tenant, identifier = group
        assert self.apis[tenant].delete(f"/Groups/{identifier}").status_code == 204
        del self.teams[tenant][identifier]

    @rule(user=users)
    def the_other_tenant_does_not_see_it(self, user: Resource) -> None:
        tenant, identifier = user
        other = self.apis[1 - tenant]
        assert other.get(f"/Users/{identifier}").status_code == 404
        found = other.get("/Users", params={"filter": f'id eq "{identifier}"'}).json()
        assert found["totalResults"] == 0

    @rule(tenant=st.integers(0, 1), name=names)
    def find_by_name(self, tenant: int, name: str) -> None:
        page = self.apis[tenant].get("/Users", params={"filter": f'userName eq "{name}"'}).json()
        expected = {
            identifier
            for identifier, each in self.people[tenant].items()
            if each["userName"].lower() == name.lower()
        }
        assert {each["id"] for each in page["Resources"]} == expected

    def expect(
        self,
        answer: httpx.Response,
        model: dict[str, dict[str, Any]],
        identifier: str,
        key: str,
        name: str,
    ) -> bool:
        """Check an answer to a write that renames; tell whether it was to be applied."""
        if identifier not in model:
            assert answer.status_code == 404
            return False
        others = {each[key].lower() for other, each in model.items() if other != identifier}
        expected = 409 if name.lower() in others else 200
        assert answer.status_code == expected
        return answer.status_code == 200

    def agrees(self, tenant: int, api: httpx.Client) -> None:
        """Compare all that a tenant holds with the model."""
        page = api.get("/Users", params={"attributes": "userName,title,groups"}).json()
        assert page["totalResults"] == len(self.people[tenant])
        for each in page["Resources"]:
            known = self.people[tenant][each["id"]]
            assert (each["userName"], each.get("title")) == (known["userName"], known["title"])
            assert {of["value"] for of in each.get("groups", [])} == {
                team for team, of in self.teams[tenant].items() if each["id"] in of["members"]
            }
        listed = api.get("/Groups").json()
        assert {
            each["id"]: (each["displayName"], {of["value"] for of in each.get("members", [])})
            for each in listed["Resources"]
        } == {
            identifier: (each["displayName"], each["members"])
            for identifier, each in self.teams[tenant].items()
        }


def test_what_was_acknowledged_is_what_is_read(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tenants, "server", server, raising=False)
    shape = settings(examples(25, 300), stateful_step_count=30 if not LONG else 50)
    run_state_machine_as_test(Tenants, settings=shape)
