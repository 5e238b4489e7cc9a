"""The document of two users that are merged into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.scim.body import Document
from rollcall.scim.resource_type import ENTERPRISE

IDENTITY = ("userName", "externalId", "active")
"""Attributes of the surviving user only, whether it has them or not."""

SHOWN = ("emails", "name", "displayName")
"""Attributes of the surviving user, if it has them."""


def merge_documents(
    identity: Mapping[str, Any], kept: Mapping[str, Any], removed: Mapping[str, Any]
) -> Document:
    """Return the document of two users that become one.

    `identity` is the one of the two whose id and identity stay. Where both have another attribute,
    `kept` wins; a multi-valued attribute gets the values of both.
    """
    document = _both(kept, removed)
    for name in (*IDENTITY, *SHOWN):
        if name in identity:
            document[name] = identity[name]
        elif name in IDENTITY:
            document.pop(name, None)
    if number := identity.get(ENTERPRISE, {}).get("employeeNumber"):
        document[ENTERPRISE] = {**document[ENTERPRISE], "employeeNumber": number}
    return {**document, "schemas": _schemas(kept, removed)}


def replace_manager(document: Mapping[str, Any], removed: str, survivor: str, own: str) -> Document:
    """Return a user's document whose manager, if it was removed, is the survivor.

    `own` is the user's id: nobody becomes a manager of themselves by a merge.
    """
    extension = dict(document.get(ENTERPRISE, {}))
    manager = extension.get("manager", {}).get("value")
    if manager == removed:
        extension["manager"] = {**extension["manager"], "value": survivor}
        manager = survivor
    if manager == own:
        del extension["manager"]
    if extension == document.get(ENTERPRISE, {}):
        return dict(document)
    rest = {key: value for key, value in document.items() if key != ENTERPRISE}
    if extension:
        return {**rest, ENTERPRISE: extension}
    return {**rest, "schemas": [each for each in document["schemas"] if each != ENTERPRISE]}


def _both(kept: Any, removed: Any) -> Any:
    if isinstance(kept, Mapping) and isinstance(removed, Mapping):
        together = {**removed, **kept}
        for name in kept.keys() & removed.keys():
            together[name] = _both(kept[name], removed[name])
        return together
    if isinstance(kept, list) and isinstance(removed, list):
        return _values(kept, removed)
    return kept


def _values(kept: list[Any], removed: list[Any]) -> list[Any]:
    """Return the values of both, those of `removed` without a claim to be primary."""
    known = [_plain(each) for each in kept]
    return [*kept, *(plain for each in removed if (plain := _plain(each)) not in known)]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if name != "primary"}
    return value


def _schemas(kept: Mapping[str, Any], removed: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*kept["schemas"], *removed["schemas"]]))
