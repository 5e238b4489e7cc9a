"""What docs/protocol.md says is refused is refused over HTTP, each row in all its parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rollcall.directory import matching
from rollcall.scim import cursor
from tests.http.api import Api

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SECTION = PROTOCOL.partition("\n## Refused requests\n")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| (.+?) \| ((?!---|answer).+) \|$", SECTION, re.MULTILINE))

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
DISCOVERY = ("/Schemas", "/ResourceTypes", "/ServiceProviderConfig")


class Refusal(NamedTuple):
    """The beginning of a row's answer: its status, and its scimType where it has one."""

    status: int
    scim_type: str | None = None


Probe = Callable[[Api], Iterator[tuple[Any, Refusal]]]


def me(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        yield api.send(method, "/Me"), Refusal(501)


def filtered_discovery(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for path in DISCOVERY:
        yield api.send("GET", path, params={"filter": 'id eq "User"'}), Refusal(403)
        assert api.send("GET", path, params={"count": "1", "sortBy": "x"}).status_code == 200


def methods(api: Api) -> Iterator[tuple[Any, Refusal]]:
    allowed = {"/Users": "GET, POST", "/Bulk": "POST", **dict.fromkeys(DISCOVERY, "GET")}
    for path, allow in allowed.items():
        answer = api.send("PATCH", path, json={})
        assert answer.headers["allow"] == allow
        yield answer, Refusal(405)


def password(api: Api) -> Iterator[tuple[Any, Refusal]]:
    made = api.user(password="t1meMa$heen")
    assert "password" not in made
    yield find(api, 'password eq "t1meMa$heen"'), Refusal(400, "invalidFilter")


def filters(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for text in ('shoeSize eq "4"', "active gt true", "userName gt 5", 'name eq "Ann"', "title"):
        yield find(api, text), Refusal(400, "invalidFilter")
    yield (
        api.send("GET", "/Groups", params={"filter": "userName pr"}),
        Refusal(400, "invalidFilter"),
    )


def too_many(api: Api) -> Iterator[tuple[Any, Refusal]]:
    with replaced(matching, "MAX_COMPARISONS", 0), replaced(matching, "_MIN_WALK", 2):
        for name in ("ann", "bob", "cid"):
            assert find(api, "title pr").status_code == 200
            api.send("POST", "/Users", json={"userName": name})
        yield find(api, "title pr"), Refusal(400, "tooMany")
        sorted_by = api.send("GET", "/Users?sortBy=title", params={"filter": "title pr"})
        yield sorted_by, Refusal(400, "tooMany")


def cursors(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for name in ("ann", "bob"):
        api.send("POST", "/Users", json={"userName": name})
    kept = api.send("GET", "/Users?cursor&count=1").json()["nextCursor"]
    foreign = api.send("GET", "/Users", params={"cursor": kept, "count": 1, "filter": "id pr"})
    yield foreign, Refusal(400, "invalidCursor")
    yield api.send("GET", f"/Users?cursor={kept}&count=2"), Refusal(400, "invalidCount")
    yield api.send("GET", "/Users?cursor&count=201"), Refusal(400, "invalidCount")
    with replaced(cursor, "TIMEOUT", -1):
        yield api.send("GET", f"/Users?cursor={kept}&count=1"), Refusal(400, "expiredCursor")


def sizes(api: Api) -> Iterator[tuple[Any, Refusal]]:
    bulk = [{"method": "DELETE", "path": "/Users/x"}] * 1_001
    yield api.send("POST", "/Bulk", json={"schemas": [BULK], "Operations": bulk}), Refusal(413)
    user = f"/Users/{api.user()['id']}"
    changes = [
        {"op": "add", "path": f"emails[value eq {n}].type", "value": "w"} for n in range(501)
    ]
    yield api.send("PATCH", user, json={"schemas": [PATCH], "Operations": changes}), Refusal(413)
    for path, limit in (("/Users", 1), ("/Groups", 5), ("/Bulk", 1)):
        body = b" " * (limit * 1024 * 1024) + b"{}"
        headers = {"Content-Type": "application/scim+json"}
        yield api.send("POST", path, content=body, headers=headers), Refusal(413)


def repeated_looks(api: Api) -> Iterator[tuple[Any, Refusal]]:
    many = [{"value": f"{n}", "type": f"t{n}"} for n in range(200)]
    created = api.send("POST", "/Users", json={"userName": "ann", "phoneNumbers": many})
    changes = [
        {"op": "replace", "path": f'phoneNumbers[type eq "t{n}"].display', "value": "x"}
        for n in range(400)
    ]
    body = {"schemas": [PATCH], "Operations": changes}
    yield api.send("PATCH", f"/Users/{created.json()['id']}", json=body), Refusal(413)


def shapes(api: Api) -> Iterator[tuple[Any, Refusal]]:
    names = ", ".join(f'"a{n}": 1' for n in range(1_001))
    for text in ("[" * 65 + "]" * 65, f"{{{names}}}", '{"userName": "ann", "userName": "bob"}'):
        headers = {"Content-Type": "application/scim+json"}
        answer = api.send("POST", "/Users", content=text.encode(), headers=headers)
        yield answer, Refusal(400, "invalidSyntax")


def lengths(api: Api) -> Iterator[tuple[Any, Refusal]]:
    yield find(api, f'title eq "{"a" * 8_192}"'), Refusal(400, "invalidFilter")
    change = {"op": "remove", "path": f'emails[type eq "{"a" * 1_024}"]'}
    body = {"schemas": [PATCH], "Operations": [change]}
    user = f"/Users/{api.user()['id']}"
    yield api.send("PATCH", user, json=body), Refusal(400, "invalidPath")


def names_asked_for(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for name in ("attributes", "excludedAttributes"):
        many = ",".join(f"a{n}" for n in range(501))
        yield api.send("GET", "/Users", params={name: many}), Refusal(400, "invalidValue")


def values(api: Api) -> Iterator[tuple[Any, Refusal]]:
    for name, bound in (("phoneNumbers", 200), ("emails", 20)):
        many = [{"value": f"{each}@x.test"} for each in range(bound + 1)]
        body = {"userName": f"{name}@x.test", name: many}
        yield api.send("POST", "/Users", json=body), Refusal(400, "invalidValue")
        assert api.send("POST", "/Users", json={**body, name: many[1:]}).status_code == 201


PROBES: dict[str, Probe] = dict(
    zip(
        ROWS,
        (
            *(me, filtered_discovery, methods, password, filters, too_many, cursors, sizes),
            *(repeated_looks, shapes, lengths, names_asked_for, values),
        ),
        strict=True,
    )
)
"""By the rows, in their order."""


@pytest.mark.parametrize("row", PROBES)
def test_a_row_is_answered_as_it_says(row: str, api: Api) -> None:
    answers = list(PROBES[row](api))

    assert answers
    for answer, (status, scim_type) in answers:
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/scim+json"
        assert answer.json()["status"] == str(status)
        assert answer.json().get("scimType") == scim_type
        assert answer.json()["detail"]
        assert str(status) in ROWS[row]
        assert f"`{scim_type}`" in ROWS[row] or scim_type is None


def find(api: Api, text: str) -> Any:
    return api.send("GET", "/Users", params={"filter": text})


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield
