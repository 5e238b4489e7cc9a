"""Hostile requests, one after another by a seed: long texts, many keys, odd shapes and types."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from urllib.parse import quote

from tests.cost.lists import lists
from tests.cost.requests import SHAPES, Sent
from tests.cost.texts import texts

KEYS = (
    "userName", "displayName", "externalId", "active", "name", "emails", "roles", "members",
    "value", "type", "primary", "display", "$ref", "schemas", "id", "meta", "manager", "title",
    "Operations", "op", "path", "method", "bulkId", "data", "version", "failOnErrors", "filter",
    "attributes", "excludedAttributes", "count", "startIndex", "cursor", "sortBy", "sortOrder",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "employeeNumber", "password",
    "givenName", "familyName", "addresses", "x509Certificates", "photos", "groups", "code",
)  # fmt: skip
PATHS = (
    "title", "active", "userName", "displayName", "emails", "emails.value", "roles", "members",
    'emails[type eq "work"].value', 'members[value eq "{user}"]', "name.familyName", "manager",
    'roles[value eq "r1"].display', "addresses[not (type pr)]", "urn:a:b:c", "id", "schemas", "",
    'emails[type eq "work" and (value co "a" or value sw "b")]', "nickName", "members.value",
)  # fmt: skip
FILTERS = (
    'userName eq "taken"', "id pr", 'emails[type eq "work"].value eq "a"', "title co {}",
    "not (id pr)",
    'meta.created gt "2026-01-01T00:00:00Z"', 'members eq "{user}"', "active eq true", "x eq {}",
    'groups.value eq "{group}"', 'userName sw "t" and roles[value eq "r1"]', "emails pr",
    "manager eq {}",
)  # fmt: skip
PLACES = (
    "/Users", "/Users/{user}", "/Users/.search", "/Groups", "/Groups/{group}", "/Groups/.search",
    "/.search", "/Bulk", "/Schemas", "/ResourceTypes/User", "/ServiceProviderConfig", "/nowhere",
    "", "/Users/{user}/x", "/Me", "/Users/{group}", "/Groups/{user}", "//Users//{user}/",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "TRACE", "X")
BODIES = ("POST", "PUT", "PATCH")


class Hostile:
    """Requests that nobody sends who means well."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._texts = list(texts())
        self._lists = list(lists())

    def request(self) -> Sent:
        """Return the next request."""
        kinds = {
            self._carried: 3, self._listed: 1, self._write: 8, self._patch: 8, self._bulk: 4,
            self._search: 5, self._query: 6, self._raw: 4, self._anything: 4,
        }  # fmt: skip
        (make,) = self.random.choices(list(kinds), list(kinds.values()))
        return make()

    def _carried(self) -> Sent:
        _, size, sent = self.random.choice(self._texts)
        return sent.with_text(self.text(size))

    def _listed(self) -> Sent:
        _, number, make = self.random.choice(self._lists)
        return make(self.size(min(number, 60_000)))

    def _write(self) -> Sent:
        method, path = self.random.choice(
            [("POST", "/Users"), ("PUT", "/Users/{user}"), ("POST", "/Groups"),
             ("PUT", "/Groups/{group}")]
        )  # fmt: skip
        body: dict[str, Any] = {
            "userName": "taken", "displayName": "taken", "name": {"familyName": "Lee"},
            "emails": [{"value": "a@b.c", "type": "work", "primary": True}],
            "members": [{"value": "{user}"}], "active": False,
        }  # fmt: skip
        for _ in range(self.random.randint(1, 4)):
            self._spoil(body)
        return self._with_body(method, path, body)

    def _patch(self) -> Sent:
        path = self.random.choice(["/Users/{user}", "/Groups/{group}", "/Users/none"])
        many = [self._operation() for _ in range(self.size(3))] * self.size(40)
        return self._with_body("PATCH", path, {self._key("Operations"): many})

    def _operation(self) -> Any:
        operation = {
            self._key("op"): self._mostly(self.random.choice(["add", "Replace", "remove"])),
            self._key("path"): self._mostly(self.random.choice(PATHS)),
            self._key("value"): self.value(4),
        }
        if self.random.random() < 0.2:
            operation.pop(self.random.choice(list(operation)))
        return self._mostly(operation)

    def _bulk(self) -> Sent:
        operations = []
        for number in range(self.size(12)):
            data = self._mostly({"Operations": [self._operation()]}, 0.6)
            operations.append(self._mostly({
                "method": self._mostly(self.random.choice([*BODIES, "DELETE"])),
                "path": self._mostly(self.random.choice(
                    ["/Users", "/Groups", "/Users/bulkId:1", "/Users/none", "/Groups/bulkId:0"]
                )),
                "bulkId": self._mostly(str(number % 7)),
                "data": {"userName": f"bulkId:{self.random.randint(0, 9)}", **data}
                if isinstance(data, dict) else data,
            }))  # fmt: skip
        body: dict[str, Any] = {"Operations": operations * self.size(10)}
        if self.random.random() < 0.2:
            body["failOnErrors"] = self.value(1)
        return self._with_body("POST", "/Bulk", body)

    def _search(self) -> Sent:
        path = self.random.choice(["/.search", "/Users/.search", "/Groups/.search"])
        body = {
            self._key(each): self._mostly(self._asked(each), 0.7)
            for each in self.random.sample(KEYS[26:34], self.random.randint(1, 4))
        }
        return self._with_body("POST", path, body)

    def _query(self) -> Sent:
        asked = [
            (quote(each), quote(str(self._asked(each))[:4_000], errors="replace"))
            for each in self.random.choices(
                [*KEYS[26:34], "x", "format"], k=self.random.randint(1, 4)
            )
        ]
        path = self.random.choice(PLACES)
        return Sent(
            self.random.choice(["GET", "HEAD", "PATCH", "DELETE"]),
            f"{path}?{'&'.join('='.join(each) for each in asked)}",
        )

    def _raw(self) -> Sent:
        text = json.dumps(self.value(5)).encode()
        at = self.random.randrange(len(text) + 1)
        odd = [
            b"\xff\xfe", b"\x00", b"NaN", b"1e999", b'{"a":1,"a":2}', b"[" * self.size(300_000),
            b'{"a":' * self.size(100_000), b'"' + b'\\"' * self.size(200_000), b'"\\ud800"',
            b"\xef\xbb\xbf", b"-" * self.size(1000), b"1" * self.size(300_000), b"\\u0000",
        ]  # fmt: skip
        content = text[:at] + self.random.choice(odd) + text[at:]
        path = self.random.choice(["/Users", "/Bulk", "/.search", "/Groups", "/status", "/token"])
        base = "/handover" if path in ("/status", "/token") else "/scim/acme/v2"
        return Sent("POST", path, content, base=base)

    def _anything(self) -> Sent:
        method, path = self.random.choice(METHODS), self.random.choice(PLACES)
        return self._with_body(method, path, self.value(5))

    def _with_body(self, method: str, path: str, body: Any) -> Sent:
        headers = {}
        if self.random.random() < 0.1:
            name = self.random.choice(
                ["If-Match", "If-None-Match", "Content-Type", "Accept", "Host"]
            )
            text = self.text(2_000).encode("ascii", "replace").decode()
            headers[name] = "".join(each if each.isprintable() else "?" for each in text).strip()
        return Sent(method, path, json.dumps(body).encode()[:1_100_000], headers)

    def _asked(self, name: str) -> Any:
        if name == "filter":
            found = self.random.choice(FILTERS).replace("{}", json.dumps(self.text(200)))
            joined = self.random.choice([" and ", " or "]).join([found] * self.size(20))
            return self.random.choice([joined, f"not ({joined})", self.text(9_000), joined[:-1]])
        if name in ("count", "startIndex"):
            return self.random.choice([0, -1, 1, 10**30, "x", 3.5, True, self.text(50)])
        return self.random.choice(
            [self.text(60_000), "userName", "meta.created", "descending", "id"]
        )

    def _spoil(self, body: dict[str, Any]) -> None:
        key = self._key(self.random.choice(KEYS[:20]))
        body[key] = self.value(self.random.randint(1, 5))

    def _key(self, name: str) -> str:
        chance = self.random.random()
        if chance < 0.03:
            return self.text(2_000)
        return name.swapcase() if chance < 0.1 else name

    def _mostly(self, value: Any, chance: float = 0.9) -> Any:
        return value if self.random.random() < chance else self.value(3)

    def value(self, depth: int) -> Any:
        """Return any JSON."""
        kind = self.random.random()
        if depth and kind < 0.25:
            return {
                self._key(self.random.choice(KEYS)): self.value(depth - 1)
                for _ in range(self.size(30))
            }
        if depth and kind < 0.4:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))] * self.size(60)
        if kind < 0.7:
            return self.text(20_000)
        return self.random.choice(
            [None, True, False, "", 0, -1, 10**20, 1.5, [], {}, "True", "{user}", "{group}",
             "bulkId:1",
             "a@b.c", '{"value": "x"}', "[" * 100, "\ud800", "x" * 40, "\u0f73" * 400]
        )  # fmt: skip

    def text(self, most: int) -> str:
        """Return a text of up to so many bytes, most of them short."""
        size = self.size(most)
        parts = self.random.choices(SHAPES, k=self.random.randint(1, 3))
        whole = "".join(parts)
        return whole * max(1, size // max(1, len(whole.encode())))

    def size(self, most: int) -> int:
        """Return a number up to another, as many of each length."""
        return int(most ** self.random.random()) if most > 1 else most
