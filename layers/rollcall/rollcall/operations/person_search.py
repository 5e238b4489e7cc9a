"""Finds the accounts of a person by whatever the person is called, also when they are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

from rollcall.aws.attribute_values import Item
from rollcall.directory.context import Context
from rollcall.model import match_keys, redaction
from rollcall.model.record import Record
from rollcall.operations.accounts import AccountError
from rollcall.operations.operator import Operator
from rollcall.scim.indexing import INDEXED, Indexed
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.aliases import Alias, alias_of
from rollcall.storage.document_item import is_tombstone, record_of
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.held_accounts import HeldAccount
from rollcall.storage.parallel_reads import at_once

Document: TypeAlias = Mapping[str, Any]

PAGE = 25
"""How many accounts are found by the start of their userName at a time, or by one whole name."""


@dataclass(frozen=True)
class NamedAccount:
    """An account that a value led to, and the attributes that have the value, or had it.

    `record` is the account, None when it is deleted; `deleted` is when, empty when that is not
    known any more. `survivor` is the account that it was merged into, `held` until when it can be
    brought back.
    """

    id: str
    attributes: tuple[str, ...]
    record: Record | None = None
    deleted: str = ""
    survivor: str = ""
    held: str = ""

    @property
    def state(self) -> str:
        """The state of the account in a word."""
        if self.record is not None:
            return "active" if self.record.active else "disabled"
        return "merged" if self.survivor else "held" if self.held else "deleted"


@dataclass(frozen=True)
class AccountPage:
    """The accounts that a text leads to, those first that are called so as a whole.

    `rest` is where further accounts begin whose userName begins so, empty when there are none.
    """

    accounts: list[NamedAccount]
    rest: str = ""


@dataclass(frozen=True)
class StoredPerson:
    """One person of a tenant: an account, and the ids that were merged into it.

    `record` is the account, None when it is deleted; `item` is what is stored under its id, empty
    when nothing is; `held` is what is kept of an account whose deletion waits.
    """

    id: str
    record: Record | None
    item: Item = field(default_factory=dict, repr=False)
    merged: tuple[Alias, ...] = ()
    held: HeldAccount | None = None

    @property
    def documents(self) -> list[Document]:
        """All documents that are stored of the person."""
        stubs = (alias.stub for alias in self.merged)
        kept = (self.record, self.held, *stubs)
        return [each.document for each in kept if each is not None]

    @property
    def ids(self) -> frozenset[str]:
        """All ids of the person."""
        return frozenset({self.id, *(alias.id for alias in self.merged)})

    @property
    def deleted(self) -> str:
        """When the account was deleted, empty for one that exists."""
        return str(self.item.get("deleted", ""))


def find(operator: Operator, tenant: str, value: str) -> list[NamedAccount]:
    """Return the accounts with an id, userName, externalId, address, employee number or whole name.

    Deleted accounts are found by id, userName, externalId and address for as long as their
    tombstones are kept. Two round trips, whatever the size of the tenant. Raises TenantError for
    an unknown tenant.
    """
    context = operator.context(tenant)
    return _accounts(context, value, at_once(_ways(context, value)))


def search(operator: Operator, tenant: str, text: str, after: str = "") -> AccountPage:
    """Return what `find` does, and at the same time the accounts whose userName begins with a text.

    With `after`, the `rest` of a page, it returns those that follow by their userName.
    """
    context = operator.context(tenant)
    positions: list[str] = []

    def beginning() -> _Hits:
        entry = USER_NAME.entry(text)
        read = context.resources.positions(Kind.USER, entry, after, limit=PAGE + 1)
        positions.extend(islice(read, PAGE + 1))
        return [(keys.identifier(each), (START,)) for each in positions[:PAGE]]

    ways = [] if after else _ways(context, text)
    found = at_once([*ways, beginning])
    rest = positions[PAGE - 1] if len(positions) > PAGE else ""
    return AccountPage(_accounts(context, "" if after else text, found), rest)


def stored_person(context: Context, name: str) -> StoredPerson:
    """Return the person with an id or a userName; a deleted one also by externalId or address.

    An id that was merged is that of the survivor. Raises AccountError when there is no such person,
    or when several deleted accounts were called that.
    """
    record = context.resources.resolve(Kind.USER, name)
    identifier = record.id if record is not None else _deleted_id(context, name)
    item = context.table.get(context.resources.keys.document(Kind.USER, identifier)) or {}
    merged = tuple(context.aliases.merged_into(identifier))
    record = record_of(Kind.USER, item) if item else None
    held = context.held_accounts.read(identifier)
    return StoredPerson(identifier, record, item, merged, held)


def _deleted_id(context: Context, name: str) -> str:
    """Return the id of a deleted account, at the end of its merges. Raises AccountError."""
    identifier = name
    while (item := context.table.get(context.resources.keys.document(Kind.USER, identifier))) and (
        alias := alias_of(identifier, item)
    ):
        identifier = alias.survivor
    if item and is_tombstone(item):
        return identifier
    users = sorted({each.user for each in context.gone_values.find(name)})
    if len(users) > 1:
        raise AccountError(f"{name} was several accounts: name one by its id, {', '.join(users)}")
    if users:
        return users[0]
    if redaction.is_identifier(name):  # the log may be kept for longer than a tombstone
        return name
    raise AccountError(f"there is no user {name} in {context.tenant}, and none was deleted lately")


_Hits: TypeAlias = list[tuple[str, tuple[str, ...]]]
"""Ids, and the attributes of each that have the value."""

USER_NAME = next(each for each in INDEXED[Kind.USER] if each.unique)
START = "start of userName"


def _ways(context: Context, value: str) -> list[Callable[[], _Hits]]:
    """Return the reads that find who is, or was, called so as a whole."""
    living = [partial(_living, context, indexed, value) for indexed in INDEXED[Kind.USER]]
    return [*living, partial(_named, context, value), partial(_gone, context, value)]


def _accounts(context: Context, identifier: str, read: Iterable[_Hits]) -> list[NamedAccount]:
    """Return the accounts that were found, and the one with an id, in one round trip."""
    found: dict[str, list[str]] = {identifier: ["id"]} if identifier else {}
    for hits in read:
        for each, attributes in hits:
            names = found.setdefault(each, [])
            names += [name for name in attributes if name not in names]
    documents = {each: context.resources.keys.document(Kind.USER, each) for each in found}
    items = context.table.get_many(documents.values())
    accounts = []
    for each, names in found.items():
        key = documents[each]
        item = items.get((key["pk"], key["sk"]))
        account = NamedAccount(each, tuple(names))
        if item is not None:
            accounts.append(
                replace(
                    account,
                    record=record_of(Kind.USER, item),
                    deleted=item.get("deleted", ""),
                    survivor=item.get("alias", ""),
                    held=str(item.get("held", "")),
                )
            )
        elif each != identifier:  # the tombstone has expired before the note of the value
            accounts.append(account)
    return accounts


def _living(context: Context, indexed: Indexed, value: str) -> _Hits:
    name = indexed.attribute.rpartition(":")[2].partition(".")[0]
    entry = indexed.entry(value)
    ids = context.resources.find(Kind.USER, entry, unique=indexed.unique)
    return [(identifier, (name,)) for identifier in ids]


def _named(context: Context, value: str) -> _Hits:
    """Find by a whole name of two words or more, in any order and with or without accents."""
    evidence = match_keys.of_name(value)
    if evidence is None:
        return []
    named = EvidenceIndex(context.table, context.tenant).with_name(evidence.canonical, PAGE)
    return [(each.account, ("name",)) for each in named]


def _gone(context: Context, value: str) -> _Hits:
    return [(each.user, each.attributes) for each in context.gone_values.find(value)]
