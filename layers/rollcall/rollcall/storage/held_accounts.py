"""Held accounts: what a client has deleted, kept until the tenant's grace is over.

A client's deletion leaves the tombstone that every deletion leaves, with the attribute `held`. One
item beside it keeps what is needed to bring the account back; an item without a document is an
account that is back, whose groups are still to be joined again. The lookup of the externalId stays
while an account is held, so that it is found by that, strongly consistent. The name is free.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any, Unpack

from rollcall.aws.attribute_values import Item
from rollcall.model.access import NO_ACCESS, Access
from rollcall.model.account_link import LINKED, AccountLink
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim import indexing
from rollcall.scim.document import encoded
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import access_of, tombstone_expiry
from rollcall.storage.due_accounts import due_attributes
from rollcall.storage.grant_items import GrantContent, grant_of
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import MAX_BATCH, Bounds, Table
from rollcall.storage.transactions import Action, ConditionFailed

NOT_HELD = "not held"
"""The label of the condition that the account is still held."""

EXTERNAL_ID = "externalId"

MAX_BYTES = 380_000
"""How large the item may become; DynamoDB allows 400 kB, names of attributes included."""


@dataclass(frozen=True)
class HeldAccount:
    """An account that a client, `actor`, has deleted and that is purged after `due`.

    `version` is that of the tombstone. `groups` are the ids of the groups that it was in, `grants`
    what it had forever; what it had by its memberships is not kept.
    """

    id: str
    document: Mapping[str, Any]
    version: int
    created: str
    deleted: str
    due: str
    link: AccountLink = LINKED
    access: Access = NO_ACCESS
    groups: Sequence[str] = ()
    grants: Sequence[GrantContent] = ()
    actor: Actor = field(default_factory=Actor)

    @property
    def user_name(self) -> str:
        """The userName that the account had."""
        return str(self.document["userName"])


@dataclass(frozen=True)
class ReturnedAccount:
    """An account that `actor` has brought back, and the ids of the groups that it is to join."""

    groups: Sequence[str]
    actor: Actor


class HeldAccounts:
    """The held accounts of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def holding(self, held: HeldAccount) -> Action:
        """Return the action that keeps a deleted account, with as many groups as there is room."""
        item = _item(held)
        rest = json.dumps({**item, "document": ""}, default=str)
        room = MAX_BYTES - len(item["document"].encode()) - len(rest.encode())
        kept = encoded_groups(held.groups, max(room, 0))
        listed = {
            "gsi_pk": self._keys.held_accounts(),
            "gsi_sk": f"{held.deleted}#{held.id}",
            **due_attributes(self._keys.tenant, held.id, held.due),
        }
        return Action("Put", self._keys.held(held.id), item={**item, "groups": kept, **listed})

    def read(self, identifier: str) -> HeldAccount | None:
        """Read a held account, None when the id is not held."""
        return held_account(identifier, self._table.get(self._keys.held(identifier)) or {})

    def read_many(self, identifiers: Iterable[str]) -> dict[str, HeldAccount]:
        """Read held accounts by their ids, in the order of the ids."""
        held_keys = {identifier: self._keys.held(identifier) for identifier in identifiers}
        items = self._table.get_many(held_keys.values())
        accounts = {
            each: held_account(each, items.get((key["pk"], key["sk"]), {}))
            for each, key in held_keys.items()
        }
        return {each: account for each, account in accounts.items() if account is not None}

    def find(self, external_id: str) -> list[HeldAccount]:
        """Return the held accounts with an externalId, the latest first, strongly consistent.

        It looks at MAX_BATCH accounts: what more of them have names nobody.
        """
        (entry,) = indexing.lookups(Kind.USER, {EXTERNAL_ID: external_id})
        partition = self._keys.lookup_partition(entry)
        items = self._table.query(partition, f"{Kind.USER.value}#", limit=MAX_BATCH)
        held = self.read_many(keys.identifier(item["sk"]) for item in islice(items, MAX_BATCH))
        return sorted(held.values(), key=lambda each: each.deleted, reverse=True)

    def waiting(self, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, str]]:
        """Yield when each held account was deleted, and its id, in the order of deletion.

        It is read from an index, which is eventually consistent.
        """
        for item in self._table.query_index(self._keys.held_accounts(), **bounds):
            deleted, _, identifier = item["gsi_sk"].partition("#")
            yield deleted, identifier

    def all(self) -> Iterator[HeldAccount]:
        """Yield all held accounts in the order of deletion."""
        for batch in self.batches():
            yield from batch

    def batches(self, since: str = "", until: str = "") -> Iterator[list[HeldAccount]]:
        """Yield the held accounts that were deleted within a time, some at once, in that order."""
        found = takewhile(lambda each: not until or each[0] <= until, self.waiting(after=since))
        identifiers = (identifier for _, identifier in found)
        while batch := list(islice(identifiers, MAX_BATCH)):
            yield list(self.read_many(batch).values())

    def purge(self, held: HeldAccount, actor: Actor | None = None) -> list[Action]:
        """Return the actions that leave nothing of a held account but an ordinary tombstone.

        NOT_HELD says that the account is not held any more. Without an actor, the tombstone goes on
        naming the one who deleted the account.
        """
        origin = "" if actor is None else ", origin = :origin"
        tombstone = Action(
            "Update",
            self._keys.document(Kind.USER, held.id),
            update=f"SET expires = :expires{origin} REMOVE held",
            condition="version = :version AND attribute_exists(held)",
            values={
                ":expires": tombstone_expiry(held.deleted),
                ":version": held.version,
                **({} if actor is None else {":origin": actor.item}),
            },
            label=NOT_HELD,
        )
        lookups = [Action("Delete", key) for key in kept_lookups(self._keys, held)]
        return [tombstone, self._removal(held), *lookups]

    def bringing_back(
        self, held: HeldAccount, groups: Sequence[str], now: str, actor: Actor
    ) -> Action:
        """Return the action on the item of an account that comes back into some groups."""
        if not groups:
            return self._removal(held)
        return Action(
            "Put",
            self._keys.held(held.id),
            item={
                "groups": encoded_groups(groups),
                "origin": actor.item,
                "gsi_pk": keys.UNFINISHED,
                "gsi_sk": f"{now}#{held.id}",
            },
            condition="deleted = :deleted",
            values={":deleted": held.deleted},
            label=NOT_HELD,
        )

    def returned(self, identifier: str) -> ReturnedAccount | None:
        """Return an account that is back and may still be to join groups, None without any."""
        item = self._table.get(self._keys.held(identifier))
        if item is None or "document" in item:
            return None
        return ReturnedAccount(tuple(groups_in(item)), Actor(**item["origin"]))

    def save_return(self, identifier: str, groups: Sequence[str]) -> None:
        """Store which groups an account that is back is still to join."""
        update = Action(
            "Update",
            self._keys.held(identifier),
            update="SET groups = :groups",
            condition="attribute_exists(pk) AND attribute_not_exists(document)",
            values={":groups": encoded_groups(groups)},
        )
        with suppress(ConditionFailed):  # another has finished it, or it was deleted again
            self._table.update(update)

    def finish_return(self, identifier: str) -> Action:
        """Return the action that notes that an account has joined its groups again."""
        return Action(
            "Delete", self._keys.held(identifier), condition="attribute_not_exists(document)"
        )

    def _removal(self, held: HeldAccount) -> Action:
        return Action(
            "Delete",
            self._keys.held(held.id),
            condition="deleted = :deleted",
            values={":deleted": held.deleted},
            label=NOT_HELD,
        )


