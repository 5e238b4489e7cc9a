"""What identity providers export: Entra's "Download users" CSV and Microsoft Graph's JSON.

Both are read row by row, whatever their size. A property goes by Graph's name, in any case: the
portal's headings ("User principal name", `objectId`) are the same properties.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from rollcall.reconcile import tables
from rollcall.reconcile.mistake import Mistake

Properties: TypeAlias = dict[str, Any]

NAMES = {
    each.lower(): each
    for each in (
        "id", "userPrincipalName", "mail", "otherMails", "proxyAddresses", "mailNickname",
        "displayName", "givenName", "surname", "employeeId", "accountEnabled", "userType",
        "onPremisesUserPrincipalName", "onPremisesSamAccountName", "identities", "principalId",
        "principalType",
    )
} | {
    "objectid": "id",
    "alternateemailaddress": "otherMails",
    "firstname": "givenName",
    "lastname": "surname",
}  # fmt: skip
"""Graph's names of the properties that are read, by what columns and keys may be called."""

_SEVERAL = {"otherMails", "proxyAddresses"}
_BRACKETS = re.compile(r"\[(.+?)\]")
_NOBODY = "neither id nor userPrincipalName"


@dataclass
class Export:
    """A file of an identity provider, read row by row.

    `seen` are the properties that rows have named, `rows` how many there were, `rejected` the line
    (of a CSV) or number (of JSON) and reason of those that name nobody.
    """

    path: Path
    seen: set[str] = field(default_factory=set)
    rows: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)

    def read(self) -> Iterator[tuple[int, Properties]]:
        """Yield where a row stands and its properties. Raises Mistake, OSError."""
        with tables.opened(self.path) as text:
            if not text.is_json and not _names_people(tables.columns(text)):
                raise Mistake(
                    f"{self.path} has no column userPrincipalName or objectId in its first line"
                )
            for where, raw in tables.rows(text):
                properties = _properties(raw)
                self.rows += 1
                self.seen.update(properties)
                if identity(properties) is None:
                    self.rejected.append((where, _NOBODY))
                else:
                    yield where, properties
        if not self.rows:
            raise Mistake(f"{self.path} holds no rows")


def identity(properties: Mapping[str, Any]) -> str | None:
    """Return what names a person in a row: its object id, else its user principal name."""
    found = properties.get("id") or properties.get("principalId")
    return found or properties.get("userPrincipalName")


@dataclass
class Assigned:
    """Who is in the scope of the job; `groups` counts assigned groups, whose members it lacks."""

    names: set[str] = field(default_factory=set)
    groups: int = 0

    def __contains__(self, properties: Mapping[str, Any]) -> bool:
        """Tell whether a row's object id or user principal name is assigned."""
        both = (properties.get("id"), properties.get("userPrincipalName"))
        return any(each is not None and each.lower() in self.names for each in both)


def assigned(path: Path) -> Assigned:
    """Read who is assigned: a list of ids or names, an export, or Graph's appRoleAssignedTo."""
    found = Assigned()
    with tables.opened(path) as text:
        if not text.is_json and not any(_name(each) in NAMES for each in tables.columns(text)):
            found.names = {line.strip().lower() for line in text.stream if line.strip()}
            return found
    for _, properties in Export(path).read():
        if str(properties.get("principalType", "")).lower() == "group":
            found.groups += 1
        names = (properties.get("principalId"), properties.get("id"))
        # An assignment has an id of its own beside the principal's.
        named = next(filter(None, names), None) or properties.get("userPrincipalName")
        found.names.add(str(named).lower())
        if upn := properties.get("userPrincipalName"):
            found.names.add(str(upn).lower())
    return found


def _names_people(headings: Iterable[str]) -> bool:
    columns = {NAMES.get(_name(each)) for each in headings}
    return bool(columns & {"id", "userPrincipalName", "principalId"})


def _name(heading: str) -> str:
    """Return a heading without what surrounds the property: `Name [displayName] Required`."""
    inner = _BRACKETS.search(heading)
    return re.sub(r"[\s\"_]", "", inner[1] if inner else heading).lower()


def _properties(raw: Mapping[str, Any]) -> Properties:
    """Return the properties of a row by Graph's names; without a value they are None."""
    found: Properties = {}
    for key, value in raw.items():
        name = NAMES.get(_name(key), key)
        if name in _SEVERAL:
            found[name] = _listed(value)
        elif name == "accountEnabled":
            found[name] = str(value).strip().lower() != "false"
        else:
            found[name] = (value.strip() if isinstance(value, str) else value) or None
    return found


def _listed(value: Any) -> list[str]:
    """Return a property of several values: a list, or text that parts them by `;`, `,` or `|`."""
    if isinstance(value, str):
        parts: Iterable[Any] = re.split(r"[;,|]", value.strip("[]"))
    else:
        parts = value or ()
    return [text for each in parts if (text := str(each).strip().strip("\"'"))]
