"""What every answer owes is asked of every answer, and nothing else is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.exchanges.answer import ERROR, LIST, USER, faults

URL = "http://testserver/scim/t/v2"
META = {
    "resourceType": "User",
    "created": "2026-01-01T00:00:00Z",
    "lastModified": "2026-01-01T00:00:00Z",
    "location": f"{URL}/Users/7",
    "version": 'W/"1"',
}
ANA = {"schemas": [USER], "id": "7", "userName": "ana@contoso.example", "meta": META}
PAGE = {
    "schemas": [LIST],
    "totalResults": 1,
    "startIndex": 1,
    "itemsPerPage": 1,
    "Resources": [ANA],
}
RIGHT = {"ETag": 'W/"1"', "Location": f"{URL}/Users/7"}
REFUSAL = {"schemas": [ERROR], "status": "404", "detail": "there is no user 7"}


def found(
    status: int, body: Any, headers: dict[str, str] | None = None, *, projected: bool = False
) -> list[str]:
    sent = {"Content-Type": "application/scim+json", **(headers or {})}
    request = httpx.Request("DELETE", URL)
    answered = httpx.Response(status, json=body, headers=sent, request=request)
    return list(faults(answered, URL, projected=projected))


def test_a_right_answer_has_no_faults() -> None:
    assert found(200, ANA, RIGHT) == []
    assert found(201, ANA, RIGHT) == []
    assert found(200, PAGE) == []
    assert found(404, REFUSAL) == []
    assert found(200, {"schemas": [USER], "id": "7"}, RIGHT, projected=True) == []
    assert list(faults(httpx.Response(204), URL, projected=False)) == []


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, ANA, {**RIGHT, "Content-Type": "application/json"}),
        (200, ANA, {"Location": RIGHT["Location"]}),
        (200, ANA, {"ETag": 'W/"1"'}),
        (200, ANA, {**RIGHT, "ETag": '"1"'}),
        (200, ANA, {**RIGHT, "ETag": 'W/"2"'}),
        (201, ANA, {"ETag": 'W/"1"'}),
        (200, ANA, {**RIGHT, "Location": f"{URL}/Users/8"}),
        (200, {**ANA, "id": 7}, RIGHT),
        (200, {**ANA, "title": None}, RIGHT),
        (200, {**ANA, "urn:x": {}}, RIGHT),
        (200, {**ANA, "meta": {**META, "resourceType": "Group"}}, RIGHT),
        (200, [ANA], {}),
        (200, {**PAGE, "totalResults": "1"}, {}),
        (200, {**PAGE, "itemsPerPage": 2}, {}),
        (200, {**PAGE, "Resources": None}, {}),
        (200, {**PAGE, "Resources": [{**ANA, "id": ""}]}, {}),
        (404, {**REFUSAL, "status": 404}, {}),
        (404, {**REFUSAL, "schemas": []}, {}),
        (404, {"schemas": [ERROR], "status": "404"}, {}),
        (401, {**REFUSAL, "status": "401"}, {}),
        (405, {**REFUSAL, "status": "405"}, {}),
        (405, {**REFUSAL, "status": "405"}, {"Allow": "GET, DELETE"}),
    ],
)
def test_a_wrong_answer_has_faults(status: int, body: Any, headers: dict[str, str]) -> None:
    assert found(status, body, headers)


def test_a_body_that_is_no_json_or_not_due_is_a_fault() -> None:
    html = httpx.Response(502, text="<html>", headers={"Content-Type": "text/html"})
    assert len(list(faults(html, URL, projected=False))) == 2
    assert list(faults(httpx.Response(204, text="{}"), URL, projected=False))
