"""An emulator of AWS for the functions, with the data that the events expect.

The tenant's token is public and the same everywhere, because the events carry it. That is why it is
seeded into an emulator on loopback and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rollcall.dev import emulator, local_server
from rollcall.directory.directory import Directory
from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import report_files
from rollcall.storage.handover_items import Handover, HandoverItems
from rollcall.storage.large_change_items import LargeChangeItems, MemberChanges
from rollcall.storage.resource_writes import ResourceWrites, begin_change
from rollcall.storage.usage_items import Refusal, UsageItems
from rollcall.tenants import token_format
from rollcall.tenants.tenants import READ_ONLY, TOKEN_DAYS

TENANT = "demo"
TOKEN = "rollcall_ForTheEventsOnThisMachineAndNothingMore000WSSd"  # noqa: S105  # public
PRODUCT_TOKEN = "rollcall_ForTheProductOfTheEventsAndNoMore00000001tugTM"  # noqa: S105
"""A token of the product, which only reads."""
CLIENT = "rollcall-client-0123456789abcdef"
CLIENT_SECRET = "rollcall_secret_ForTheEventsOnThisMachineAndNothingMore000WSSd"  # noqa: S105
PORT = 4566

USERS = {
    "11111111-1111-4111-8111-111111111111": ("ada@example.com", "ada@example.com"),
    "22222222-2222-4222-8222-222222222222": ("grace@example.com", "grace@example.com"),
    "33333333-3333-4333-8333-333333333333": ("alan@example.com", "alan@example.com"),
    "55555555-5555-4555-8555-555555555555": ("kay@example.com", "kay@example.com"),
}
"""By id, userName and e-mail."""

GONE = "66666666-6666-4666-8666-666666666666", ("mcnulty@example.com", "kay@example.com")
"""A second account of Kay, which was in the first report and is deleted."""

SECOND = "77777777-7777-4777-8777-777777777777", ("lovelace@example.com", "ada@example.com")
"""A second account of Ada, created after the report."""

GROUPS = {"44444444-4444-4444-8444-444444444444": "Engineering"}

BEGUN = "begun"
"""A tenant with two unfinished changes."""

RUN = "2026-01-05T02:00:00Z"
HANDOVER = "demo.ForTheEventsOnThisMachineAndNothingMore000WSSd"

REPORT = "a-link-to-a-report-of-the-events"


def seed(services: Services) -> None:
    """Create the resources of a deployment, the tenant of the events, and its data."""
    local_server.create_table(services)
    local_server.create_channels(services)
    local_server.create_signing_key(services)
    services.bus().create()
    services.tenants.create(TENANT)
    services.tokens(TENANT).issue("product", scope=READ_ONLY)
    services.secrets.change(TENANT, _with_the_tokens_of_the_events)
    services.oauth_clients(TENANT).create("events")
    services.secrets.change(TENANT, _with_the_client_of_the_events)
    services.tokens(TENANT).issue("about to expire", days=1)
    _offer(services)
    directory = services.directory(TENANT)
    for user in (*USERS.items(), GONE):
        _create(directory, *user)
    for identifier, name in GROUPS.items():
        members = [{"value": next(iter(USERS))}]
        directory.groups.create({"displayName": name, "members": members}, identifier)
    _begin(services)
    duplicate_run(services, TENANT).advance(RUN, lambda _: False)
    services.reports.create_link(report_files.report_path(TENANT, RUN), datetime.now(UTC), REPORT)
    _refuse(services)
    directory.users.delete(GONE[0])
    _create(directory, *SECOND)


def _begin(services: Services) -> None:
    """Create unfinished changes, as after a killed function: of a group and of a membership."""
    table, since = services.table, "2026-01-05T02:00:00.000Z"
    directory, origin = services.directory(BEGUN), Actor("begun", "token:events")
    journal, writes = LargeChangeItems(table, BEGUN), ResourceWrites(table, BEGUN, origin)
    stays, joins, leaves = (
        directory.users.create({"userName": name}).record for name in ("ada", "grace", "alan")
    )
    members = [{"value": stays.id}, {"value": leaves.id}]
    group = directory.groups.create({"displayName": "Staff", "members": members}).record.id
    change = MemberChanges({joins.id: Kind.USER}, {stays.id: Kind.USER})
    name = journal.write(group, change, origin, since)
    table.transact([begin_change(writes.group_update(group, since, several=True), name)])
    current = directory.users.read(leaves.id).record
    note = journal.start_of_deletion(Kind.USER, leaves.id, origin, since)
    table.transact([*writes.deletion(current, since, 4_102_444_800), note])


@contextmanager
def running(state: Path, port: int = 0) -> Iterator[Services]:
    """Run an emulator with new data, and yield the services over it."""
    with emulator.running(state / "events", fresh=True, port=port) as url:
        services = Services(Settings(endpoint_url=url))
        seed(services)
        yield services


class Snapshot:
    """The items of the table at a moment, to restore: events that write do not affect others."""

    def __init__(self, services: Services) -> None:
        self._client = services.clients.dynamodb
        self._table = services.table.name
        self._items = self._scan()

    def restore(self) -> None:
        """Restore the table."""
        now = self._scan()
        for item in now:
            if item not in self._items:
                key = {"pk": item["pk"], "sk": item["sk"]}
                self._client.delete_item(TableName=self._table, Key=key)
        for item in self._items:
            if item not in now:
                self._client.put_item(TableName=self._table, Item=item)

    def _scan(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._table)
        return [item for page in pages for item in page["Items"]]


def _create(directory: Directory, identifier: str, names: tuple[str, str]) -> None:
    name, address = names
    email = {"value": address, "type": "work", "primary": True}
    user = {"userName": name, "externalId": f"object-{identifier[:4]}", "emails": [email]}
    directory.users.create(user, identifier)


def _with_the_tokens_of_the_events(content: dict[str, Any]) -> dict[str, Any]:
    known = (TOKEN, PRODUCT_TOKEN)
    tokens = [
        {**token, "digest": token_format.digest(plain)}
        for token, plain in zip(content["tokens"], known, strict=True)
    ]
    return {**content, "tokens": tokens}


def _with_the_client_of_the_events(content: dict[str, Any]) -> dict[str, Any]:
    (client,) = content["clients"]
    (secret,) = client["secrets"]
    known = {**secret, "digest": token_format.digest(CLIENT_SECRET)}
    return {**content, "clients": [{**client, "id": CLIENT, "secrets": [known]}]}


def _refuse(services: Services) -> None:
    """Refuse a request two hours ago, after a summary that is two days old."""
    now = datetime.now(UTC)
    refused = now - timedelta(hours=2)
    usage = UsageItems(services.table, TENANT)
    usage.add(refused, {"refused": 1}, None, Refusal(instant(refused), 401))
    services.summaries.compare(TENANT, now - timedelta(days=2))


def _offer(services: Services) -> None:
    """Create the hand-over of the events, which never expires."""
    made, until = "2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"
    digest = token_format.digest(HANDOVER)
    offered = Handover(digest, made, until, TOKEN_DAYS, expires=32_472_144_000)
    HandoverItems(services.table, TENANT).create(offered)
