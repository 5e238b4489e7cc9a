"""What clients meet of a merge: ids that mean another user, stubs that answer for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.body import Document
from rollcall.scim.resource_type import ENTERPRISE


def survivor(context: Context, identifier: str) -> str:
    """Return the id that an id means by now, itself unless it was merged into another.

    A merge into a user that was merged later leads on; a circle cannot be made.
    """
    while (alias := context.aliases.read(identifier)) is not None:
        identifier = alias.survivor
    return identifier


def read(context: Context, identifier: str) -> tuple[Record, list[str]] | None:
    """Return the user that an id without a user of its own answers with, and its groups.

    A stub answers as itself; any other merged id with the survivor.
    """
    alias = context.aliases.read(identifier)
    if alias is None:
        return None
    if alias.stub is not None:
        return alias.stub, []
    return context.resources.read_user(survivor(context, alias.survivor))


def stub(context: Context, identifier: str) -> tuple[Record, list[str]] | None:
    """Return the stub that an id answers with, which is in no group; None when it has none."""
    alias = context.aliases.read(identifier)
    return None if alias is None or alias.stub is None else (alias.stub, [])


def managed(context: Context, before: Mapping[str, Any], after: Document) -> Document:
    """Return a document with the user that its manager's id means; reads only where it changed."""
    extension = after.get(ENTERPRISE, {})
    manager = extension.get("manager")
    if not manager or manager == before.get(ENTERPRISE, {}).get("manager"):
        return after
    found = survivor(context, manager["value"])
    if found == manager["value"]:
        return after
    return {**after, ENTERPRISE: {**extension, "manager": {**manager, "value": found}}}
