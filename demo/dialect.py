"""The two dialects of PATCH that Entra sends, often both to one tenant (RFC 7644 section 3.5.2).

Which one a job speaks is the administrator's choice by a flag in the Tenant URL; provisioning on
demand speaks the newer one whatever was chosen.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from demo.mappings import ENTERPRISE, Change, Document, Value

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
FLAG = "aadOptscim062020"
"""The query parameter in the Tenant URL that asks for the newer dialect."""


class Dialect(StrEnum):
    """How a job writes its PATCH requests: in its older form, or as in RFC 7644."""

    LEGACY = "legacy"
    STANDARD = "standard"


def patch(operations: list[Document]) -> Document:
    """Wrap operations into the body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": operations}


def attributes(changes: Mapping[str, Change], dialect: Dialect) -> list[Document]:
    """Write the changed attributes of one user or group as operations."""
    if dialect is Dialect.LEGACY:
        return [_legacy(target, change) for target, change in changes.items()]
    added = {
        target: change.after for target, change in changes.items() if change.before in (None, "")
    }
    # A value that is gone goes out as an empty string, value paths too (clients.md U16).
    replaced: dict[str, Value] = {
        target: "" if change.after is None else change.after
        for target, change in changes.items()
        if target not in added
    }
    operations: list[Document] = [
        {"op": "add", "path": target, "value": value} for target, value in added.items()
    ]
    if len(replaced) == 1:
        target, value = next(iter(replaced.items()))
        operations.append({"op": "replace", "path": target, "value": value})
    elif replaced:
        operations.append({"op": "replace", "value": replaced})
    return operations


def manager(change: Change, dialect: Dialect) -> list[Document]:
    """Write a change of a user's manager, given as SCIM ids (clients.md U7, U8)."""
    if dialect is Dialect.LEGACY:
        if change.after is None:
            return [{"op": "Remove", "path": "manager"}]
        op = "Add" if change.before is None else "Replace"
        return [{"op": op, "path": "manager", "value": [{"$ref": None, "value": change.after}]}]
    if change.after is None:
        return [{"op": "remove", "path": f'manager[value eq "{change.before}"]'}]
    op = "add" if change.before is None else "replace"
    return [{"op": op, "path": f"{ENTERPRISE}:manager", "value": change.after}]


def members(leaving: Iterable[str], joining: Iterable[str], dialect: Dialect) -> list[Document]:
    """Write a change of a group's members, given as SCIM ids (clients.md G3 to G5, G8)."""
    out, into = list(leaving), list(joining)
    operations: list[Document] = []
    if dialect is Dialect.LEGACY:
        if out:
            gone = [{"value": member} for member in out]
            operations.append({"op": "Remove", "path": "members", "value": gone})
        if into:
            new: list[Document] = [{"$ref": None, "value": member} for member in into]
            operations.append({"op": "Add", "path": "members", "value": new})
        return operations
    operations += [{"op": "remove", "path": f'members[value eq "{member}"]'} for member in out]
    if into:
        value = [{"value": member} for member in into]
        operations.append({"op": "add", "path": "members", "value": value})
    return operations


def _legacy(target: str, change: Change) -> Document:
    if change.after is None:
        # The value that is gone travels along and means nothing (clients.md U17).
        return {"op": "Remove", "path": target, "value": _text(change.before)}
    op = "Add" if change.before is None else "Replace"
    return {"op": op, "path": target, "value": _text(change.after)}


def _text(value: Value) -> Value:
    return str(value) if isinstance(value, bool) else value
