"""Names as clients send them: what is refused, and whom that never concerns."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.directory.people import patch
from tests.http.api import Api

Json = dict[str, Any]

UNSEEN = "a\u200bnn@acme.example"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def refused(answer: httpx.Response, detail: str) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json()["scimType"] == "invalidValue"
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (UNSEEN, "holds U+200B ZERO WIDTH SPACE, which cannot be seen"),
        ("ann\n", "holds U+000A, a control character"),
        ("nul\x00", "holds U+0000, a control character"),
        ("   ", "is blank"),
    ],
)
def test_such_a_name_is_refused_in_every_write(api: Api, name: str, what: str) -> None:
    user = api.user()["id"]
    group = api.send("POST", "/Groups", json={"displayName": "Staff"}).json()["id"]

    for endpoint, attribute, known in (
        ("/Users", "userName", user),
        ("/Groups", "displayName", group),
    ):
        before = api.send("GET", f"{endpoint}/{known}").json()
        detail, path = f"{attribute} {what}", f"{endpoint}/{known}"
        refused(api.send("POST", endpoint, json={attribute: name}), detail)
        refused(api.send("PUT", path, json={attribute: name}), detail)
        by_path = patch(("replace", attribute, name), ("replace", "externalId", "x"))
        refused(api.send("PATCH", path, json=by_path), detail)
        refused(api.send("PATCH", path, json=patch(("add", None, {attribute: name}))), detail)
        assert api.send("GET", path).json() == before
        for method, where in (("POST", endpoint), ("PUT", path)):
            operation = {"method": method, "path": where, "data": {attribute: name}, "bulkId": "1"}
            body = {"schemas": [BULK], "Operations": [operation]}
            (done,) = api.send("POST", "/Bulk", json=body).json()["Operations"]
            assert (done["status"], done["response"]["detail"]) == ("400", detail)
    assert api.send("GET", "/Users").json()["totalResults"] == 1
    assert api.send("GET", "/Groups").json()["totalResults"] == 1


def test_half_a_character_is_refused(api: Api) -> None:
    headers = {"Content-Type": "application/scim+json"}
    content = b'{"userName": "half \\ud800"}'

    answer = api.send("POST", "/Users", content=content, headers=headers)

    assert answer.status_code == 400


def test_a_name_keeps_the_form_that_was_sent(api: Api) -> None:
    for name in (" Ann ", "\uff22ob", "\u0915\u094d\u200d\u0937"):
        assert api.send("POST", "/Users", json={"userName": name}).json()["userName"] == name