def kept_lookups(tenant_keys: Keys, account: HeldAccount | Record) -> list[Key]:
    """Return the keys of the lookups that stay while an account is held."""
    return [
        tenant_keys.lookup(Kind.USER, entry, account.id)
        for entry in sorted(indexing.lookups(Kind.USER, account.document))
        if entry.attribute == EXTERNAL_ID
    ]


def encoded_groups(groups: Iterable[str], room: int = MAX_BYTES) -> str:
    """Return ids of groups in one text, as many as there is room for: bytes."""
    text = " ".join(groups)
    return text if len(text) <= room else text[: max(text.rfind(" ", 0, room + 1), 0)]


def groups_in(item: Item) -> list[str]:
    """Return the ids of groups in the item of a held account."""
    return str(item.get("groups", "")).split()


def _item(held: HeldAccount) -> Item:
    return {
        "document": encoded(held.document),
        "version": held.version,
        "created": held.created,
        "deleted": held.deleted,
        "due": held.due,
        "link": held.link.item,
        "grants": [dict(each) for each in held.grants],
        "origin": held.actor.item,
        **({"access": held.access.item} if held.access else {}),
    }


def held_account(identifier: str, item: Item) -> HeldAccount | None:
    """Return the held account in an item, None where it has no document any more."""
    if "document" not in item:
        return None
    return HeldAccount(
        id=identifier,
        document=json.loads(item["document"]),
        version=int(item["version"]),
        created=item["created"],
        deleted=item["deleted"],
        due=item["due"],
        link=AccountLink.of(item["link"]),
        access=access_of(item),
        groups=tuple(groups_in(item)),
        grants=tuple(map(grant_of, item["grants"])),
        actor=Actor(**item["origin"]),
    )
