"""The properties of a person in an export, by the names that Microsoft Graph gives them.

The headings of the portals ("User principal name", `objectId`, "Block credential") stand for the
same properties, in upper or lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from rollcall.reconcile.conflicts import address_list
from rollcall.reconcile.files import booleans
from rollcall.reconcile.files.row import spreadsheet_damage

Properties: TypeAlias = dict[str, Any]

NAMES = {
    name.lower(): name
    for name in (
        "id", "userPrincipalName", "mail", "otherMails", "proxyAddresses", "mailNickname",
        "displayName", "givenName", "surname", "employeeId", "accountEnabled", "userType",
        "onPremisesUserPrincipalName", "onPremisesSamAccountName", "identities", "principalId",
        "principalType", "deletedDateTime",
    )
} | {
    "objectid": "id",
    "alternateemailaddress": "otherMails",
    "alternateemailaddresses": "otherMails",
    "firstname": "givenName",
    "lastname": "surname",
    "enabled": "accountEnabled",
    "accountstatus": "accountEnabled",
    "signinstatus": "accountEnabled",
    "softdeletiontimestamp": "deletedDateTime",
}  # fmt: skip
"""Graph's names of the properties, by the names of columns and keys."""

_NEGATED = {"blockcredential", "blocksignin", "signinblocked", "accountdisabled"}
"""Headings of the opposite of `accountEnabled`."""

LISTS = {"otherMails", "proxyAddresses"}
_OBJECTS = {"identities"}
_KNOWN = set(NAMES.values())
_BRACKETS = re.compile(r"\[([^\[\]]+)\]")


def property_name(heading: str) -> str:
    """Return Graph's name of the property in a heading or a key, empty if it is not read.

    Text around it is ignored: `Name [displayName] Required`.
    """
    plain = _plain(heading)
    return "accountEnabled" if plain in _NEGATED else NAMES.get(plain, "")


def read_properties(raw: Mapping[str, Any]) -> tuple[Properties, dict[str, Any]]:
    """Return the properties of a row by Graph's names, and the values that cannot be read.

    A property without a value, or with one that cannot be read, is None or an empty list. Empty
    aliases are left out: everybody with a mailbox has some. Raises ValueError when two columns of
    one property differ.
    """
    properties: Properties = {}
    unread: dict[str, Any] = {}
    for key, value in raw.items():
        name = property_name(key) or key
        parsed, understood = _read(name, value, negated=_plain(key) in _NEGATED)
        if not understood:
            unread[name] = value
        if name == "proxyAddresses" and value in (None, ""):
            continue
        properties[name], agrees = _merge(properties.get(name), parsed)
        if not agrees:
            raise ValueError(f"has two values of {name}")
    return properties, unread


def merge_properties(
    first: Mapping[str, Any], other: Mapping[str, Any]
) -> tuple[Properties, list[str]]:
    """Return the properties of two rows of one person, and the names of those that differ.

    Where they differ, the first row counts.
    """
    merged, differing = dict(first), []
    for key, value in other.items():
        merged[key], agrees = _merge(first.get(key), value)
        if not agrees and key in _KNOWN - {"id"}:
            differing.append(key)
    return merged, differing


def _merge(first: Any, other: Any) -> tuple[Any, bool]:
    if first in (None, []) or first == other:
        return other, True
    if other in (None, []):
        return first, True
    if isinstance(first, list) and isinstance(other, list):
        return [*first, *(value for value in other if value not in first)], True
    return first, False


def _read(name: str, value: Any, *, negated: bool) -> tuple[Any, bool]:
    """Return a value in the form in which it is compared, and whether all of it was understood."""
    if name in LISTS:
        return address_list.read_addresses(value)
    if name == "accountEnabled":
        enabled = _enabled(value, negated=negated)
        return enabled, enabled is not None
    if name in _OBJECTS and value not in (None, ""):
        is_valid = isinstance(value, list) and all(isinstance(part, Mapping) for part in value)
        return value if is_valid else [], is_valid
    if isinstance(value, str):
        is_damaged = name in _KNOWN and spreadsheet_damage(value)
        return (None, False) if is_damaged else (value.strip() or None, True)
    if name not in _KNOWN or value is None:
        return value or None, True
    return _number(value)


def _number(value: Any) -> tuple[str | None, bool]:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (str(value) if is_number else None), is_number


def _enabled(value: Any, *, negated: bool) -> bool | None:
    blocked = booleans.parse(value) if negated else None
    return booleans.parse_state(value) if blocked is None else not blocked


@lru_cache(maxsize=1_000)
def _plain(heading: str) -> str:
    inner = _BRACKETS.search(heading)
    return re.sub(r"[\s\"_-]", "", inner[1] if inner else heading).lower()
