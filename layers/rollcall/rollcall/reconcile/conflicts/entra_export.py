"""Exports of users: Entra's "Download users" CSV and Microsoft Graph's JSON.

Both are read row by row, whatever their size. Values that cannot be read, and pages that the file
lacks, are reported as not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollcall.reconcile.conflicts import entra_properties
from rollcall.reconcile.conflicts.entra_properties import Properties
from rollcall.reconcile.conflicts.unread_values import UnreadValues
from rollcall.reconcile.files import row_file
from rollcall.reconcile.files.row import Row
from rollcall.reconcile.files.row_file import RowFile
from rollcall.reconcile.input_error import InputError

PAGES = (
    "ask for each `@odata.nextLink` in turn, and put all answers one after another into one file"
)
_IDENTIFIERS = {"id", "userPrincipalName", "principalId"}
_WORD = re.compile(r"[^\s,;]+")
_NOBODY = "neither id nor userPrincipalName"
_NOT_USERS = {"group", "device", "serviceprincipal", "orgcontact", "administrativeunit"}
"""The types of objects in directories and groups that are not users."""


@dataclass
class EntraExport:
    """An export, read row by row; `encoding` is for a file that is not in Unicode.

    `more` are further files of it, such as the other pages of an answer, in any order.
    After reading: `property_names` are the properties that rows have, `rows` their number,
    `rejected` position and reason of the rows that name nobody for certain, `unread` the values
    that were not understood, `partial` why the file is only a part of an answer.
    """

    path: Path
    encoding: str | None = ""
    more: Sequence[Path] = ()
    property_names: set[str] = field(default_factory=set)
    rows: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    unread: UnreadValues = field(default_factory=UnreadValues)
    partial: str = ""
    unit: str = "row"

    def read(self) -> Iterator[tuple[int, Properties]]:
        """Yield the position and the properties of each row. Raises InputError, OSError."""
        pages = _SeenPages()
        for path in (self.path, *self.more):
            yield from self._read_file(path, pages)
        if self.more:
            self.partial = pages.partial(self.rows)

    def _read_file(self, path: Path, pages: _SeenPages) -> Iterator[tuple[int, Properties]]:
        with row_file.open_rows(path, self.encoding) as table:
            _check_headings(table)
            self.unit = table.unit
            before, rejected = self.rows, len(self.rejected)
            for row in table.rows():
                self.rows += 1
                properties = self._read(row, f"{path.name}: " if self.more else "")
                if properties is not None:
                    yield row.position, properties
            self.partial = table.partial
            pages.add(table)
        if self.rows == before:
            raise InputError(f"{path} holds no rows")
        if self.rows - before == len(self.rejected) - rejected:
            where, reason = self.rejected[rejected]
            reason = reason.removeprefix(f"{path.name}: ")
            raise InputError(f"{path} names nobody: {self.unit} {where}: {reason}")

    @property
    def complete(self) -> bool:
        """Whether every row was read, and the file is not one page of several."""
        return not self.partial and not self.rejected

    def doubts(self) -> Iterator[str]:
        """Yield what the file mentions and could not be checked, as sentences."""
        if self.partial:
            what = "The files are not all pages" if self.more else "The file is one page of several"
            yield (f"{what}: {self.partial}. Whoever is on the others was not checked: {PAGES}.")
        yield from self.unread.sentences()

    def _read(self, row: Row, file: str) -> Properties | None:
        """Return the properties of a row, None when it is rejected."""
        problem = row.problem or _problem(row.values)
        if not problem:
            try:
                properties, unread = entra_properties.read_properties(row.values)
            except ValueError as error:
                problem = str(error)
            else:
                problem = _NOBODY if identity(properties) is None else ""
                problem = "is deleted there" if properties.get("deletedDateTime") else problem
        if problem:
            self.rejected.append((row.position, f"{file}{problem}"))
            return None
        for name, value in unread.items():
            self.unread.add(name, f"{file}{self.unit} {row.position}", value)
        self.property_names.update(properties)
        return properties


@dataclass
class _SeenPages:
    """What several files say about the pages that they are."""

    files: int = 0
    counted: int = 0
    following: list[str] = field(default_factory=list)

    def add(self, table: RowFile) -> None:
        self.files += 1
        self.counted = max(self.counted, table.counted)
        if table.following:
            self.following.append(table.following)

    def partial(self, rows: int) -> str:
        """Return why the files are only a part of an answer; empty if they are all of it."""
        if len(set(self.following)) < len(self.following):
            return "two of them are the same page"
        if len(self.following) == self.files:
            return "each of them names another one (`@odata.nextLink`)"
        if rows < self.counted:
            return f"they count {self.counted:,} and have {rows:,} (`@odata.count`)"
        return ""


@dataclass
class Assignments:
    """The people in the scope of the job, by object id and user principal name.

    `groups` counts assigned groups, whose members the file lacks. `other_name` maps each of two
    names of one person to the other. `doubts` are values that were not understood, as sentences.
    """

    names: set[str] = field(default_factory=set)
    groups: int = 0
    other_name: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    partial: bool = False

    def __contains__(self, person: Mapping[str, Any]) -> bool:
        """Tell whether the object id or the user principal name of a person is assigned."""
        return not self.names.isdisjoint(_names(person))

    def missing(self, people: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the names of those who are assigned and not among some people, one name each."""
        missing = set(self.names)
        for person in people:
            for name in _names(person):
                missing -= {name, self.other_name.get(name, name)}
        return sorted(name for name in missing if self.other_name.get(name, name) >= name)


