"""Files of a product's accounts: read, checked, and turned into users (RFC 7643 section 4.1).

No account is returned of a file that cannot be read to its end; each line of the others becomes an
account, or is rejected with a reason.

A column of a CSV, or a key of a JSON object, is a path as in a PATCH without path: `userName`,
`name.givenName`, `emails[type eq "work"].value`. The names that products use for these are known;
others are mapped, or left out by mapping them to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollcall.model.account_link import LOCAL, AccountLink
from rollcall.reconcile.files import booleans, row_file
from rollcall.reconcile.files.row import Row, spreadsheet_damage
from rollcall.reconcile.files.row_file import RowFile
from rollcall.reconcile.files.seen_keys import SeenKeys
from rollcall.reconcile.input_error import InputError
from rollcall.scim import indexing, names, patch
from rollcall.scim.body import Document
from rollcall.scim.errors import SCIMException
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_models import User
from rollcall.scim.resource_type import ENTERPRISE, Kind

PROTECTED = "protected"
"""The column of protected accounts, which no client may change; not an attribute of a user."""

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
"""Paths by the names that products use, in lower case and without spaces, `_` and `-`."""

_PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_IGNORED = {"schemas", "id", "meta", "groups"}
_COMPLEX = {"name"}
"""Attributes that are an object in SCIM and often a text in products."""


class _ValueProblem(Exception):  # noqa: N818
    """A value of a row cannot be used; the message says why."""


@dataclass(frozen=True)
class AccountDraft:
    """An account to import: the number of its line or object, its document, and its link."""

    where: int
    document: Document
    link: AccountLink

    @property
    def entry(self) -> IndexEntry:
        """The claim on its userName."""
        return indexing.claim(Kind.USER, self.document)


@dataclass
class AccountFile:
    """A file of accounts; `rejected` holds line and reason of those that cannot be imported.

    `mapping` gives the paths of columns and precedes the known names; `encoding` is for a file that
    is not in Unicode. `unit` is what rows are counted by, `line` or `object`; `partial` says why
    the file is one page of several, and is empty when it is not.
    """

    path: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    rejected: list[tuple[int, str]] = field(default_factory=list)
    unit: str = "line"
    partial: str = ""

    def drafts(self) -> Iterator[AccountDraft]:
        """Yield the accounts that can be imported, after the whole file has been read once.

        Raises InputError, before the first account, for a file that cannot be read.
        """
        with row_file.open_rows(self.path, self.encoding) as table, closing(SeenKeys()) as seen:
            self.unit = table.unit
            if table.headings is not None:
                self._check(table, table.headings)
            if not sum(1 for _ in table.rows()):
                raise InputError(f"{table.file.name} holds no rows")
            self.partial = table.partial
            for row in table.rows():
                draft = self._draft(row)
                if draft is None:
                    continue
                if (first := seen.add(draft.entry.key, row.position)) != row.position:
                    self.reject(row.position, f"its userName stands in {self.unit} {first} already")
                else:
                    yield draft

    def reject(self, where: int, reason: str) -> None:
        """Note that a row is rejected, and why."""
        self.rejected.append((where, reason))

    def _draft(self, row: Row) -> AccountDraft | None:
        """Return the account of a row, None when it is rejected."""
        try:
            found = row.problem or self._read(row)
        except SCIMException as error:
            found = str(error.detail)
        except _ValueProblem as error:
            found = str(error)
        if isinstance(found, AccountDraft):
            return found
        self.reject(row.position, found)
        return None

    def _read(self, row: Row) -> AccountDraft | str:
        """Return the account of a row, or why it is rejected. Raises SCIMException."""
        values = self._values_by_path(row.values)
        protected = _flag(PROTECTED, values.pop(PROTECTED, False))
        read = patch.read(Kind.USER, _adding(values))
        document = read.apply({"schemas": [str(User.__schema__)]})
        indexing.lookups(Kind.USER, document)
        if read.ignored:
            return f"{read.ignored[0]} is no attribute of a user"
        if not str(document.get("userName") or "").strip():
            return "has no userName"
        names.check(Kind.USER, {}, document)
        return AccountDraft(
            row.position, {"active": True, **document}, AccountLink(LOCAL.state, protected)
        )

    def _values_by_path(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row by path. Raises _ValueProblem."""
        values: dict[str, Any] = {}
        columns: dict[str, str] = {}
        for name, value in row.items():
            path = self._path(name, value)
            if not path or value in (None, "", []):
                continue
            if (other := columns.setdefault(path.lower(), name)) != name:
                raise _ValueProblem(f"{other} and {name} are both {path}")
            if problem := spreadsheet_damage(value):
                raise _ValueProblem(f"{name}: {problem}")
            values[path] = _flag(path, value) if path.lower() == "active" else value
        return values

    def _path(self, name: str, value: Any) -> str:
        if name in self.mapping:
            return self.mapping[name]
        if name in _IGNORED or (name in _COMPLEX and isinstance(value, Mapping)):
            return "" if name in _IGNORED else name
        plain = re.sub(r"[\s_-]", "", name).lower()
        return PROTECTED if plain == PROTECTED else NAMES.get(plain, name)

    def _check(self, table: RowFile, columns: Sequence[str]) -> None:
        """Raise InputError for an unknown column: a typing error would lose its values."""
        title = table.title
        paths = {each: self._path(each, "") for each in columns}
        for name in self.mapping:
            if name not in paths:
                raise InputError(f"{title} has no column {name!r}, which --map names")
        if "username" not in map(str.lower, paths.values()):
            raise InputError(
                f"{title} has no column userName: say which it is, --map COLUMN=userName, "
                f"of {table.shown_headings}"
            )
        of_path: dict[str, str] = {}
        for name, path in paths.items():
            if path and path != PROTECTED and not _is_known(path):
                raise InputError(
                    f"{title}: the column {name!r} is no attribute of a user: map it, "
                    f"--map '{name}=PATH', or leave it out, --map '{name}='"
                )
            if path and (other := of_path.setdefault(path.lower(), name)) != name:
                raise InputError(
                    f"{title}: the columns {other!r} and {name!r} are both {path}: "
                    f"leave one of them out, --map '{name}='"
                )


def mapping(rules: Iterable[str]) -> dict[str, str]:
    """Return paths by column from `COLUMN=PATH`; an empty path leaves the column out.

    Raises InputError.
    """
    found: dict[str, str] = {}
    for rule in rules:
        column, sign, path = rule.partition("=")
        if not sign or not column.strip():
            raise InputError(f"{rule!r} is no mapping: write COLUMN=PATH, such as login=userName")
        path = path.strip()
        if path and path != PROTECTED and not _is_known(path):
            raise InputError(f"{path!r} is no attribute of a user")
        if found.setdefault(column.strip(), path) != path:
            raise InputError(f"the column {column.strip()!r} is mapped twice")
    return found


def _flag(name: str, value: Any) -> bool:
    """Return a boolean value. Raises _ValueProblem when it is not one."""
    found = booleans.parse(value) if name == PROTECTED else booleans.parse_state(value)
    if found is None:
        raise _ValueProblem(f"{name} takes true or false")
    return found


def _adding(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"schemas": [_PATCH_OP], "Operations": [{"op": "add", "value": dict(values)}]}


def _is_known(path: str) -> bool:
    try:
        read = patch.read(Kind.USER, _adding({path: "x"}))
    except SCIMException:
        return True  # the attribute is there, and takes no such value
    return not read.ignored
