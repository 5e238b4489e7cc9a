"""Compares held accounts with their tombstones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rollcall.aws.attribute_values import Item
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import tombstone_expiry
from rollcall.storage.faults import Fault
from rollcall.storage.held_accounts import HeldAccount
from rollcall.storage.keys import Keys
from rollcall.storage.transactions import Action


@dataclass
class HeldCheck:
    """The held accounts of a tenant, and the tombstones that say that there is one; both by id."""

    accounts: dict[str, HeldAccount] = field(default_factory=dict)
    tombstones: dict[str, Item] = field(default_factory=dict)

    def faults(self, tenant_keys: Keys) -> Iterator[Fault]:
        """Yield the accounts without such a tombstone, and the reverse."""
        for identifier, held in self.accounts.items():
            if identifier not in self.tombstones:
                left = Action(
                    "Delete",
                    tenant_keys.held(identifier),
                    condition="deleted = :deleted",
                    values={":deleted": held.deleted},
                )
                yield Fault(f"{identifier} is held, and its deletion does not wait", (left,))
        for identifier, item in self.tombstones.items():
            if identifier not in self.accounts:
                tombstone = Action(
                    "Update",
                    tenant_keys.document(Kind.USER, identifier),
                    update="SET expires = :expires REMOVE held",
                    condition="attribute_exists(held)",
                    values={":expires": tombstone_expiry(item["deleted"])},
                )
                problem = f"the deletion of {identifier} waits, and nothing is held"
                yield Fault(problem, (tombstone,))
