"""The HTTP surface: paths, methods, media types, bodies, conditions, failures of ours, the log."""

from __future__ import annotations

import pytest

from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.resource_type import ROLLCALL
from rollcall.templates.template import Template
from tests.http.api import Api
from tests.operations.operators import Templates, operator_of

BASE = "/scim/acme/v2"


@pytest.mark.parametrize("path", ["/Users", "/Users/", "//Users", "//Users//", "/Users///"])
def test_slashes_are_read_as_they_are_meant(path: str, api: Api) -> None:
    assert api.send("GET", path).status_code == 200


def test_parameters_that_we_do_not_know_are_ignored(api: Api) -> None:
    answer = api.send("GET", "/Users?aadOptscim062020&AzureAdScimPatch2017=1&x=y")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/Schemas", "GET"),
        ("DELETE", "/Users", "GET, POST"),
        ("PATCH", "/ServiceProviderConfig", "GET"),
        ("POST", "/Users/x", "DELETE, GET, PATCH, PUT"),
        ("GET", "/Bulk", "POST"),
        ("GET", "/Users/.search", "POST"),
    ],
)
def test_a_method_that_is_not_there_is_405_with_those_that_are(
    method: str, path: str, allowed: str, api: Api
) -> None:
    answer = api.send(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["status"] == "405"


def test_head_is_get_without_a_body(api: Api) -> None:
    user = api.user()

    answer = api.send("HEAD", f"/Users/{user['id']}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == user["meta"]["version"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_another_media_type_is_415(media_type: str, api: Api) -> None:
    answer = api.send("POST", "/Users", content="{}", headers={"Content-Type": media_type})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/scim+json; charset=utf-8", "Application/JSON"]
)
def test_json_in_either_media_type_is_read(media_type: str, api: Api) -> None:
    answer = api.send(
        "POST", "/Users", content='{"userName": "a"}', headers={"Content-Type": media_type}
    )

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"x"', '{"userName": NaN}', '{"userName": "\\ud800"}', "[" * 100_000,
     '{"a":' * 5000 + "1" + "}" * 5000, "\xff"],
)  # fmt: skip
def test_what_is_no_object_of_text_is_invalid_syntax(body: str, api: Api) -> None:
    answer = api.send(
        "POST", "/Users", content=body.encode("latin-1"),
        headers={"Content-Type": "application/scim+json"},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "0", "-1"])
def test_any_integer_is_an_index_and_a_count(number: str, api: Api) -> None:
    answer = api.send("GET", f"/Users?startIndex={number}&count={number}")

    assert answer.status_code == 200


def test_access_is_advertised_where_a_template_is_set_and_nowhere_else(
    services: Services, api: Api
) -> None:
    def advertised() -> list[bool]:
        schemas = api.send("GET", "/Schemas").json()["Resources"]
        user = api.send("GET", "/ResourceTypes/User").json()
        return [
            ROLLCALL in {each["id"] for each in schemas},
            ROLLCALL in {each["schema"] for each in user["schemaExtensions"]},
            api.send("GET", f"/Schemas/{ROLLCALL}").status_code == 200,
        ]

    assert not any(advertised())
    Templates(operator_of(services)).set([Template("everybody")])
    assert all(advertised())


@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes/User", "/ServiceProviderConfig"])
def test_discovery_ignores_what_lists_are_asked(path: str, api: Api) -> None:
    asked = api.send("GET", f"{path}?startIndex=x&count=y&sortBy=z&sortOrder=w&cursor=v")

    assert asked.json() == api.send("GET", path).json()