def read_assignments(path: Path, encoding: str | None = "") -> Assignments:
    """Read assignments: a list of ids or names, an export, or Graph's appRoleAssignedTo.

    Raises InputError, OSError.
    """
    assignments, unread = Assignments(), UnreadValues()
    with row_file.open_rows(path, encoding) as table:
        headings = table.headings
        if headings is not None and not any(map(entra_properties.property_name, headings)):
            for number, word in table.file.entries():
                if _WORD.fullmatch(word):
                    assignments.names.add(word.lower())
                else:
                    unread.add("assigned", f"line {number}", word)
        else:
            _check_headings(table)
            for row in table.rows():
                _add(assignments, row, unread, f"{table.unit} {row.position}")
        assignments.partial = bool(table.partial)
        if table.partial:
            assignments.doubts.append(
                f"Who is assigned is one page of several: {table.partial}. Who is on the others "
                f"counts as not assigned: {PAGES}."
            )
    if not assignments.names and not assignments.groups:
        raise InputError(f"{path} names nobody who is assigned")
    assignments.doubts += unread.sentences()
    return assignments


def identity(person: Mapping[str, Any]) -> str | None:
    """Return the object id of a person, else the user principal name."""
    object_id = person.get("id") or person.get("principalId")
    return object_id or person.get("userPrincipalName")


def _names(person: Mapping[str, Any]) -> set[str]:
    identifiers = (person.get("id"), person.get("userPrincipalName"))
    return {identifier.lower() for identifier in identifiers if identifier}


def _add(assignments: Assignments, row: Row, unread: UnreadValues, where: str) -> None:
    """Add a row: an assignment, a member of a group, or a user."""
    kinds = (_kind(row.values), str(row.values.get("principalType", "")).lower())
    if "group" in kinds:
        assignments.groups += 1
        return
    try:
        person = (
            {}
            if row.problem or _problem(row.values)
            else entra_properties.read_properties(row.values)[0]
        )
    except ValueError:
        person = {}
    # An assignment has its own id, and the principal's.
    principal = {"id": person.get("principalId") or person.get("id")}
    names = sorted(_names({**principal, "userPrincipalName": person.get("userPrincipalName")}))
    if not names:
        unread.add("assigned", where, row.problem)
    elif "serviceprincipal" not in kinds:
        assignments.names.update(names)
        assignments.other_name.update(zip(names, reversed(names), strict=True))


def _check_headings(table: RowFile) -> None:
    headings = table.headings
    if headings is None or _IDENTIFIERS & set(map(entra_properties.property_name, headings)):
        return
    raise InputError(
        f"{table.title} has no column userPrincipalName or objectId, its headings are "
        f"{table.shown_headings}"
    )


def _kind(row: Mapping[str, Any]) -> str:
    """Return the type of a row in Graph, such as `user`; empty if it has none."""
    return str(row.get("@odata.type") or "").rpartition(".")[2].lower()


def _problem(row: Mapping[str, Any]) -> str:
    """Return why a row is no user, empty if it is one. Raises InputError for an error of Graph."""
    if isinstance(error := row.get("error"), Mapping) and "id" not in row:
        raise InputError(
            f"the file holds an error of Microsoft Graph, {error.get('code')}: ask again"
        )
    if "@removed" in row:
        return "is deleted there"
    return f"is a {_kind(row)} and no user" if _kind(row) in _NOT_USERS else ""
