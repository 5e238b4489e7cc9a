"""Who is refused learns nothing by it: neither whether a tenant exists nor what it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.runtime.services import Services
from rollcall.tenants import token_format
from tests.http.api import Api
from tests.storage.faults import Request, answering, counted, refusal

PATHS = ["/Users", "/Users/x", "/Groups", "/Schemas", "/Me", "/nowhere", ""]
WRONG = token_format.generate()


@pytest.fixture
def requests(api: Api, services: Services) -> Iterator[list[Request]]:
    """All round trips to AWS once the tenant is there."""
    with counted(services.clients.dynamodb, services.clients.secretsmanager) as made:
        yield made


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_tenant_and_a_wrong_token_are_answered_alike(path: str, api: Api) -> None:
    wrong = {"Authorization": f"Bearer {WRONG}"}
    answers = [
        api.send("GET", path, headers=wrong),
        api.send("GET", path, base="/scim/nobody/v2"),
        api.send("GET", path, base="/scim/No_Name/v2"),
        api.send("GET", path, headers={"Authorization": "Bearer x"}),
        api.send("GET", path, headers={"Authorization": ""}),
    ]

    for each in answers:
        del each.headers["x-request-id"]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert len({str(sorted(each.headers.items())) for each in answers}) == 1
    assert answers[0].headers["www-authenticate"].startswith("Bearer")


def test_who_is_refused_reads_nothing_of_the_directory(api: Api, requests: list[Request]) -> None:
    api.send("GET", "/Users", headers={"Authorization": f"Bearer {WRONG}"})
    api.send("POST", "/Users", headers={"Authorization": f"Bearer {WRONG}"}, content="{")
    api.send("GET", "/Users", base="/scim/nobody/v2")

    assert {each.operation for each in requests} == {"GetSecretValue", "UpdateItem"}
    assert [each.operation for each in requests].count("UpdateItem") == 1  # the tenant's usage


@pytest.mark.parametrize(
    "token",
    ["", "x", "rollcall_", f"{WRONG}x", WRONG[:-1], WRONG.lower(), f"Basic {WRONG}"],
    ids=["none", "a letter", "a prefix", "too long", "too short", "lower case", "another scheme"],
)
def test_what_is_no_token_is_refused_without_a_call(
    token: str, api: Api, requests: list[Request]
) -> None:
    scheme = "" if token.startswith("Basic") else "Bearer "
    answer = api.send("GET", "/Users", headers={"Authorization": f"{scheme}{token}"})

    assert answer.status_code == 401
    assert requests == []


def test_a_token_opens_its_own_tenant_only(services: Services, api: Api) -> None:
    services.tenants.create("other")
    user = api.user()

    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = api.send(method, f"/Users/{user['id']}", base="/scim/other/v2", json={})
        assert answer.status_code == 401
    assert api.send("GET", f"/Users/{user['id']}").json() == user


def test_an_id_of_one_tenant_is_nobody_in_another(services: Services, api: Api) -> None:
    user, group = api.user(), api.send("POST", "/Groups", json={"displayName": "Staff"}).json()
    theirs = {"Authorization": f"Bearer {services.tenants.create('other')}"}

    for path in (f"/Users/{user['id']}", f"/Groups/{group['id']}"):
        for method in ("GET", "DELETE"):
            answer = api.send(method, path, base="/scim/other/v2", headers=theirs)
            assert answer.status_code == 404
    for query in ("", '?filter=userName eq "ann@example.com"', f'?filter=id eq "{user["id"]}"'):
        listed = api.send("GET", f"/Users{query}", base="/scim/other/v2", headers=theirs)
        assert listed.json()["totalResults"] == 0
    joined = api.send(
        "POST",
        "/Groups",
        base="/scim/other/v2",
        headers=theirs,
        json={"displayName": "Staff", "members": [{"value": user["id"]}]},
    )
    assert (joined.status_code, joined.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (refusal("ThrottlingException"), 503),
        (refusal("InternalServiceError", 500), 503),
        (refusal("AccessDeniedException"), 500),
        (refusal("DecryptionFailure"), 500),
    ],
    ids=lambda each: str(each) if isinstance(each, int) else each["Error"]["Code"],
)
def test_when_tokens_cannot_be_checked_it_is_no_401(
    services: Services, api: Api, answer: dict[str, object], status: int
) -> None:
    with answering(services.clients.secretsmanager, "GetSecretValue", answer):
        refused = api.send("GET", "/Users")

    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/scim+json"
    assert ("retry-after" in refused.headers) == (status == 503)
    assert "injected" not in refused.text
    assert api.send("GET", "/Users").status_code == 200


@pytest.mark.parametrize(
    ("answer", "status"), [(refusal("ThrottlingException"), 503), (refusal("Validation"), 500)],
    ids=["throttled", "a mistake of ours"],
)  # fmt: skip
def test_a_failure_of_the_table_is_a_scim_error(
    services: Services, api: Api, answer: dict[str, object], status: int
) -> None:
    api.send("GET", "/Users")
    with answering(services.clients.dynamodb, "TransactWriteItems", answer):
        refused = api.send("POST", "/Users", json={"userName": "ann"})

    assert refused.status_code == status
    assert refused.json()["status"] == str(status)
    expected = "1" if status == 503 else None
    assert refused.headers.get("retry-after") == expected
    assert api.send("POST", "/Users", json={"userName": "ann"}).status_code == 201
