"""What requests leave in the provisioning log: writes, refusals, lookups that matched nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.model import redaction
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.resource_type import ENTERPRISE
from rollcall.storage.provisioning_log import LogEntry
from rollcall.tenants import token_format
from rollcall.tenants.tenants import READ_ONLY, Token, new_token
from tests.http.api import Api
from tests.storage.faults import answering, counted, refusal

NOBODY = "00000000-0000-4000-8000-000000000000"


class Kept:
    """The log of the tenant acme."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seen = 0
        self.key = bytes.fromhex(services.tenants.show("acme").key)

    def new(self) -> list[LogEntry]:
        """Return the entries since this was asked last."""
        now = datetime.now(UTC)
        log = self._services.log("acme")
        entries = list(log.read(now - timedelta(hours=1), now + timedelta(minutes=1)))
        entries, self._seen = entries[self._seen :], len(entries)
        return entries

    def one(self) -> LogEntry:
        """Return the one entry since this was asked last."""
        (entry,) = self.new()
        return entry

    def hashed(self, *values: str) -> tuple[str, ...]:
        return tuple(sorted(redaction.keyed_hash(self.key, each) for each in values))


@pytest.fixture
def kept(services: Services, api: Api) -> Kept:
    return Kept(services)


def test_a_created_user_is_an_entry_with_names_and_without_values(api: Api, kept: Kept) -> None:
    user = api.send(
        "POST",
        "/Users",
        json={
            "userName": "Ann@Example.com",
            "externalId": "A-1",
            "name": {"familyName": "Leeds"},
            "nonsense": "x",
            ENTERPRISE: {"department": "Sales"},
        },
    )

    entry = kept.one()
    assert entry.request == user.headers["x-request-id"]
    assert (entry.method, entry.path, entry.status) == ("POST", "/Users", 201)
    assert entry.target == f"User/{user.json()['id']}"
    assert entry.actor.startswith("token:")
    assert entry.changed == ("externalId", "name", f"{ENTERPRISE}:department", "userName")
    assert entry.ignored == ("nonsense",)
    assert entry.named == kept.hashed("ann@example.com", "a-1")
    assert not any(value in str(entry) for value in ("Example", "A-1", "Leeds", "Sales"))


def test_the_entry_of_a_write_is_part_of_its_transaction(
    api: Api, kept: Kept, services: Services
) -> None:
    user = api.user()
    with counted(services.clients.dynamodb) as made:
        patch = {"Operations": [{"op": "replace", "path": "title", "value": "Chief"}]}
        api.send("PATCH", f"/Users/{user['id']}", json=patch)

    assert [each.operation for each in made] == ["Query", "TransactWriteItems"]
    puts = [each["Put"]["Item"]["pk"]["S"] for each in made[1].actions if "Put" in each]
    assert any(pk.startswith("acme#LOG#") for pk in puts)
    assert [each.changed for each in kept.new()][1:] == [("title",)]


def test_a_write_that_fails_leaves_no_entry_of_success(
    api: Api, kept: Kept, services: Services
) -> None:
    api.send("GET", "/Users")
    with answering(services.clients.dynamodb, "TransactWriteItems", refusal("Validation")):
        api.send("POST", "/Users", json={"userName": "ann"})

    assert [entry.status for entry in kept.new()] == [500]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "changed"),
    [
        ("PUT", "/Users/{user}", {"userName": "bob"}, 200, ("displayName", "userName")),
        ("PATCH", "/Users/{user}", {"op": "replace", "path": "active", "value": "False"}, 200,
         ("active",)),
        ("PATCH", "/Users/{user}", {"op": "replace", "value": {f"{ENTERPRISE}:division": "x"}}, 200,
         (f"{ENTERPRISE}:division",)),
        ("DELETE", "/Users/{user}", None, 204, ()),
        ("PATCH", "/Groups/{group}", {"op": "add", "path": "members", "value": "{user}"}, 204,
         ("members",)),
        ("PATCH", "/Groups/{group}?attributes=displayName",
         {"op": "replace", "path": "displayName", "value": "New"}, 200, ("displayName",)),
        ("PUT", "/Groups/{group}", {"displayName": "New", "members": [{"value": "{user}"}]}, 200,
         ("displayName", "members")),
        ("DELETE", "/Groups/{group}", None, 204, ()),
    ],
)  # fmt: skip
def test_each_kind_of_write_says_what_it_changed(  # noqa: PLR0917
    method: str, path: str, body: Any, status: int, changed: tuple[str, ...], api: Api, kept: Kept
) -> None:
    user = api.user(displayName="Ann")["id"]
    group = api.send("POST", "/Groups", json={"displayName": "Staff"}).json()["id"]
    kept.new()
    if method == "PATCH":
        body = {"Operations": [body]}
    sent = json.loads(json.dumps(body).replace("{user}", user))
    answer = api.send(method, path.format(user=user, group=group), json=sent)

    entry = kept.one()
    assert (answer.status_code, entry.status) == (status, status)
    assert (entry.method, entry.changed) == (method, changed)
    assert entry.target in {f"User/{user}", f"Group/{group}"}


