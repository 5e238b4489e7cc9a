"""Canonical documents: as they are stored, and with the extensions that are declared or not."""

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
    """Part a canonical document into what is declared and what is of undeclared extensions.

    A deployment may cease to declare an extension, or a command run without it: what is stored of
    it is neither served nor lost.
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
