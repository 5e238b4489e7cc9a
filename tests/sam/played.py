"""Events and exchanges played through the functions, each once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import Any

import httpx

from events.case import cases
from events.endpoint import Snapshot
from events.runtime import Function
from rollcall.model.tenant_url import tenant_url, token_url
from rollcall.runtime.services import Services
from rollcall.tenants.tenants import READ_ONLY
from tests.conftest import Tenant
from tests.exchanges.answer import GROUP
from tests.exchanges.client import Client, membership, replay
from tests.exchanges.exchange import Exchange, Step
from tests.sam.through import BASE, ThroughGateway

_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_MANY = 40


def events(services: Services, functions: Mapping[str, Function]) -> dict[str, list[str]]:
    """Play every event on what was seeded and nothing else; returns the faults of the answers."""
    snapshot = Snapshot(services)
    faults = {}
    for case in cases():
        answer = functions[case.function].invoke(case.event)
        faults[case.name] = [*case.faults(answer), *_followed(answer)]
        snapshot.restore()
    return faults


class Exchanges:
    """What became of exchanges: no faults, or what they are; each is played once."""

    def __init__(self, services: Services, through: ThroughGateway) -> None:
        self._services = services
        self._through = through
        self._numbers = count(1)
        self._played: dict[str, list[str]] = {}

    def faults(self, case: Exchange) -> list[str]:
        """Return what is wrong with an exchange, up to the first answer that is not expected."""
        if case.label not in self._played:
            self._played[case.label] = self._play(case)
        return self._played[case.label]

    def asked(self, target: str) -> tuple[int, list[str]]:
        """Return the status of a GET below a tenant's URL, and how HTTP answers otherwise."""
        tenant = self._tenant()
        self._through.differences = []
        with httpx.Client(transport=self._through) as http:
            headers = {"Authorization": f"Bearer {tenant.token}"}
            response = http.get(f"{tenant.url}{target}", headers=headers)
        return response.status_code, self._through.differences

    @cache  # noqa: B019  # as old as the session
    def large_changes(self) -> None:
        """Change more memberships than a transaction takes, by PATCH, PUT, DELETE and in bulk."""
        with httpx.Client(transport=self._through) as http:
            client = Client(http, self._tenant(), {})
            ids = client.create_users(_MANY)
            group = client.create_group()
            client.play(Step("PATCH", group, 204, body=membership("Add", ids)))
            client.play(Step("PATCH", group, 204, body=membership("Remove", ids[1:])))
            operation = {"method": "PATCH", "path": group, "data": membership("Add", ids)}
            bulk = {"schemas": [_BULK], "Operations": [operation]}
            client.play(Step("POST", "/Bulk", 200, body=bulk))
            client.play(Step("DELETE", group, 204))
            for number in range(_MANY):
                body = {"displayName": f"Group {number}", "members": [{"value": ids[0]}]}
                client.play(Step("POST", "/Groups", 201, body={"schemas": [GROUP], **body}))
            client.play(Step("DELETE", f"/Users/{ids[0]}", 204))

    @cache  # noqa: B019  # as old as the session
    def access_tokens(self) -> None:
        """Sign in with a client's secret, and ask each function with the access token."""
        tenant = self._tenant()
        made = self._services.oauth_clients(tenant.name).create("played")
        form = {"grant_type": "client_credentials", "client_id": made.client.id}
        self._through.differences = []
        with httpx.Client(transport=self._through) as http:
            endpoint = token_url(BASE, tenant.name)
            granted = http.post(endpoint, data={**form, "client_secret": made.plain})
            assert granted.status_code == 200, granted.text
            headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
            for path in ("/Users", "/Groups", "", "/ServiceProviderConfig"):
                assert http.get(f"{tenant.url}{path}", headers=headers).status_code == 200, path
            asking = self._services.oauth_clients(tenant.name).create("asks", scope=READ_ONLY)
            form = {**form, "client_id": asking.client.id}
            granted = http.post(endpoint, data={**form, "client_secret": asking.plain})
            headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
            url = tenant.url.replace("/v2", "/access")
            asked = http.post(url, json={"userName": "nobody"}, headers=headers)
            assert (asked.status_code, asked.json()["reason"]) == (200, "unknown")
            refused = http.post(endpoint, data={**form, "client_secret": tenant.token})
            assert refused.status_code == 401
            assert http.get(endpoint).status_code == 405
        assert self._through.differences == []

    def _play(self, case: Exchange) -> list[str]:
        others = {"foreign": self._tenant().token} if "{foreign}" in str(case.step.headers) else {}
        self._through.differences = []
        with httpx.Client(transport=self._through) as http:
            try:
                replay(case, Client(http, self._tenant(), others))
            except AssertionError as error:
                return [str(error), *self._through.differences]
        return self._through.differences

    def _tenant(self) -> Tenant:
        name = f"t{next(self._numbers)}"
        return Tenant(name, tenant_url(BASE, name), self._services.tenants.create(name))


def _followed(answer: Any) -> list[str]:
    """Ask a URL that a function has signed, which works with what the function may."""
    if not isinstance(answer, dict) or answer.get("statusCode") != 302:
        return []
    found = httpx.get(answer["headers"]["location"], trust_env=False)
    return [] if found.is_success else [f"its location answers {found.status_code}"]