def test_a_write_that_changes_nothing_is_told_all_the_same(api: Api, kept: Kept) -> None:
    user = api.user(title="Chief")["id"]
    kept.new()
    patch = {"Operations": [{"op": "replace", "path": "title", "value": "Chief"}]}
    api.send("PATCH", f"/Users/{user}", json=patch)

    entry = kept.one()
    assert (entry.status, entry.target, entry.changed) == (200, f"User/{user}", ())


@pytest.mark.parametrize("attribute", ["userName", "externalId", "emails.value", "id"])
def test_a_lookup_that_matches_nothing_is_found_by_what_was_looked_up(
    attribute: str, api: Api, kept: Kept
) -> None:
    api.send("GET", f'/Users?filter={attribute} eq "Nobody@Example.com"')
    api.send("POST", "/Users/.search", json={"filter": f'{attribute} eq "nobody@example.com"'})

    got, searched = kept.new()
    assert (got.method, got.path, got.status) == ("GET", "/Users", 200)
    assert searched.path == "/Users/.search"
    assert got.named == searched.named == kept.hashed("nobody@example.com")


def test_reading_what_is_there_leaves_nothing(api: Api, kept: Kept) -> None:
    user = api.user()
    kept.new()
    for path in (
        "/Users", f"/Users/{user['id']}", '/Users?filter=userName eq "ann@example.com"', "/Schemas",
        "/ServiceProviderConfig", "/Groups",
    ):  # fmt: skip
        assert api.send("GET", path).status_code == 200

    assert kept.new() == []


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "scim_type", "detail"),
    [
        ("POST", "/Users", {"json": {"userName": "ANN@example.com"}}, 409, "uniqueness",
         "userName is taken by another user"),
        ("POST", "/Users", {"json": {"userName": "x", "active": "perhaps"}}, 400, "invalidValue",
         "active takes true or false"),
        ("GET", "/Users/ann@example.com", {}, 404, "", "there is no User …"),
        ("GET", f"/Users/{NOBODY}", {}, 404, "", f"there is no User {NOBODY}"),
        ("GET", '/Users?filter=userName eq "Ann', {}, 400, "invalidFilter",
         "filter: invalid syntax at column 13"),
        ("DELETE", "/Users", {}, 405, "", "DELETE is not allowed here, only GET, POST"),
        ("POST", "/Users", {"content": "{"}, 400, "invalidSyntax", "the body is not valid JSON"),
        ("POST", "/Users", {"content": "Ann", "headers": {"Content-Type": "text/plain"}}, 415, "",
         None),
        ("GET", "/Me", {}, 501, "", None),
        ("GET", "/nowhere/Ann", {}, 404, "", "there is no such endpoint"),
        ("POST", "/Groups", {"json": {"displayName": "G", "members": [{"value": "Ann"}]}}, 400,
         "invalidValue", "members: there is no user or group with the id …"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_and_why(  # noqa: PLR0917
    method: str, path: str, options: dict[str, Any], status: int, scim_type: str,
    detail: str | None, api: Api, kept: Kept,
) -> None:  # fmt: skip
    api.user()
    kept.new()
    api.send(method, path, **options)

    entry = kept.one()
    assert (entry.method, entry.status, entry.scim_type) == (method, status, scim_type)
    assert detail is None or entry.detail == detail
    assert "ann" not in str(entry).lower().replace("cannot", "")


def test_a_refused_duplicate_is_found_by_its_name_in_any_spelling(api: Api, kept: Kept) -> None:
    api.user()
    kept.new()
    api.send("POST", "/Users", json={"USERNAME": "Ann@EXAMPLE.com", "externalId": "7"})
    patch = {"Operations": [{"op": "replace", "path": "userName", "value": "ANN@example.com"}]}
    other = api.send("POST", "/Users", json={"userName": "other"}).json()["id"]
    api.send("PATCH", f"/Users/{other}", json=patch)

    refused, _, renamed = kept.new()
    assert refused.named == kept.hashed("ann@example.com", "7")
    assert renamed.named == kept.hashed("ann@example.com")


def test_a_rename_is_found_by_both_names(api: Api, kept: Kept) -> None:
    user = api.user()["id"]
    kept.new()
    api.send("PUT", f"/Users/{user}", json={"userName": "bob@example.com"})

    assert kept.one().named == kept.hashed("ann@example.com", "bob@example.com")


def test_each_operation_of_a_bulk_request_has_an_entry(api: Api, kept: Kept) -> None:
    api.user()
    kept.new()
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "1", "data": {"userName": "bob"}},
        {"method": "POST", "path": "/Users", "bulkId": "2",
         "data": {"userName": "ann@example.com"}},
        {"method": "POST", "path": "/Groups", "bulkId": "3",
         "data": {"displayName": "G", "members": [{"value": "bulkId:1"}]}},
        {"method": "DELETE", "path": f"/Users/{NOBODY}"},
        {"method": "STEAL", "path": "/Users"},
    ]  # fmt: skip
    answer = api.send("POST", "/Bulk", json={"Operations": operations})

    entries = sorted(kept.new(), key=lambda entry: entry.number)
    assert answer.status_code == 200
    assert {entry.request for entry in entries} == {answer.headers["x-request-id"]}
    assert [(entry.method, entry.path, entry.status) for entry in entries] == [
        ("POST", "/Users", 201),
        ("POST", "/Users", 409),
        ("POST", "/Groups", 201),
        ("DELETE", "/Users/{id}", 404),
        ("DELETE", "/Users/{id}", 400),
    ]
    assert entries[2].changed == ("displayName", "members")


