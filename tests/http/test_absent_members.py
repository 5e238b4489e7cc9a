"""What a PUT of a group without members does is the tenant's policy; the log says what it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.model.absent_members import AbsentMembers
from rollcall.runtime.services import Services
from rollcall.storage.provisioning_log import LogEntry
from tests.http.api import Api

KEPT = "no members were sent: they are kept"
NONE: list[dict[str, Any]] = [{}, {"members": None}]


def last(services: Services) -> LogEntry:
    """Return the latest entry of the provisioning log."""
    now = datetime.now(UTC)
    return list(services.log("acme").read(now - timedelta(hours=1), now + timedelta(minutes=1)))[-1]


def have(services: Services, policy: AbsentMembers) -> None:
    """Give the tenant a policy; in memory a secret is not changed but made anew."""
    content = services.secrets.read("acme")
    services.secrets.delete("acme")
    services.secrets.create("acme", {**content, "absentMembers": policy.value})


def group(api: Api) -> str:
    body = {"displayName": "Staff", "members": [{"value": api.user()["id"]}]}
    return f"/Groups/{api.send('POST', '/Groups', json=body).json()['id']}"


def members(api: Api, path: str) -> int:
    return len(api.send("GET", path).json().get("members", []))


def bulk(api: Api, path: str, data: dict[str, Any]) -> None:
    operations = [{"method": "PUT", "path": path, "data": data}]
    answer = api.send("POST", "/Bulk", json={"Operations": operations})
    assert [each["status"] for each in answer.json()["Operations"]] == ["200"]


@pytest.mark.parametrize("none", NONE)
def test_a_tenant_keeps_them_by_default_and_the_log_says_so(
    none: dict[str, Any], api: Api, services: Services
) -> None:
    path = group(api)

    answer = api.send("PUT", path, json={"displayName": "Crew", **none})

    assert answer.status_code == 200
    assert len(answer.json()["members"]) == members(api, path) == 1
    assert (last(services).detail, last(services).changed) == (KEPT, ("displayName",))


def test_the_log_says_so_when_nothing_else_changes_and_in_bulk(
    api: Api, services: Services
) -> None:
    path = group(api)

    api.send("PUT", path, json={"displayName": "Staff"})
    assert (last(services).detail, last(services).changed) == (KEPT, ())
    bulk(api, path, {"displayName": "Crew"})
    assert (last(services).detail, last(services).changed) == (KEPT, ("displayName",))
    assert members(api, path) == 1


@pytest.mark.parametrize("none", NONE)
def test_a_tenant_may_have_them_cleared(none: dict[str, Any], api: Api, services: Services) -> None:
    have(services, AbsentMembers.CLEAR)
    path = group(api)

    answer = api.send("PUT", path, json={"displayName": "Crew", **none})

    assert answer.status_code == 200
    assert "members" not in answer.json()
    assert members(api, path) == 0
    assert (last(services).detail, last(services).changed) == ("", ("displayName", "members"))


def test_they_are_cleared_in_bulk_and_by_a_put_alone(api: Api, services: Services) -> None:
    have(services, AbsentMembers.CLEAR)
    path = group(api)

    rename = [{"op": "replace", "path": "displayName", "value": "Crew"}]
    api.send("PATCH", path, json={"Operations": rename})
    assert members(api, path) == 1
    bulk(api, path, {"displayName": "Crew"})
    assert members(api, path) == 0


@pytest.mark.parametrize("policy", AbsentMembers)
def test_members_that_are_sent_are_what_the_group_has(
    policy: AbsentMembers, api: Api, services: Services
) -> None:
    have(services, policy)
    path = group(api)
    other = api.user(userName="bob@example.com")["id"]

    set_ = api.send("PUT", path, json={"displayName": "Staff", "members": [{"value": other}]})
    assert [each["value"] for each in set_.json()["members"]] == [other]
    assert last(services).detail == ""
    api.send("PUT", path, json={"displayName": "Staff", "members": []})
    assert members(api, path) == 0
