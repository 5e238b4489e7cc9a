"""What releases left in the table, in the hands of the code of the day: read, changed, deleted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.runtime import Services, deletion
from rollcall.runtime.export import lines
from rollcall.scim.resources import Kind
from rollcall.storage.journal import Unfinished
from tests.directory.people import ENTERPRISE, URL, adding, patch, removing, titled
from tests.http.api import Api
from tests.storage import consistency
from tests.storage.recording import TENANT, Recording, recordings
from tests.storage.shapes import shape_of, shapes
from tests.tenants.conftest import services
from tests.tenants.everything import items

Json = dict[str, Any]

OPERATORS_ALONE = {"local", "kept"}
"""Accounts that clients may not write to: a protected one, and one outside of the domains."""


@pytest.fixture(params=recordings(), ids=lambda file: file.stem)
def recorded(request: pytest.FixtureRequest, services: Services) -> Recording:
    """A tenant as a release left it, loaded into a table of its own."""
    file: Path = request.param
    recording = Recording.read(file)
    recording.load(services)
    return recording


@pytest.fixture
def api(services: Services, recorded: Recording) -> Api:
    """The application over that table, with a new token."""
    return Api(services, token=services.keyring(TENANT).issue("test").plain)


def stored(recorded: Recording, kind: Kind) -> dict[str, Json]:
    """Return the documents that were recorded, by id."""
    return {
        item["pk"].rpartition("#")[2]: json.loads(item["document"])
        for item in recorded.items
        if item["pk"].startswith(f"{TENANT}#{kind.value.upper()}#") and "document" in item
    }


def found(api: Api, kind: Kind, filter_: str) -> list[str]:
    body = {"filter": filter_, "attributes": ["id"]}
    answer = api.send("POST", f"{kind.endpoint}/.search", json=body)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["Resources"]]


def finish(services: Services) -> None:
    """Finish what was begun when the tenant was recorded."""
    for fault in consistency.verified(services, TENANT):
        assert isinstance(fault.unfinished, Unfinished), fault.sentence
        assert services.directory(TENANT).finish(fault.unfinished)


def written(services: Services, api: Api, recorded: Recording) -> Callable[..., Json]:
    """Return what writes to a user as whoever may: the client or, where it may not, an operator."""
    alone = {recorded.ids[each] for each in OPERATORS_ALONE}

    def write(method: str, identifier: str, body: Json | None = None) -> Json:
        if identifier in alone:
            return _operated(
                services.operated(TENANT, "operator:someone"), method, identifier, body
            )
        answer = api.send(method, f"/Users/{identifier}", json=body)
        assert answer.status_code in (200, 204), (identifier, answer.text)
        return dict(answer.json()) if answer.content else {}

    return write


def _operated(directory: Directory, method: str, identifier: str, body: Json | None) -> Json:
    if method == "PUT":
        return directory.users.replace(identifier, body).resource
    if method == "PATCH":
        return directory.users.patch(identifier, body).resource
    directory.users.delete(identifier)
    return {}


def test_all_that_is_recorded_is_of_a_shape_that_is_known(recorded: Recording) -> None:
    """The recording of the first release has every shape that there was."""
    known = {shape_of(item, TENANT) for item in recorded.items}

    assert known <= shapes(TENANT).keys()
    assert recorded.commit
    if recorded.commit.startswith("8d38b1f"):
        assert len(known) == 22


def test_every_resource_is_read(recorded: Recording, api: Api) -> None:
    for kind in Kind:
        documents = stored(recorded, kind)
        for identifier, document in documents.items():
            answer = api.send("GET", f"{kind.endpoint}/{identifier}")
            assert answer.status_code == 200, (identifier, answer.text)
            shown = answer.json()
            for name in document.keys() - {"schemas", ENTERPRISE}:
                assert shown[name] == document[name], identifier
            for name, value in document.get(ENTERPRISE, {}).items():
                assert shown[ENTERPRISE][name] == value or name == "manager", identifier
        listed = api.send("GET", f"{kind.endpoint}?count=1000").json()
        assert {each["id"] for each in listed["Resources"]} == documents.keys()
        assert listed["totalResults"] == len(documents)
        changed = found(api, kind, 'meta.lastModified gt "2020-01-01T00:00:00Z"')
        assert set(changed) >= documents.keys()


def test_everybody_is_found_by_what_was_looked_up_then(recorded: Recording, api: Api) -> None:
    for kind, name in ((Kind.USER, "userName"), (Kind.GROUP, "displayName")):
        for identifier, document in stored(recorded, kind).items():
            for spelled in (document[name], document[name].upper()):
                if min(spelled) < " ":
                    continue  # an escaped control character is read as a backslash by now
                if spelled.lower() == document[name].lower():  # not of what has no capitals
                    quoted = json.dumps(spelled)
                    assert found(api, kind, f"{name} eq {quoted}") == [identifier]
            for attribute, value in _looked_up(document):
                assert identifier in found(api, kind, f"{attribute} eq {json.dumps(value)}")


def _looked_up(document: Json) -> list[tuple[str, str]]:
    values = [("emails.value", each["value"]) for each in document.get("emails", ())]
    if "externalId" in document:
        values.append(("externalId", document["externalId"]))
    if number := document.get(ENTERPRISE, {}).get("employeeNumber"):
        values.append((f"{ENTERPRISE}:employeeNumber", number))
    return values


def test_the_rest_of_a_tenant_is_read_too(recorded: Recording, services: Services) -> None:
    """The export reads all that there is beside users and groups."""
    told = list(lines(services, TENANT, URL))
    kept = Counter(shape_of(item, TENANT) for item in recorded.items)
    numbers = Counter(line["type"] for line in told)

    assert numbers["log"] == kept["log_entry"] > 0
    assert numbers["grant"] == kept["grant"] > 0
    assert numbers["handover"] == kept["handover"] > 0
    assert numbers["finding"] == kept["finding"] > 0
    assert numbers["flag"] == kept["flag"] > 0
    assert told[-1]["type"] == "end"
    assert services.templates(TENANT).catalogue().everyone is not None


def test_every_write_works_and_all_agrees_after_it(
    recorded: Recording, services: Services, api: Api
) -> None:
    write = written(services, api, recorded)
    finish(services)
    consistency.check(services, TENANT)

    for identifier, document in stored(recorded, Kind.USER).items():
        write("PATCH", identifier, titled("Engineer"))
        write("PUT", identifier, {**document, "title": "Manager"})
        leaving = f"0123456789abcdef0123456789abcdef{document['userName']}"
        operations = ("replace", "userName", leaving), ("replace", "active", False)
        assert write("PATCH", identifier, patch(*operations))["active"] is False
        write("PATCH", identifier, patch(("replace", "userName", f"new-{identifier}")))
        assert found(api, Kind.USER, f'userName eq "new-{identifier}"') == [identifier]
    everybody = sorted(stored(recorded, Kind.USER).keys() - {recorded.ids["crowd0"]})
    for identifier, document in stored(recorded, Kind.GROUP).items():
        assert api.send("PUT", f"/Groups/{identifier}", json=document).status_code == 200
        for body in (adding(*everybody[:3]), removing(everybody[0])):
            assert api.send("PATCH", f"/Groups/{identifier}", json=body).status_code == 204
        renamed = {**document, "displayName": f"new-{identifier}"}
        assert api.send("PUT", f"/Groups/{identifier}", json=renamed).status_code == 200
    consistency.check(services, TENANT)

    for identifier in stored(recorded, Kind.USER):
        write("DELETE", identifier)
    for identifier in stored(recorded, Kind.GROUP):
        assert api.send("DELETE", f"/Groups/{identifier}").status_code == 204
    consistency.check(services, TENANT)
    assert set(services.directory(TENANT).counts().values()) == {0}


def test_whoever_bears_an_odd_name_is_deleted_under_it(
    recorded: Recording, services: Services, api: Api
) -> None:
    write = written(services, api, recorded)
    finish(services)

    for identifier in stored(recorded, Kind.USER):
        write("DELETE", identifier)
    for identifier in stored(recorded, Kind.GROUP):
        assert api.send("DELETE", f"/Groups/{identifier}").status_code == 204

    consistency.check(services, TENANT)


def test_nothing_of_it_is_left_when_the_tenant_is_deleted(
    recorded: Recording, services: Services
) -> None:
    list(deletion.delete(services, TENANT, "operator:someone", wait=False))

    left = chain(items(services), services.tenants.list())
    assert list(left) == []


__all__ = ["services"]
