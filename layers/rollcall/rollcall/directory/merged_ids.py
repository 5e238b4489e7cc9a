"""The ids of merged users: some lead to the survivor, some are answered with a stub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.body import Document
from rollcall.scim.resource_type import ENTERPRISE


def survivor(context: Context, identifier: str) -> str:
    """Return the id of the user that an id was merged into, the id itself where it was not.

    The survivor may have been merged later; merges never form a circle.
    """
    while (alias := context.aliases.read(identifier)) is not None:
        identifier = alias.survivor
    return identifier


def read(context: Context, identifier: str) -> tuple[Record, list[str]] | None:
    """Return the record that answers a merged id, its stub or else the survivor, and its groups.

    None when the id was not merged.
    """
    alias = context.aliases.read(identifier)
    if alias is None:
        return None
    if alias.stub is not None:
        return alias.stub, []
    return context.resources.read_user(survivor(context, alias.survivor))


def stub(context: Context, identifier: str) -> tuple[Record, list[str]] | None:
    """Return the stub of a merged id, which has no groups; None when there is none."""
    alias = context.aliases.read(identifier)
    return None if alias is None or alias.stub is None else (alias.stub, [])


def with_current_manager(context: Context, before: Mapping[str, Any], after: Document) -> Document:
    """Return a document whose manager is the survivor, where the manager's id was merged.

    Reads only when the manager has changed.
    """
    extension = after.get(ENTERPRISE, {})
    manager = extension.get("manager")
    if not manager or manager == before.get(ENTERPRISE, {}).get("manager"):
        return after
    current = survivor(context, manager["value"])
    if current == manager["value"]:
        return after
    return {**after, ENTERPRISE: {**extension, "manager": {**manager, "value": current}}}