def test_a_number_beyond_all_bounds_is_no_json_of_ours(api: Api) -> None:
    answer = api.send(
        "POST", "/Users", content='{"userName": "a", "x": 1e400}',
        headers={"Content-Type": "application/scim+json"},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


def test_parameters_of_lists_are_not_read_where_there_is_no_list(api: Api) -> None:
    user = api.user()

    assert api.send("GET", f"/Users/{user['id']}?count=x&cursor=y&sortOrder=z").json() == user


@pytest.mark.parametrize("number", ["one", "1.5", "1e3", "0x10"])
def test_what_is_no_integer_is_refused_by_name(number: str, api: Api) -> None:
    answer = api.send("GET", f"/Users?count={number}")

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    assert "count" in answer.json()["detail"]


@pytest.mark.parametrize("known", ['W/"1"', '"1"', '"7", W/"1"', "*", 'W/"1" , W/"2"'])
def test_a_version_that_the_client_has_is_304(known: str, api: Api) -> None:
    user = api.user()

    for method in ("GET", "HEAD"):
        answer = api.send(method, f"/Users/{user['id']}", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == 'W/"1"'


@pytest.mark.parametrize("known", ['W/"7"', "nonsense", ""])
def test_a_version_that_the_client_does_not_have_is_answered(known: str, api: Api) -> None:
    user = api.user()

    answer = api.send("GET", f"/Users/{user['id']}", headers={"If-None-Match": known})

    assert answer.json() == user


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "condition",
    [{"If-Match": 'W/"7"'}, {"If-Match": "nonsense"}, {"If-None-Match": "*"},
     {"If-None-Match": 'W/"1"'}, {"If-Match": 'W/"1"', "If-None-Match": "*"}],
)  # fmt: skip
def test_a_condition_that_does_not_hold_is_412_and_nothing_changes(
    condition: dict[str, str], method: str, api: Api
) -> None:
    user = api.user()
    body = {"userName": "b", "Operations": [{"op": "replace", "path": "title", "value": "x"}]}

    answer = api.send(method, f"/Users/{user['id']}", headers=condition, json=body)

    reads = method == "GET" and condition.get("If-Match") in (None, 'W/"1"')
    expected = 304 if reads else 412
    assert answer.status_code == expected
    assert api.send("GET", f"/Users/{user['id']}").json() == user


@pytest.mark.parametrize(
    "condition", [{"If-Match": 'W/"1"'}, {"If-Match": "*"}, {"If-None-Match": 'W/"7"'}]
)
def test_a_condition_that_holds_lets_a_write_be(condition: dict[str, str], api: Api) -> None:
    user = api.user()

    put = api.send("PUT", f"/Users/{user['id']}", headers=condition, json={"userName": "b"})

    assert (put.status_code, put.headers["etag"]) == (200, 'W/"2"')
    deleted = api.send("DELETE", f"/Users/{user['id']}", headers={"If-Match": 'W/"2"'})
    assert deleted.status_code == 204


def test_a_write_that_changes_nothing_keeps_the_version(api: Api) -> None:
    user = api.user(title="Chief", emails=[{"value": "a@x", "type": "work"}])
    path = f"/Users/{user['id']}"
    operations = [
        {"op": "add", "path": "title", "value": "Chief"},
        {"op": "replace", "value": {"emails": [{"value": "a@x", "type": "work"}]}},
        {"op": "remove", "path": "nickName"},
    ]

    assert api.send("PUT", path, json=user).headers["etag"] == 'W/"1"'
    assert api.send("PATCH", path, json={"Operations": operations}).json() == user


def test_every_answer_carries_a_request_id_that_the_log_has(api: Api) -> None:
    answers = [api.send("GET", "/Users"), api.send("GET", "/nowhere"), api.send("POST", "/Users")]

    assert [each.headers["x-request-id"] for each in answers] == [
        line["request_id"] for line in api.lines()
    ]


def test_a_failure_of_ours_is_500_without_internals_and_logged_with_the_stack(
    services: Services,
) -> None:
    api = Api(services, Settings(table="no-such-table"))

    answer = api.send("GET", "/Users")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/scim+json"
    detail = answer.json()["detail"]
    assert answer.headers["x-request-id"] in detail
    assert "Traceback" not in answer.text
    assert "table" not in answer.text
    failure = next(line for line in api.lines() if line["level"] == "ERROR")
    assert "Traceback" in failure["exception"]
    assert failure["request_id"] == answer.headers["x-request-id"]


def test_a_token_in_the_place_of_the_tenant_is_in_no_log_line(api: Api) -> None:
    refused = api.send("GET", "/Users", base=f"/scim/{api.token}/v2")

    assert refused.status_code == 401
    assert api.token not in api.log.getvalue()
    assert "tenant" not in api.lines()[-1]


def test_a_log_line_says_what_was_asked_and_nothing_of_what_was_said(api: Api) -> None:
    user = api.user(displayName="Secret Name", password="hunter2-hunter2")
    api.send("GET", '/Users?filter=userName eq "lookedup@example.com"')
    patch = {
        "Operations": [
            {"op": "replace", "path": "title", "value": "Secret Title"},
            {"op": "replace", "path": 'bogus[value eq "secret-value"]', "value": "Secret Bogus"},
            {"op": "replace", "path": "unknownAttribute", "value": "Secret Unknown"},
        ]
    }
    api.send("PATCH", f"/Users/{user['id']}", json=patch)
    api.send("GET", '/Users?filter=nonsense eq "secret-filter"')
    api.send("GET", "/Users", headers={"Authorization": "Bearer rollcall_secret-guess"})

    written = api.log.getvalue()
    lines = api.lines()
    for line in lines:
        assert {"request_id", "tenant", "method", "path", "status", "ms"} <= set(line)
    assert lines[2]["ignored"] == ["bogus", "unknownAttribute"]
    assert [line["status"] for line in lines] == [201, 200, 200, 400, 401]
    for said in [
        api.token, "ann@example.com", "Secret", "hunter2", "lookedup", "secret-value",
        "secret-filter", "secret-guess",
    ]:  # fmt: skip
        assert said not in written


__all__ = ["Api"]
