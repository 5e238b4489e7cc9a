"""A copy that is kept by polling alone, as docs/events/README.md says, while others write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.operations import account_merge
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP
from rollcall.tenants.tenants import READ_ONLY
from tests.conftest import Server, Tenant
from tests.directory.people import patch, titled, user
from tests.operations import operators
from tests.operations.operators import finished, operator_of
from tests.search.test_changes import Clock, read
from tests.storage.faults import preceded

OVERLAP = timedelta(minutes=2)
ROUNDS = 6
EXTENSIONS = {"/Users": ROLLCALL, "/Groups": ROLLCALL_GROUP}


class Copy:
    """Users and groups by path, as polling shows them, and the newest change of each type."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.resources: dict[str, Any] = {}
        self.since = dict.fromkeys(EXTENSIONS, "1970-01-01T00:00:00.000Z")
        self.pages = self.dropped = 0

    def poll(self) -> None:
        """Read what has changed since the last time, a little before."""
        for endpoint, extension in EXTENSIONS.items():
            begin = datetime.fromisoformat(self.since[endpoint]) - OVERLAP
            instant = begin.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            changed = f'meta.lastModified gt "{instant}" or {extension}:deleted gt "{instant}"'
            for each in self._read(endpoint, changed):
                self._take(f"{endpoint}/{each['id']}", each, extension)
                self.since[endpoint] = max(self.since[endpoint], each["meta"]["lastModified"])

    def _take(self, path: str, resource: dict[str, Any], extension: str) -> None:
        if "deleted" in resource.get(extension, {}):
            self.resources.pop(path, None)
        elif resource["meta"]["version"] == self.version(path):
            self.dropped += 1
        else:
            self.resources[path] = resource

    def version(self, path: str) -> str:
        return str(self.resources.get(path, {}).get("meta", {}).get("version", ""))

    def _read(self, endpoint: str, text: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            asked: dict[str, str | int] = {"cursor": cursor, "count": 5, "filter": text}
            page = self.client.get(endpoint, params=asked).raise_for_status().json()
            self.pages += 1
            yield from page["Resources"]
            cursor = page.get("nextCursor")


@pytest.fixture
def reader(server: Server, tenant: Tenant) -> Iterator[httpx.Client]:
    """A client with a token that reads and cannot write."""
    issued = server.services.tokens(tenant.name).issue("the product", scope=READ_ONLY)
    with Tenant(tenant.name, tenant.url, issued.plain).client() as client:
        assert client.post("/Users", json={"userName": "x"}).status_code == 400
        yield client


def everything(client: httpx.Client) -> dict[str, Any]:
    """Return all there is, by path."""
    return {
        f"{endpoint}/{each['id']}": each
        for endpoint in EXTENSIONS
        for each in client.get(endpoint, params={"count": 200}).json()["Resources"]
    }


def work(tenant: Tenant, merge: Callable[[str, str], None], number: int) -> None:
    """Write as a client and an operator do: create, rename, disable, join, leave, delete, merge."""
    with tenant.client() as api:
        for turn in range(ROUNDS):
            people = [
                api.post("/Users", json={"userName": f"u{number}-{turn}-{each}"}).json()["id"]
                for each in range(5)
            ]
            members = [{"value": each} for each in people]
            group = {"displayName": f"g{number}-{turn}", "members": members}
            staff = api.post("/Groups", json=group).json()["id"]
            for path, change in (
                (f"/Users/{people[0]}", ("replace", "userName", f"renamed{number}-{turn}")),
                (f"/Users/{people[1]}", ("replace", "active", "False")),
                (f"/Groups/{staff}", ("remove", "members", members[2:3])),
            ):
                api.patch(path, json=patch(change)).raise_for_status()
            assert api.delete(f"/Users/{people[2]}").status_code == 204
            merge(people[3], people[4])
            if turn % 2:
                assert api.delete(f"/Groups/{staff}").status_code == 204


def test_a_copy_is_rebuilt_and_kept_from_polling_alone_while_others_write(
    server: Server, tenant: Tenant, reader: httpx.Client
) -> None:
    def merge(keep: str, remove: str) -> None:
        operator = operator_of(server.services, tenant.name)
        ids = operators.merge(operator, tenant.name, keep, remove, idp_deletes=remove)
        finished(account_merge.finish_merge(operator, tenant.name, ids))

    early = Copy(reader)
    with ThreadPoolExecutor(3) as writers:
        done = [writers.submit(work, tenant, merge, number) for number in range(3)]
        while wait(done, timeout=0).not_done:
            early.poll()
    for each in done:
        each.result()
    early.poll()
    late = Copy(reader)
    late.poll()

    wanted = everything(reader)
    assert len(wanted) == 3 * (ROUNDS * 3 + ROUNDS // 2)
    assert early.resources == wanted
    assert late.resources == wanted
    assert early.pages > late.pages


def test_the_overlap_finds_what_was_committed_late(services: Services) -> None:
    clock = Clock()
    directory = Directory(Context(services.table, "acme", "", key=b"k" * 32, clock=clock))
    ada, eve = user(directory, "ada"), user(directory, "eve")
    newest = ""

    def meanwhile() -> None:
        nonlocal newest
        directory.users.patch(eve, titled("Chief"))
        newest = directory.users.read(eve).record.modified

    with preceded(services.clients.dynamodb, "TransactWriteItems", meanwhile):
        directory.users.patch(ada, titled("Chief"))

    begin = datetime.fromisoformat(newest) - OVERLAP
    assert directory.users.read(ada).record.modified < newest
    assert read(directory, f'meta.lastModified gt "{newest}"') == []
    assert read(directory, f'meta.lastModified gt "{begin.isoformat()}"') == ["ada", "eve"]
