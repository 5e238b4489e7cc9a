"""Canonical documents: their stored form, their declared and their undeclared extensions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rollcall.scim.errors import PayloadTooLargeException
from rollcall.scim.resource_type import EXTENSIONS, Kind

MAX_DOCUMENT = 300_000
"""The bytes of a stored document."""


def encoded(document: Mapping[str, Any]) -> str:
    """Return a document as it is stored. Raises PayloadTooLargeException."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_DOCUMENT:
        raise PayloadTooLargeException(
            detail=f"a resource without its members has at most {MAX_DOCUMENT // 1000} kB"
        )
    return text


def split_extensions(
    kind: Kind, document: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a canonical document into its declared part and its undeclared extensions.

    A deployment may no longer declare an extension, or a command may run without it: its stored
    values are neither served nor lost.
    """
    known = EXTENSIONS[kind]
    foreign = {key: item for key, item in document.items() if ":" in key and key not in known}
    own = {key: item for key, item in document.items() if key not in foreign}
    return own | {"schemas": [urn for urn in document["schemas"] if urn not in foreign]}, foreign


def merge_extensions(document: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with extensions beside its own, all of them among its `schemas`."""
    whole = {**document, **others}
    listed = dict.fromkeys([*document["schemas"], *(key for key in whole if ":" in key)])
    return whole | {"schemas": list(listed)}
