"""A tenant that hostile requests are sent to, and what there is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from rollcall.dev import local_server
from rollcall.runtime.services import Services
from tests.cost.requests import Sent
from tests.http.api import Api

_BESIDE = ("#LOG#", "#BOOKMARK#", "#TOKENS", "#USAGE")
"""What reading and refusing leave: the log, where pages end, when a token was used, what came."""


class World:
    """A tenant with a user of 200 roles and a group, in a table that is emptied time and again.

    The table in memory is copied with each transaction: what requests leave adds up.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.api = Api(services)
        self.renew()

    def renew(self) -> None:
        """Begin with a table of its own."""
        self._services.clients.dynamodb.delete_table(TableName=self._services.table.name)
        local_server.create_table(self._services)
        roles = [{"value": f"r{each}"} for each in range(200)]
        self.user = self.api.user(userName="taken", roles=roles)["id"]
        body = {"displayName": "taken", "members": [{"value": self.user}]}
        self.group = self.api.send("POST", "/Groups", json=body).json()["id"]

    def prepared(self, sent: Sent) -> dict[str, Any]:
        """Return what the client takes to send a request."""

        def named(text: str) -> str:
            return text.replace("{user}", self.user).replace("{group}", self.group)

        return {
            "method": sent.method,
            "path": named(sent.path),
            "base": sent.base,
            "content": named(sent.content.decode("latin-1")).encode("latin-1"),
            "headers": {"Content-Type": "application/scim+json", **sent.headers},
        }

    def send(self, prepared: dict[str, Any]) -> httpx.Response:
        """Send a request."""
        return self.api.send(**prepared)

    def stored(self) -> list[Any]:
        """Return all that is stored, but what every request leaves."""
        return sorted(json.dumps(item, sort_keys=True) for item in self._items())

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._services.clients.dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self._services.table.name):
            for item in page["Items"]:
                if not any(each in item["pk"]["S"] for each in _BESIDE):
                    yield item
