"""Every string and key that a request can carry, and how long it may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.cost.requests import TEXT, Sent

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

URL = 20_000
"""The bytes of a path, a query or a header, where each is quoted as three: servers take 64 000."""

VALUE = 280_000
"""The bytes of a value that can be kept."""

LONGEST = 900_000
"""The bytes of a value in a body that is still read."""

PATH = 900
"""The bytes of a path of a PATCH that is still read."""

Case = tuple[str, int, Sent]
"""What carries the text, how long it may be, the request."""


def texts() -> Iterator[Case]:
    """Yield where a request carries a text."""
    yield from _urls()
    yield from _headers()
    yield from _users()
    yield from _groups()
    yield from _patches()
    yield from _bulk()
    yield "a body of no JSON", LONGEST, Sent("POST", "/Users", TEXT.encode())
    yield "a body that is a string", LONGEST, Sent("POST", "/Users", TEXT)
    yield "hand-over, code", LONGEST, Sent("POST", "/status", {"code": TEXT}, base="/handover")
    yield "hand-over, key", LONGEST, Sent("POST", "/token", {TEXT: "x"}, base="/handover")


def _urls() -> Iterator[Case]:
    for name in ("filter", "attributes", "excludedAttributes", "startIndex", "count", "cursor",
                 "sortBy", "sortOrder", "unknown"):  # fmt: skip
        yield f"GET /Users?{name}", URL, Sent("GET", f"/Users?{name}={TEXT}")
        yield f"POST /.search {name}", LONGEST, Sent("POST", "/.search", {name: TEXT})
    for path in ("?filter=", "/Groups?filter=", "/Groups?sortBy=", "/Schemas?filter=", "/Users?",
                 "/Users/", "/Groups/", "/Schemas/", "/ResourceTypes/", "/",
                 "/Users//"):  # fmt: skip
        yield f"GET {path}", URL, Sent("GET", f"{path}{TEXT}")
    yield "GET /Users?…=x", URL, Sent("GET", f"/Users?{TEXT}=x")
    yield "DELETE /Users/", URL, Sent("DELETE", f"/Users/{TEXT}")
    yield "tenant", URL, Sent("GET", "/Users", base=f"/scim/{TEXT}/v2")
    yield "report, code", URL, Sent("GET", f"/{TEXT}?format=csv", base="/reports")
    yield "report, form", URL, Sent("GET", f"/{'a' * 32}?format={TEXT}", base="/reports")


def _headers() -> Iterator[Case]:
    for name in ("If-Match", "If-None-Match", "Host", "User-Agent", "Accept", "Cookie", "X"):
        yield f"header {name}", URL, Sent("GET", "/Users/{user}", headers={name: TEXT})
    for value in (TEXT, f"Bearer {TEXT}", f"{TEXT} rollcall_x"):
        yield (
            f"header Authorization: {value}",
            URL,
            Sent("GET", "/Users", headers={"Authorization": value}),
        )
    yield (
        "header If-Match of a PATCH",
        URL,
        Sent("PATCH", "/Users/{user}", _operation(path="title", value="x"), {"If-Match": TEXT}),
    )
    yield "header Content-Type", URL, Sent("POST", "/Users", {}, {"Content-Type": TEXT})


def _users() -> Iterator[Case]:
    for part in (
        {"userName": TEXT}, {"displayName": TEXT}, {"externalId": TEXT}, {"title": TEXT},
        {"displayName": f"{TEXT} {TEXT}"}, {"profileUrl": TEXT}, {"active": TEXT}, {"id": TEXT},
        {"name": {"givenName": TEXT, "familyName": "x"}}, {"name": {"formatted": TEXT}},
        {"name": {"unknown": TEXT}}, {"name": TEXT}, {"emails": [{"value": TEXT}]},
        {"emails": [{"value": "a@b.c", "type": TEXT}]}, {"emails": [{"primary": TEXT}]},
        {"emails": [TEXT]}, {"emails": TEXT}, {"emails": [{TEXT: 1, "value": "a"}]},
        {"photos": [{"value": TEXT}]}, {"roles": [{"value": TEXT}]}, {"roles": TEXT},
        {"x509Certificates": [{"value": TEXT}]}, {"addresses": [{"formatted": TEXT}]},
        {ENTERPRISE: {"employeeNumber": TEXT}}, {ENTERPRISE: {"manager": TEXT}},
        {ENTERPRISE: {TEXT: 1}}, {"manager": {"value": TEXT}}, {"unknown": TEXT}, {TEXT: 1},
        {"schemas": [TEXT]}, {"schemas": TEXT}, {"meta": {"created": TEXT}}, {"password": TEXT},
    ):  # fmt: skip
        for size in (VALUE, LONGEST):
            body: dict[str, Any] = {"userName": "taken", **part}
            yield f"POST /Users {part} of {size}", size, Sent("POST", "/Users", body)
    for part in ({"title": TEXT}, {"displayName": TEXT}, {TEXT: 1}):
        body = {"userName": "taken", **part}
        yield f"PUT /Users {part}", VALUE, Sent("PUT", "/Users/{user}", body)


def _groups() -> Iterator[Case]:
    for part in ({"displayName": TEXT}, {"externalId": TEXT}, {TEXT: 1}, {"members": TEXT},
                 {"members": [{"value": TEXT}]},
                 {"members": [{TEXT: 1, "value": "x"}]}):  # fmt: skip
        for method, path in (("POST", "/Groups"), ("PUT", "/Groups/{group}")):
            body: dict[str, Any] = {"displayName": "taken", **part}
            yield f"{method} /Groups {part}", 5 * LONGEST, Sent(method, path, body)


def _operation(**operation: Any) -> dict[str, Any]:
    return {"Operations": [{"op": "add", **operation}]}


def _patches() -> Iterator[Case]:
    user, group = "/Users/{user}", "/Groups/{group}"
    for path in ("title", "displayName", "emails", 'emails[type eq "work"].value', "roles", "name",
                 "manager", "active", "unknown", "x509Certificates", "externalId",
                 None):  # fmt: skip
        for op in ("add", "remove"):
            body = _operation(op=op, path=path, value=TEXT)
            yield f"PATCH {op} {path}", LONGEST, Sent("PATCH", user, body)
    for body in (
        _operation(op=TEXT, path="title", value="x"), _operation(path=TEXT, value="x"),
        _operation(path=f"emails[{TEXT}].value", value="x"), _operation(value={TEXT: "x"}),
        _operation(path=f'emails[value eq "{TEXT}"].type', value="x"),
        _operation(path=f"emails.{TEXT}", value="x"), _operation(value={"name": {TEXT: "x"}}),
        _operation(path="emails", value=[{TEXT: "x", "value": "a"}]),
        _operation(op="remove", path="emails", value=[{"value": TEXT}]),
        _operation(op="remove", path="emails", value=[{TEXT: "x"}]),
        _operation(path="title", value="x", **{TEXT: 1}), {TEXT: 1, **_operation(value={})},
    ):  # fmt: skip
        for size in (PATH, LONGEST):
            yield f"PATCH {body} of {size}", size, Sent("PATCH", user, body)
    for body in (
        _operation(path="members", value=[{"value": TEXT}]), _operation(path="members", value=TEXT),
        _operation(op="remove", path=f'members[value eq "{TEXT}"]'),
        _operation(op="remove", path=f"members[{TEXT}]"),
        _operation(path="displayName", value=TEXT),
    ):  # fmt: skip
        for size in (PATH, 5 * LONGEST):
            yield f"PATCH {body} of {size}", size, Sent("PATCH", group, body)


def _bulk() -> Iterator[Case]:
    post = {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "taken"}}
    delete = {"method": "DELETE", "path": "/Users/{user}"}
    for operation in (
        {**post, "method": TEXT}, {**post, "path": TEXT}, {**post, "bulkId": TEXT},
        {**post, "data": TEXT}, {**post, "data": {"userName": f"bulkId:{TEXT}"}}, {**post, TEXT: 1},
        {**post, "data": {TEXT: "bulkId:a"}}, {**delete, "path": f"/Users/{TEXT}"},
        {**delete, "version": TEXT}, {**delete, "path": f"/Users/bulkId:{TEXT}"},
    ):  # fmt: skip
        body = {"Operations": [operation]}
        yield f"Bulk {operation}", LONGEST, Sent("POST", "/Bulk", body)
    yield (
        "Bulk failOnErrors",
        LONGEST,
        Sent("POST", "/Bulk", {"Operations": [post], "failOnErrors": TEXT}),
    )
