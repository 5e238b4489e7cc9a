"""The writes of one tenant's documents with their index entries and counts, as actions.

Each write is one transaction of these actions, those of memberships, and others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rollcall.model.account_link import LINKED, AccountLink
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.document import encoded
from rollcall.scim.resource_type import Kind
from rollcall.storage.held_accounts import kept_lookups
from rollcall.storage.index_entries import CHANGED, IndexEntries
from rollcall.storage.keys import Keys
from rollcall.storage.resources import COUNT_SHARDS
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


class ResourceWrites:
    """The writes of the users and groups of one tenant, by an actor."""

    def __init__(self, table: Table, tenant: str, actor: Actor, *, moved: bool = False) -> None:
        self.table = table
        self.keys = Keys(tenant)
        self._entries = IndexEntries(table, tenant, moved=moved)
        self._actor = actor

    def creation(self, record: Record) -> list[Action]:
        """Return the actions that create a resource; CLAIMED says that its name is taken."""
        return [
            Action(
                "Put",
                self.keys.document(record.kind, record.id),
                item={
                    "document": encoded(record.document),
                    "version": record.version,
                    "created": record.created,
                    "modified": record.modified,
                    "origin": self._actor.item,
                    **({} if record.link == LINKED else {"link": record.link.item}),
                    **({"access": record.access.item} if record.access else {}),
                    "gsi_pk": self.keys.listing(record.kind),
                    "gsi_sk": f"{record.created}#{record.id}",
                    "feed": self.keys.change_partition_of(record.kind, record.id),
                },
                condition="attribute_not_exists(pk)",
                label=CHANGED,
            ),
            self._counted(record.kind, 1, unlinked=int(record.link.local)),
            *self._entries.changes(record, {}, record.document, record.modified),
        ]

    def replacement(
        self,
        before: Record,
        document: Mapping[str, Any],
        now: str,
        *,
        beside: Record | None = None,
        several: bool = False,
        versions: int = 1,
    ) -> list[Action]:
        """Return the actions that replace the document of the version that was read.

        They replace link and access, too, where those of `beside` are others; `several` says that
        several members of a group change; `versions` is by how much the version is raised. CHANGED
        says that it is no longer that version, CLAIMED that the new name is taken.
        """
        sets = "document = :document"
        values: dict[str, Any] = {":document": encoded(document), ":version": before.version}
        if beside is not None and beside.link != before.link:
            sets, values[":link"] = f"{sets}, link = :link", beside.link.item
        if beside is not None and beside.access != before.access:
            sets, values[":access"] = f"{sets}, access = :access", beside.access.item
        return [
            self._update(
                before.kind,
                before.id,
                now,
                several=several,
                versions=versions,
                sets=sets,
                condition="version = :version",
                values=values,
            ),
            *self._entries.changes(before, before.document, document, now),
            *([] if beside is None else self._recounted(before.link, beside.link)),
        ]

    def version_update(self, record: Record, now: str, *, several: bool = False) -> Action:
        """Return the action that raises the version that was read and keeps the document."""
        return self._update(
            record.kind,
            record.id,
            now,
            several=several,
            condition="version = :version",
            values={":version": record.version},
        )

    def link_update(self, record: Record, link: AccountLink) -> list[Action]:
        """Return the actions that change the link alone, which is not in the representation.

        CHANGED says that it is no longer the version that was read, or that its link changed.
        """
        is_default = record.link == LINKED
        change = Action(
            "Update",
            self.keys.document(record.kind, record.id),
            update="SET link = :link, origin = :origin",
            condition=(
                "version = :version AND attribute_exists(document) AND "
                + (
                    "(link = :before OR attribute_not_exists(link))"
                    if is_default
                    else "link = :before"
                )
            ),
            values={
                ":link": link.item,
                ":before": record.link.item,
                ":version": record.version,
                ":origin": self._actor.item,
            },
            label=CHANGED,
        )
        return [change, *self._recounted(record.link, link)]

    def group_update(self, group: str, now: str, *, several: bool = False) -> Action:
        """Return the action that raises the version of a group, whatever its version is.

        CHANGED says that there is no such group any more, or that a change of it is unfinished.
        """
        condition = "attribute_not_exists(pending)"
        return self._update(Kind.GROUP, group, now, several=several, condition=condition, values={})

    def pending_check(self, group: str, change: str) -> Action:
        """Return the check that a change of a group is unfinished; CHANGED says that it is not."""
        return Action(
            "ConditionCheck",
            self.keys.document(Kind.GROUP, group),
            condition="pending = :change AND attribute_exists(document)",
            values={":change": change},
            label=CHANGED,
        )

    def pending_update(self, group: str, change: str, now: str, actor: Actor) -> Action:
        """Return the action that raises the version of a group with an unfinished change.

        A member that the change adds and that was deleted meanwhile was shown to readers, and is
        not any more. CHANGED says that the change is not unfinished.
        """
        return ResourceWrites(self.table, self.keys.tenant, actor)._update(
            Kind.GROUP,
            group,
            now,
            condition="pending = :change",
            values={":change": change},
        )

    def finish_change(self, group: str, change: str) -> None:
        """Mark a change of a group as finished, unless another change is unfinished by now."""
        action = Action(
            "Update",
            self.keys.document(Kind.GROUP, group),
            update="REMOVE pending",
            condition="pending = :change",
            values={":change": change},
        )
        with suppress(ConditionFailed):
            self.table.transact([action])

    def deletion(
        self, record: Record, now: str, expires: int, gone: Iterable[str] = (), due: str = ""
    ) -> list[Action]:
        """Return the actions that replace the version that was read with a tombstone.

        `expires` is the Unix time when the tombstone is deleted, `gone` are the hashes under which
        its values are noted. The tombstone of an account that is held until it is `due` stays, and
        the lookups by which it is found.
        """
        hashes = list(gone)
        kept = kept_lookups(self.keys, record) if due else []
        entries = self._entries.changes(record, record.document, {}, now)
        return [
            Action(
                "Update",
                self.keys.document(record.kind, record.id),
                update=(
                    "SET deleted = :now, modified = :now, feed = :feed, version = :next, "
                    "origin = :origin, gsi_pk = :tombstones, gsi_sk = :order, "
                    f"{'held' if due else 'expires'} = :until"
                    f"{', gone = :gone' if hashes else ''} REMOVE document, pending"
                ),
                condition="version = :version AND attribute_exists(document)",
                values={
                    ":now": now,
                    ":feed": self.keys.change_partition_of(record.kind, record.id),
                    ":until": due or expires,
                    ":version": record.version,
                    ":next": record.version + 1,
                    ":origin": self._actor.item,
                    ":tombstones": self.keys.tombstones(),
                    ":order": f"{now}#{record.kind.value}#{record.id}",
                    **({":gone": hashes} if hashes else {}),
                },
                label=CHANGED,
            ),
            self._counted(record.kind, -1, unlinked=-int(record.link.local)),
            *(action for action in entries if action.key not in kept),
        ]

    def bringing_back(self, version: int, record: Record) -> list[Action]:
        """Return the actions that put a record in the place of a held account's tombstone.

        CHANGED says that it is no longer that version of it, CLAIMED that the name is taken.
        """
        put, *others = self.creation(record)
        condition, values = "version = :version AND attribute_exists(held)", {":version": version}
        return [replace(put, condition=condition, values=values), *others]

    def _update(
        self,
        kind: Kind,
        identifier: str,
        now: str,
        *,
        condition: str,
        values: Mapping[str, Any],
        sets: str = "",
        several: bool = False,
        versions: int = 1,
    ) -> Action:
        """Return the action that changes a living document item and raises its version."""
        changes = ["modified = :now", "feed = :feed", "origin = :origin"]
        feed = self.keys.change_partition_of(kind, identifier)
        values = {**values, ":now": now, ":feed": feed, ":origin": self._actor.item}
        raised = ":one" if versions == 1 else ":versions"
        values |= {raised: versions, **({":one": 1} if several else {})}
        if sets:
            changes.append(sets)
        counters = [f"version {raised}", *(["epoch :one"] if several else [])]
        return Action(
            "Update",
            self.keys.document(kind, identifier),
            update=f"SET {', '.join(changes)} ADD {', '.join(counters)}",
            condition=f"{condition} AND attribute_exists(document)",
            values=values,
            label=CHANGED,
        )

    def _recounted(self, before: AccountLink, after: AccountLink) -> list[Action]:
        """Return the action that counts a user who is local now and was not, or the reverse."""
        change = int(after.local) - int(before.local)
        return [self._counted(Kind.USER, 0, unlinked=change)] if change else []

    def _counted(self, kind: Kind, change: int, unlinked: int = 0) -> Action:
        """Return the action that counts, in another shard when it meets a conflict."""
        shard, *others = (self.keys.count(kind, each) for each in range(COUNT_SHARDS))
        update, values = "ADD amount :change", {":change": change}
        if unlinked:
            update, values[":unlinked"] = f"{update}, unlinked :unlinked", unlinked
        return Action("Update", shard, update=update, values=values, alternatives=others)


def begin_change(action: Action, change: str) -> Action:
    """Return the action on a group's document item that also makes a large change its pending one.

    A transaction takes only one action on an item.
    """
    if action.kind == "Put":
        return replace(action, item={**action.item, "pending": change})
    return replace(
        action,
        update=action.update.replace(" ADD ", ", pending = :pending ADD ", 1),
        values={**action.values, ":pending": change},
    )