def test_who_is_not_authenticated_costs_one_write_a_minute(
    api: Api, kept: Kept, services: Services
) -> None:
    with counted(services.clients.dynamodb) as made:
        wrong = {"Authorization": f"Bearer {token_format.generate()}"}
        api.send("GET", "/Users", headers=wrong)
        api.send("POST", "/Users", headers=wrong, json={"userName": "ann"})

    assert [each.operation for each in made] == ["UpdateItem"]  # the usage of the tenant
    assert kept.new() == []
    assert [line["status"] for line in api.lines()] == [401, 401]


@pytest.mark.parametrize(
    "answer", [refusal("ThrottlingException"), refusal("AccessDenied")], ids=["throttled", "denied"]
)
def test_an_entry_that_cannot_be_written_fails_no_request(
    answer: dict[str, Any], api: Api, services: Services
) -> None:
    api.send("GET", "/Users")
    with answering(services.clients.dynamodb, "PutItem", answer, answer) as left:
        missed = api.send("GET", '/Users?filter=userName eq "nobody"')
        refused = api.send("GET", f"/Users/{NOBODY}")

    assert left == []
    assert (missed.status_code, refused.status_code) == (200, 404)


def test_a_failure_of_ours_is_told_too(services: Services) -> None:
    api = Api(services)
    kept = Kept(services)
    with answering(services.clients.dynamodb, "Query", refusal("Validation")):
        answer = api.send("GET", f"/Users/{NOBODY}")

    entry = kept.one()
    assert (entry.status, entry.request) == (500, answer.headers["x-request-id"])
    assert entry.detail == ""


def test_entries_are_kept_for_as_long_as_is_set(services: Services) -> None:
    settings = Settings(log_days=7)
    Api(services, settings).user()

    items = services.clients.dynamodb.scan(TableName=services.table.name)["Items"]
    (entry,) = [item for item in items if "#LOG#" in item["pk"]["S"]]
    left = int(entry["expires"]["N"]) - datetime.now(UTC).timestamp()
    assert 6.9 * 86_400 < left <= 7 * 86_400


@pytest.fixture
def read_only(services: Services, api: Api) -> dict[str, str]:
    """The header of a read-only token of acme."""
    plain, kept = new_token("reader", datetime.now(UTC), timedelta(days=1), READ_ONLY)

    def add(content: dict[str, Any]) -> dict[str, Any]:
        assert isinstance(kept, Token)
        return {**content, "tokens": [*content["tokens"], vars(kept)]}

    content = add(services.secrets.read("acme"))
    services.clients.secretsmanager.put_secret_value(
        SecretId="rollcall/tenants/acme", SecretString=json.dumps(content)
    )
    return {"Authorization": f"Bearer {plain}"}


def test_a_read_only_token_reads_and_searches(
    api: Api, kept: Kept, read_only: dict[str, str]
) -> None:
    user = api.user()["id"]
    search = {"filter": 'userName eq "ann@example.com"'}

    answers = [
        api.send("GET", "/Users", headers=read_only),
        api.send("GET", f"/Users/{user}", headers=read_only),
        api.send("POST", "/Users/.search", headers=read_only, json=search),
        api.send("POST", "/.search", headers=read_only, json=search),
        api.send("GET", "/ServiceProviderConfig", headers=read_only),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/Users"), ("PUT", "/Users/{user}"), ("PATCH", "/Users/{user}"),
     ("DELETE", "/Users/{user}"), ("POST", "/Groups"), ("POST", "/Bulk")],
)  # fmt: skip
def test_a_read_only_token_changes_nothing_and_is_not_told_so_by_a_403(
    method: str, path: str, api: Api, kept: Kept, read_only: dict[str, str]
) -> None:
    user = api.user()
    kept.new()
    answer = api.send(
        method, path.format(user=user["id"]), headers=read_only, json={"userName": "bob"}
    )

    assert (answer.status_code, answer.json()["status"]) == (400, "400")
    assert answer.json()["detail"].startswith("this token is read-only")
    assert api.send("GET", f"/Users/{user['id']}").json() == user
    assert kept.one().status == 400
