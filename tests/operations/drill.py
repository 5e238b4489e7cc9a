"""A tenant before and after a damage, and a copy of the table that was made before it.

The engine has no point-in-time recovery, and the emulator's ignores the time. So the copy is made
here, before the damage, under the name that the command looks for; `tests/aws/test_table_copies.py`
checks the call that makes it on AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from rollcall.aws.table_copies import TableCopies
from rollcall.dev import local_server
from rollcall.directory.directory import Directory
from rollcall.operations.operator import Operator
from rollcall.operations.table_restore import Restoration
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.resource_type import Kind
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests import dynamodb
from tests.conftest import Server
from tests.directory.people import ENTERPRISE, adding, group, patch, removing, setting, user
from tests.operations.operators import Templates, UserAccesses, operator_of

TENANT = "acme"
PEOPLE = ("ann", "bob", "carl", "dora", "ed", "fay", "gus", "hal")


@contextmanager
def deployment(server: Server) -> Iterator[Services]:
    """Yield tables and secrets of a test's own on the emulator, which compares and swaps as AWS."""
    name = str(uuid4())
    endpoint = server.running.endpoint_url
    settings = Settings(
        name, f"{name}/tenants", endpoint, signing_keys=f"{name}-s", erasures=f"{name}-erasures"
    )
    services = Services(settings, server.services.clients)
    local_server.create_table(services)
    local_server.create_erasures(services)
    try:
        yield services
    finally:
        services.tenants.delete(TENANT)
        for table in (settings.table, settings.erasures):
            services.clients.dynamodb.delete_table(TableName=table)


def slept(_: float) -> None:
    """Wait for nothing."""


@dataclass
class Drill:
    """A deployment with one tenant; ids by names. `at` is the time of the copy."""

    services: Services
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    ids: dict[str, str] = field(default_factory=dict)
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def operator(self) -> Operator:
        """The operator who restores."""
        return operator_of(self.services, TENANT).because("a drill")

    @property
    def directory(self) -> Directory:
        """The tenant's directory, as a request of an operator changes it."""
        return Directory(self.operator.context(TENANT))

    @property
    def how(self) -> Restoration:
        """How the drill restores: to the time of the copy, without waiting."""
        return Restoration(self.at, lambda each: self.shown.append(dict(each)), sleep=slept)

    @property
    def copy(self) -> Services:
        """The same deployment over the copy of the table."""
        name = TableCopies(self.services.clients.dynamodb, self.services.table.name).name(self.at)
        return Services(replace(self.services.settings, table=name), self.services.clients)

    def fill(self) -> None:
        """Make eight people, two groups, and templates that give access."""
        templates = Templates(self.operator, TENANT)
        staff = Selector("displayName", "Staff")
        templates.set(
            [
                Template("everybody", areas={"induction": "read"}),
                Template("staff", staff, {"code": "edit", "wiki": "edit"}, lasts=MEMBERSHIP),
            ]
        )
        for name in PEOPLE:
            self.ids[name] = user(
                self.directory,
                f"{name}@x.test",
                externalId=f"E-{name}",
                emails=[{"value": f"{name}@x.test", "type": "work"}],
                **{ENTERPRISE: {"employeeNumber": f"No. {name}"}},
            )
        self.ids["Staff"] = group(self.directory, "Staff", *(self.ids[each] for each in PEOPLE[:6]))
        self.ids["Inner"] = group(self.directory, "Inner", self.ids["gus"])
        self.ids["Old"] = group(self.directory, "Old", self.ids["ann"], self.ids["Inner"])
        UserAccesses(self.operator, TENANT).grant("gus@x.test", {"safe": "manage"}, "administrator")

    @contextmanager
    def copied(self) -> Iterator[None]:
        """Make the copy of the table as it is now, for as long as the block runs."""
        items = dynamodb.copied(self.services)
        copy = self.copy
        local_server.create_table(copy)
        try:
            dynamodb.paste(copy, items)
            yield
        finally:
            copy.clients.dynamodb.delete_table(TableName=copy.table.name)

    def shut_out(self) -> None:
        """Do what must hold on: delete, disable, revoke, erase, delete a group."""
        users, ids = self.directory.users, self.ids
        users.delete(ids["bob"])
        users.patch(ids["carl"], patch(("replace", "active", False)))
        UserAccesses(self.operator, TENANT).revoke("gus@x.test", ["safe"], role=True)
        UserAccesses(self.operator, TENANT).revoke("dora@x.test", ["wiki"])
        self.services.erasures(TENANT).record(ids["ed"], (), datetime.now(UTC))
        self.directory.users.delete(ids["ed"])
        self.directory.groups.delete(ids["Old"])

    def damage(self) -> None:
        """Do what is to be undone: values, names, memberships, accounts, templates, lost rows."""
        ids = self.ids
        for name in ("ann", "carl", "fay"):
            self.directory.users.patch(
                ids[name],
                patch(("replace", "title", "wrong"), ("remove", "emails", None)),
            )
        self._swap_names("gus", "hal")
        self.directory.groups.patch(ids["Staff"], setting(ids["hal"]))
        self.directory.groups.patch(ids["Inner"], adding(ids["ann"]))
        self.directory.groups.patch(ids["Inner"], removing(ids["gus"]))
        self.ids["new"] = user(self.directory, "new@x.test")
        self.ids["Newer"] = group(self.directory, "Newer", self.ids["new"], ids["ann"])
        Templates(self.operator, TENANT).set([Template("everybody", areas={"induction": "manage"})])
        self._lose("fay")

    def _swap_names(self, one: str, other: str) -> None:
        for name, becomes in ((one, "between"), (other, f"{one}@x.test"), (one, f"{other}@x.test")):
            change = patch(("replace", "userName", becomes))
            self.directory.users.patch(self.ids[name], change)

    def _lose(self, name: str) -> None:
        """Delete the document of a user behind the back of everything."""
        keys = self.operator.context(TENANT).writes.keys
        self.services.table.delete([keys.document(Kind.USER, self.ids[name])])
