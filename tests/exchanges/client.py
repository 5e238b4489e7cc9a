"""A client of one tenant, and how an exchange is played with it, over whichever way requests go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from tests.exchanges import answer, exchange
from tests.exchanges.exchange import Exchange, Names, Step

if TYPE_CHECKING:
    from tests.conftest import Tenant

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Client:
    """An identity provider of one tenant, which remembers the answers that have a name."""

    def __init__(self, http: httpx.Client, tenant: Tenant, names: Mapping[str, str]) -> None:
        self.http = http
        self.tenant = tenant
        self.names: Names = {
            "url": tenant.url,
            "token": tenant.token,
            "guid": str(uuid4()),
            **names,
        }

    def send(self, step: Step) -> httpx.Response:
        """Send the request of a step, as Entra would where the step does not say otherwise."""
        url = self.tenant.url + exchange.filled(step.path, self.names)
        if step.raw_query is not None:
            url += "?" + exchange.filled(step.raw_query, self.names)
        content = step.raw
        if step.body is not None:
            content = json.dumps(exchange.filled(step.body, self.names))
        request = self.http.build_request(
            step.method,
            url,
            params=exchange.filled(step.query, self.names) or None,
            content=content,
            headers={"Authorization": f"Bearer {self.tenant.token}"},
        )
        if content is not None:
            request.headers["Content-Type"] = "application/scim+json; charset=utf-8"
        for name, value in step.headers.items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = exchange.filled(value, self.names)
        return self.http.send(request)

    def play(self, step: Step) -> httpx.Response:
        """Send the request of a step and fail where the answer is not what the step expects."""
        response = self.send(step)
        sent = f"{step.method} {exchange.filled(step.path, self.names)} {dict(step.query)}"
        got = f"{sent}\n  answered {response.status_code} {response.text}"
        assert response.status_code == step.status, f"{got}\n  instead of {step.status}"
        if step.name and response.content:
            self.names[step.name] = response.json()
        faults = [*answer.faults(response, self.tenant.url, projected=step.projects)]
        faults += self._disappointments(step, response)
        assert not faults, "\n  - ".join([got, *faults])
        return response

    def _disappointments(self, step: Step, response: httpx.Response) -> Iterator[str]:
        body = response.json() if response.content else None
        if step.response is not None:
            yield from exchange.differences(exchange.filled(step.response, self.names), body)
        yield from exchange.presences(exchange.filled(step.absent, self.names), body)
        for word in exchange.filled(step.detail, self.names):
            if word.casefold() not in str((body or {}).get("detail")).casefold():
                yield f"detail does not say {word!r}"
        for name, value in exchange.filled(step.response_headers, self.names).items():
            if response.headers.get(name) != value:
                yield f"header {name} is {response.headers.get(name)!r}, not {value!r}"

    def everything(self) -> list[Any]:
        """Return all users and groups of the tenant."""
        lists = (Step("GET", path, 200, query={"count": "100"}) for path in ("/Users", "/Groups"))
        return [resource for step in lists for resource in self.play(step).json()["Resources"]]

    def create_users(self, count: int) -> list[str]:
        """Create so many users and return their ids."""
        return [
            self.play(
                Step("POST", "/Users", 201, body=user(f"user{number}@contoso.example"))
            ).json()["id"]
            for number in range(count)
        ]

    def create_group(self) -> str:
        """Create a group without members and return its path."""
        body = {"schemas": [answer.GROUP], "displayName": "Everybody"}
        return f"/Groups/{self.play(Step('POST', '/Groups', 201, body=body)).json()['id']}"

    def members(self, group: str) -> set[str]:
        """Return the ids of the members of the group at a path."""
        body = self.play(Step("GET", group, 200)).json()
        return {member["value"] for member in body.get("members", [])}


def replay(case: Exchange, client: Client) -> None:
    """Play an exchange; a refused write changes nothing, another answers what a read shows."""
    for step in case.given:
        client.play(step)
    for step in (case.step, *case.then):
        if step.writes and step.status >= 400:
            expect_no_change(client, step)
        elif step.answers_a_resource and not step.projects:
            expect_what_a_read_shows(client, step)
        else:
            client.play(step)


def expect_no_change(client: Client, refused: Step) -> None:
    before = client.everything()
    client.play(refused)
    assert client.everything() == before, "the refused request changed something"


def expect_what_a_read_shows(client: Client, write: Step) -> None:
    answered = client.play(write).json()
    path = answered["meta"]["location"].removeprefix(client.tenant.url)
    shown = client.play(Step("GET", path, 200)).json()
    assert exchange.differences(shown, answered) == [], "the answer lacks what a GET shows"
    assert exchange.differences(answered, shown) == [], "a GET lacks what the answer shows"


def user(user_name: str) -> dict[str, Any]:
    return {"schemas": [answer.USER], "userName": user_name}


def membership(op: str, ids: Iterable[str]) -> dict[str, Any]:
    operation = {"op": op, "path": "members", "value": [{"value": identity} for identity in ids]}
    return {"schemas": [PATCH], "Operations": [operation]}
