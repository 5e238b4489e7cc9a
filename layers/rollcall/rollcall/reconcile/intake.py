"""The product's accounts as they come from a file: read, checked, put in as local accounts.

A column of a CSV, or a key of a JSON object, is a path as in a PATCH without path: `userName`,
`name.givenName`, `emails[type eq "work"].value`. Names that products use for these are known;
others are mapped, or left out by mapping them to nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from rollcall.reconcile import tables
from rollcall.reconcile.mistake import Mistake
from rollcall.reconcile.tables import Row, Text
from rollcall.scim import indexing, names, patch
from rollcall.scim.body import Document
from rollcall.scim.errors import SCIMException
from rollcall.scim.indexing import Entry
from rollcall.scim.link import LOCAL, Link
from rollcall.scim.resources import ENTERPRISE, Kind, User
from rollcall.storage.table import MAX_BATCH

PROTECTED = "protected"
"""The column that says which accounts no client may change; no attribute of a user."""

NAMES = {
    "username": "userName",
    "login": "userName",
    "email": 'emails[type eq "work"].value',
    "mail": 'emails[type eq "work"].value',
    "privateemail": 'emails[type eq "home"].value',
    "firstname": "name.givenName",
    "givenname": "name.givenName",
    "lastname": "name.familyName",
    "familyname": "name.familyName",
    "surname": "name.familyName",
    "fullname": "displayName",
    "name": "displayName",
    "displayname": "displayName",
    "employeenumber": f"{ENTERPRISE}:employeeNumber",
    "employeeid": f"{ENTERPRISE}:employeeNumber",
    "department": f"{ENTERPRISE}:department",
    "enabled": "active",
    "externalid": "externalId",
    "jobtitle": "title",
    "phone": 'phoneNumbers[type eq "work"].value',
    "mobile": 'phoneNumbers[type eq "mobile"].value',
}
"""Paths by what products call them, without spaces, `_` and `-`, in any case."""

_PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_TRUTH = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}
_IGNORED = {"schemas", "id", "meta", "groups"}
_COMPLEX = {"name"}
"""What is an object in SCIM and a text in products."""


@dataclass(frozen=True)
class Draft:
    """An account that is to be put in: where it stands, its document, and its link."""

    where: int
    document: Document
    link: Link

    @property
    def entry(self) -> Entry:
        """The claim on its userName."""
        return indexing.claim(Kind.USER, self.document)


@dataclass
class Intake:
    """A file of accounts; `rejected` are line and reason of those that are left out.

    `mapping` leads from columns to paths, before the names that are known.
    """

    path: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    rejected: list[tuple[int, str]] = field(default_factory=list)

    def drafts(self) -> Iterator[Draft]:
        """Yield the accounts that can be put in. Raises Mistake for what is no such file."""
        seen: dict[str, int] = {}
        with tables.opened(self.path) as text:
            if not text.is_json:
                self._check(tables.columns(text))
            for where, values in self._rows(text):
                draft = self._draft(where, values)
                if draft is None:
                    continue
                if (first := seen.setdefault(draft.entry.key, where)) != where:
                    self._reject(where, f"its userName stands in line {first} already")
                else:
                    yield draft

    def _rows(self, text: Text) -> Iterator[Row]:
        if not (text.is_json and text.is_lines):
            yield from tables.rows(text)
            return
        for number, line in enumerate(text.stream, 1):
            if line.strip():
                try:
                    values = json.loads(line)
                except ValueError as error:
                    self._reject(number, f"is no JSON: {error}")
                    continue
                if isinstance(values, dict):
                    yield number, values
                else:
                    self._reject(number, "is no JSON object")

    def _draft(self, where: int, values: Mapping[str, Any]) -> Draft | None:
        wanted: dict[str, Any] = {}
        for name, value in values.items():
            path = self._path(name, value)
            if path and value not in (None, "", []):
                wanted[path] = _TRUTH.get(str(value).lower(), value) if path == "active" else value
        protected = str(wanted.pop(PROTECTED, "")).strip().lower() in {"true", "yes", "y", "1"}
        try:
            read = patch.read(Kind.USER, _adding(wanted))
            document = read.apply({"schemas": [str(User.__schema__)]})
            indexing.lookups(Kind.USER, document)
            names.check(Kind.USER, {}, document)
        except SCIMException as error:
            self._reject(where, str(error.detail))
            return None
        if read.ignored:
            self._reject(where, f"{read.ignored[0]} is no attribute of a user")
            return None
        if not str(document.get("userName") or "").strip():
            self._reject(where, "has no userName")
            return None
        return Draft(where, {"active": True, **document}, Link(LOCAL.state, protected))

    def _path(self, name: str, value: Any) -> str:
        if name in self.mapping:
            return self.mapping[name]
        if name in _IGNORED or (name in _COMPLEX and isinstance(value, Mapping)):
            return "" if name in _IGNORED else name
        plain = re.sub(r"[\s_-]", "", name).lower()
        return PROTECTED if plain == PROTECTED else NAMES.get(plain, name)

    def _check(self, columns: Sequence[str]) -> None:
        """Refuse a CSV with columns that mean nothing: a typing error would lose a column."""
        paths = {each: self._path(each, "") for each in columns}
        if "userName" not in paths.values():
            raise Mistake(
                f"{self.path} has no column userName: say which it is, --map COLUMN=userName"
            )
        for name, path in paths.items():
            if path and path != PROTECTED and not _is_known(path):
                raise Mistake(
                    f"{self.path}: the column {name!r} is no attribute of a user: map it, "
                    f"--map '{name}=PATH', or leave it out, --map '{name}='"
                )

    def _reject(self, where: int, reason: str) -> None:
        self.rejected.append((where, reason))


@dataclass(frozen=True)
class Tally:
    """What became of the accounts of a file so far."""

    created: int = 0
    known: int = 0


def put_in(
    drafts: Iterable[Draft],
    taken: Callable[[Iterable[Entry]], set[Entry]],
    create: Callable[[Sequence[Draft]], int],
) -> Iterator[Tally]:
    """Put accounts in, and yield what became of them so far after each hundred.

    Those whose userName is taken are known, and left as they are: whoever repeats an import that
    broke off goes on where it ended. `create` returns how many it made, the others were taken
    meanwhile.
    """
    left, tally = iter(drafts), Tally()
    while batch := list(islice(left, MAX_BATCH)):
        there = taken(each.entry for each in batch)
        new = [each for each in batch if each.entry not in there]
        made = create(new)
        tally = Tally(tally.created + made, tally.known + len(batch) - made)
        yield tally


def mapping(rules: Iterable[str]) -> dict[str, str]:
    """Read `COLUMN=PATH`, where nothing behind the sign leaves a column out. Raises Mistake."""
    found = {}
    for rule in rules:
        column, sign, path = rule.partition("=")
        if not sign or not column.strip():
            raise Mistake(f"{rule!r} is no mapping: write COLUMN=PATH, such as login=userName")
        path = path.strip()
        if path and path != PROTECTED and not _is_known(path):
            raise Mistake(f"{path!r} is no attribute of a user")
        found[column.strip()] = path
    return found


def _adding(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"schemas": [_PATCH_OP], "Operations": [{"op": "add", "value": dict(values)}]}


def _is_known(path: str) -> bool:
    try:
        read = patch.read(Kind.USER, _adding({path: "x"}))
    except SCIMException:
        return True  # the attribute is there, and takes no such value
    return not read.ignored
