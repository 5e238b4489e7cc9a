"""What identity providers export: Entra's "Download users" CSV and Microsoft Graph's JSON.

Both are read row by row, whatever their size. A property goes by Graph's name, in any case: the
portal's headings ("User principal name", `objectId`) are the same properties.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import ijson

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
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BRACKETS = re.compile(r"\[(.+?)\]")
_PAGE = re.compile(r'^\s*\{[^[]*?"value"\s*:\s*\[', re.DOTALL)


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
        encoding = _encoding(self.path)
        try:
            with self.path.open(encoding=encoding, newline="") as stream:
                begin = stream.read(65_536)
                stream.seek(0)
                if not begin.strip():
                    raise Mistake(f"{self.path} is empty")
                rows = _json if begin.lstrip()[0] in "[{" else _csv
                for where, raw in rows(stream, begin):
                    properties = _properties(raw)
                    self.rows += 1
                    self.seen.update(properties)
                    if identity(properties) is None:
                        self.rejected.append((where, "neither id nor userPrincipalName"))
                    else:
                        yield where, properties
        except UnicodeError as error:
            raise Mistake(f"{self.path} is not text in UTF-8 or UTF-16") from error
        except csv.Error as error:
            raise Mistake(f"{self.path} cannot be read as CSV: {error}") from error
        except ijson.JSONError as error:
            said = str(error).strip().splitlines()[0]
            raise Mistake(f"{self.path} cannot be read as JSON: {said}") from error
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
    text = path.read_text(encoding=_encoding(path))
    if not text.strip():
        raise Mistake(f"{path} is empty")
    if text.lstrip()[0] not in "[{" and not _is_headed(text.splitlines()[0]):
        found.names = {line.strip().lower() for line in text.splitlines() if line.strip()}
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


def _is_headed(line: str) -> bool:
    return any(_name(each) in NAMES for each in re.split("[,;\t]", line))


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        begin = stream.read(4)
    return next((name for bom, name in _BOMS.items() if begin.startswith(bom)), "utf-8")


def _csv(stream: TextIO, begin: str) -> Iterator[tuple[int, Properties]]:
    heading = begin.splitlines()[0]
    # Spreadsheets save with what their country parts numbers by.
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(stream, delimiter=delimiter)
    columns = [NAMES.get(_name(each), each.strip()) for each in next(reader)]
    if not {"id", "userPrincipalName", "principalId"} & set(columns):
        raise Mistake(
            f"{stream.name} has no column userPrincipalName or objectId in its first line"
        )
    for row in reader:
        if any(row):
            yield reader.line_num, dict(zip(columns, row, strict=False))


def _name(heading: str) -> str:
    """Return a heading without what surrounds the property: `Name [displayName] Required`."""
    inner = _BRACKETS.search(heading)
    return re.sub(r"[\s\"_]", "", inner[1] if inner else heading).lower()


def _json(stream: TextIO, begin: str) -> Iterator[tuple[int, Properties]]:
    where = "item" if begin.lstrip()[0] == "[" else "value.item" if _PAGE.match(begin) else ""
    # Pages of Graph may follow one another, and so may lines that are an object each.
    found = ijson.items(_Encoded(stream), where, multiple_values=True)
    for number, each in enumerate(found, 1):
        if not isinstance(each, dict):
            raise Mistake(f"{stream.name}: number {number} is not an object")
        yield number, each


@dataclass
class _Encoded:
    """A text stream as the parser wants it: in UTF-8, whatever the file is in."""

    stream: TextIO

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(size).encode()


def _properties(raw: Mapping[str, Any]) -> Properties:
    """Return the properties of a row by Graph's names; without a value they are None."""
    found: Properties = {}
    for key, value in raw.items():
        name = NAMES.get(key.lower(), key)
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
