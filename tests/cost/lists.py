"""Every list that a request can carry, and how many it may hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.cost.requests import Sent

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"

Case = tuple[str, int, Callable[[int], Sent]]
"""What there is many of, how many, and the request that carries so many."""


def lists() -> Iterator[Case]:
    """Yield where a request carries many of something."""
    yield from _names()
    yield from _keys()
    yield from _values()
    yield from _json()
    yield from _operations()
    yield from _paths()
    yield from _members()
    yield from _bulk()
    yield from _filters()


def _user(**attributes: Any) -> Sent:
    return Sent("POST", "/Users", {"userName": "taken", **attributes})


def _patch(operations: list[Any], path: str = "/Users/{user}") -> Sent:
    return Sent("PATCH", path, {"Operations": operations})


def _names() -> Iterator[Case]:
    def search(**asked: Any) -> Sent:
        return Sent("POST", "/Users/.search", asked)

    yield "names of attributes", 60_000, lambda n: search(attributes=[f"a{e}" for e in range(n)])
    yield "names with a URN", 500, lambda n: search(attributes=[f"{CORE}:a{e}" for e in range(n)])
    yield "one name, again", 60_000, lambda n: search(excludedAttributes=["emails.value"] * n)
    yield (
        "parameters",
        6_000,
        lambda n: Sent("GET", "/Users?" + "&".join(f"a{each}={each}" for each in range(n))),
    )
    yield "one parameter, again", 4_000, lambda n: Sent("GET", "/Users?" + "&filter=x" * n)


def _keys() -> Iterator[Case]:
    yield "keys", 1_000, lambda n: _user(**{f"a{each}": each for each in range(n)})
    yield "too many keys", 60_000, lambda n: _user(**{f"a{each}": each for each in range(n)})
    yield (
        "one key, again",
        60_000,
        lambda n: Sent("POST", "/Users", b"{" + b'"userName": "taken",' * n + b'"x": 1}'),
    )
    yield (
        "keys in 200 roles",
        240,
        lambda n: _user(
            roles=[
                {"value": f"r{role}", **{f"a{each}": 1 for each in range(n)}} for role in range(200)
            ]
        ),
    )
    yield (
        "spellings of a key",
        1_000,
        lambda n: _user(
            addresses=[{_spelled("streetAddress", each): "x" for each in range(n)}] * 20
        ),
    )


def _values() -> Iterator[Case]:
    for name in ("emails", "roles", "schemas", "unknown"):
        for element in ("x", {"value": "x"}, {}, None):
            yield f"{name}, each {element}", 60_000, _alike(name, element)
    for name in ("roles", "entitlements", "ims", "phoneNumbers"):
        yield f"different {name}", 200, _different(name)
    yield "primary roles", 200, lambda n: _user(roles=[{"value": "x", "primary": True}] * n)
    yield "e-mails", 20, lambda n: _user(emails=[{"value": f"a{each}@b.c"} for each in range(n)])


def _alike(name: str, element: Any) -> Callable[[int], Sent]:
    return lambda n: _user(**{name: [element] * n})


def _different(name: str) -> Callable[[int], Sent]:
    return lambda n: _user(**{name: [{"value": f"v{e}", "type": f"t{e}"} for e in range(n)]})


def _json() -> Iterator[Case]:
    def post(content: bytes) -> Sent:
        return Sent("POST", "/Users", content)

    yield "arrays in arrays", 900_000, lambda n: post(b"[" * n)
    yield "objects in objects", 180_000, lambda n: post(b'{"a":' * n)
    yield "arrays side by side", 300_000, lambda n: post(b"[" + b"[]," * n + b"1]")
    yield "arrays that are read", 190_000, lambda n: post(b"[" + b"[]," * n + b"1]")
    yield "numbers", 450_000, lambda n: post(b"[" + b"1," * n + b"1]")
    yield "digits", 900_000, lambda n: post(b'{"userName": ' + b"1" * n + b"}")
    yield "digits behind a point", 900_000, lambda n: post(b'{"x": 1.' + b"1" * n + b"}")


def _operations() -> Iterator[Case]:
    yield "no operations", 190_000, lambda n: _patch([{}] * n)
    for path in ("title", "unknown", 'emails[type eq "{}"].value', "roles", 'unknown[a eq "{}"]',
                 'roles[value eq "r{}"].display', "urn:x:y:z:a{}", "roles.display"):  # fmt: skip
        for most in (60, 500, 9_000):
            yield f"operations on {path}, up to {most}", most, _changes(path)
    yield (
        "values to remove",
        200,
        lambda n: _patch(
            [
                {
                    "op": "remove",
                    "path": "roles",
                    "value": [{"value": f"r{each}"} for each in range(n)],
                }
            ]
        ),
    )

    for path in ("emails.type", "roles.type", "roles.value", "name", "manager", "title", "roles",
                 'emails[type eq "work"]', "x509Certificates.value", ENTERPRISE):  # fmt: skip
        for op in ("add", "remove"):
            for element in ("x{}", {"value": "x{}"}, '{{"value": "x{}"}}'):
                yield f"values to {op} at {path}, as {element}", 30_000, _to(op, path, element)


def _changes(path: str) -> Callable[[int], Sent]:
    return lambda n: _patch(
        [{"op": "add", "path": path.format(each), "value": f"x{each}"} for each in range(n)]
    )


def _to(op: str, path: str, element: Any) -> Callable[[int], Sent]:
    def of(number: int) -> Any:
        if isinstance(element, str):
            return element.format(number)
        return {key: each.format(number) for key, each in element.items()}

    return lambda n: _patch([{"op": op, "path": path, "value": [of(each) for each in range(n)]}])


def _paths() -> Iterator[Case]:
    for path in (None, "name", "manager", ENTERPRISE, "roles", 'roles[value eq "r1"]'):
        yield f"keys that are paths, at {path}", 900, _keyed(path, as_text=False)
        yield f"keys that are paths, at {path}, as text", 900, _keyed(path, as_text=True)
    yield (
        "keys that select",
        200,
        lambda n: _patch(
            [{"op": "add", "value": {f'roles[value eq "s{e}"].display': "x" for e in range(n)}}]
        ),
    )
    yield (
        "comparisons in a path",
        60,
        lambda n: _patch(
            [{"op": "add", "path": f"roles[{' or '.join(['value pr'] * n)}].display", "value": "x"}]
        ),
    )
    yield (
        "brackets in a path",
        400,
        lambda n: _patch(
            [{"op": "add", "path": f"roles[{'(' * n}value pr{')' * n}].display", "value": "x"}]
        ),
    )


def _keyed(path: str | None, *, as_text: bool) -> Callable[[int], Sent]:
    """Return a PATCH whose value has keys that take long to parse."""

    def make(n: int) -> Sent:
        keys = [f'x[{"(" * 240}a eq "{each}"{")" * 240}]' for each in range(n)]
        value = dict.fromkeys(keys, "x")
        return _patch(
            [{"op": "add", "path": path, "value": json.dumps(value) if as_text else value}]
        )

    return make


def _members() -> Iterator[Case]:
    group = "/Groups/{group}"
    yield (
        "members",
        4_000,
        lambda n: Sent(
            "PUT", group, {"displayName": "taken", "members": [f"m{each}" for each in range(n)]}
        ),
    )
    yield (
        "operations on members",
        1_000,
        lambda n: _patch(
            [{"op": "remove", "path": f'members[value eq "{each}"]'} for each in range(n)], group
        ),
    )
    yield (
        "selections among members",
        10_000,
        lambda n: _patch([{"op": "remove", "path": 'members[type eq "x"]'}] * n, group),
    )


def _bulk() -> Iterator[Case]:
    def bulk(operations: list[Any]) -> Sent:
        return Sent("POST", "/Bulk", {"Operations": operations})

    post = {"method": "POST", "path": "/Users"}
    yield "operations that are none", 1_000, lambda n: bulk([{"method": "x"}] * n)
    yield (
        "unknown users to delete",
        1_000,
        lambda n: bulk([{"method": "DELETE", "path": f"/Users/u{each}"} for each in range(n)]),
    )
    yield (
        "references",
        40_000,
        lambda n: bulk(
            [{**post, "bulkId": "a", "data": {"x": [f"bulkId:{each}" for each in range(n)]}}]
        ),
    )
    yield (
        "references in a chain",
        1_000,
        lambda n: bulk(
            [{**post, "bulkId": f"{e}", "data": {"x": f"bulkId:{e + 1}"}} for e in range(n)]
        ),
    )
    yield (
        "references in a circle",
        1_000,
        lambda n: bulk(
            [{**post, "bulkId": f"{e}", "data": {"x": f"bulkId:{(e + 1) % n}"}} for e in range(n)]
        ),
    )


def _filters() -> Iterator[Case]:
    def search(term: str) -> Callable[[int], Sent]:
        return lambda n: Sent(
            "POST", "/Users/.search",
            {"filter": "".join(term.replace("{}", str(each)) for each in range(n)) + "id pr"},
        )  # fmt: skip

    for term in ('title co "x" or ', 'roles co "x" or ', 'roles[value eq "x"] or ', "a{} pr or ",
                 'meta.created gt "2030-01-01T00:00:00Z" or ',
                 'photos eq "x" or ', "not (id pr) or ",
                 'not (title pr) and ', 'x509Certificates.value eq "QUJD" or '):  # fmt: skip
        yield f"comparisons in a filter, {term}", 8_000 // len(term), search(term)
    yield (
        "brackets in a filter",
        4_000,
        lambda n: Sent("POST", "/Users/.search", {"filter": "(" * n + "id pr" + ")" * n}),
    )


def _spelled(name: str, number: int) -> str:
    """Return one of the spellings of a name, another for each number."""
    return "".join(
        letter.upper() if number >> place & 1 else letter for place, letter in enumerate(name)
    )
