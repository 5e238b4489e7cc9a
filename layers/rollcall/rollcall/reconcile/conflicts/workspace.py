"""The temporary database of one check, on disk and deleted when the check ends.

It finds accounts by their match keys: time grows with the number of people, memory does not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rollcall.model import match_keys
from rollcall.model.match_keys import Source
from rollcall.reconcile.conflicts import entra_properties
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.person import Person
from rollcall.reconcile.conflicts.unread_values import UnreadValues
from rollcall.scim.indexing import IndexEntry

MAX_ACCOUNTS_PER_KEY = 20
"""The accounts that may share a match key; a key that more accounts share is no evidence."""

_CACHE_KIB = 16_384

_SCHEMA = """
CREATE TABLE account (number INTEGER PRIMARY KEY, data TEXT, reported INTEGER DEFAULT 0);
CREATE TABLE match_key (key TEXT, account INTEGER, source TEXT, value TEXT);
CREATE TABLE person (number INTEGER PRIMARY KEY, name TEXT UNIQUE, data TEXT);
CREATE TABLE person_match (account INTEGER, person INTEGER, PRIMARY KEY (account, person))
    WITHOUT ROWID;
CREATE TABLE finding (rank INTEGER, data TEXT);
"""


@dataclass(frozen=True)
class KeyMatch:
    """An account with a match key: the attribute that has it, and the value there."""

    number: int
    account: DirectoryAccount
    source: str
    value: str


class Workspace:
    """Accounts, people and findings of one check."""

    def __init__(self) -> None:
        # With an empty name SQLite makes a temporary file, deleted when it is closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Close and delete the database."""
        self._database.close()

    def add_accounts(self, accounts: Iterable[DirectoryAccount]) -> Iterator[int]:
        """Add all accounts, once; yield their number after each."""
        for count, account in enumerate(accounts, 1):
            self._run("INSERT INTO account (number, data) VALUES (?, ?)", count, account.to_json())
            self._database.executemany(
                "INSERT INTO match_key VALUES (?, ?, ?, ?)",
                [(key, count, source, value) for key, source, value in _match_keys(account)],
            )
            yield count
        self._database.execute("CREATE INDEX match_key_key ON match_key (key)")

    def add_people(self, people: Iterable[Person], unread: UnreadValues) -> Iterator[int]:
        """Add the people of the rows; yield their number after each row.

        Two rows with one object id, on two pages of an answer, are one person; the properties in
        which they differ are added to `unread`.
        """
        count = 0
        for person in people:
            try:
                self._run(
                    "INSERT INTO person VALUES (?, ?, ?)", count + 1, person.key, person.to_json()
                )
            except sqlite3.IntegrityError:
                self._merge_person(person, unread)
            else:
                count += 1
            yield count

    def _merge_person(self, person: Person, unread: UnreadValues) -> None:
        ((number, data),) = self._run("SELECT number, data FROM person WHERE name = ?", person.key)
        first = Person.from_json(data)
        properties, differing = entra_properties.merge_properties(
            first.properties, person.properties
        )
        if differing:
            unread.add(
                "twice", f"rows {first.position} and {person.position}", ", ".join(differing)
            )
        merged = Person(first.position, properties).to_json()
        self._run("UPDATE person SET data = ? WHERE number = ?", merged, number)

    def people(self) -> Iterator[tuple[int, Person]]:
        """Yield all people with their numbers, in the order of the file."""
        for number, data in self._database.execute(
            "SELECT number, data FROM person ORDER BY number"
        ):
            yield number, Person.from_json(data)

    def find(self, entry: IndexEntry) -> list[tuple[int, DirectoryAccount]]:
        """Return the first accounts that a filter on an index entry finds, with their numbers."""
        return [(match.number, match.account) for match in self.matches(_entry_key(entry))]

    def matches(self, key: str) -> list[KeyMatch]:
        """Return the accounts with a match key, none if more than MAX_ACCOUNTS_PER_KEY share it."""
        rows = self._run(
            "SELECT number, data, source, value FROM match_key JOIN account ON number = account "
            "WHERE key = ? LIMIT ?",
            key,
            MAX_ACCOUNTS_PER_KEY + 1,
        ).fetchall()
        if len(rows) > MAX_ACCOUNTS_PER_KEY and not key.startswith("="):
            return []
        return [
            KeyMatch(number, DirectoryAccount.from_json(data), *rest)
            for number, data, *rest in rows
        ]

    def add_match(self, account: int, person: int) -> None:
        """Store that the job finds an account for a person."""
        self._run("INSERT OR IGNORE INTO person_match VALUES (?, ?)", account, person)

    def matched_people(self, account: int) -> list[int]:
        """Return the numbers of the people for whom the job finds an account, at most 10."""
        rows = self._run("SELECT person FROM person_match WHERE account = ? LIMIT 10", account)
        return [number for (number,) in rows]

    def mark_reported(self, account: int) -> None:
        """Store that a finding names an account."""
        self._run("UPDATE account SET reported = 1 WHERE number = ?", account)

    def unreported_accounts(self) -> Iterator[DirectoryAccount]:
        """Yield the accounts that no finding names."""
        for (data,) in self._database.execute("SELECT data FROM account WHERE reported = 0"):
            yield DirectoryAccount.from_json(data)

    def add_finding(self, finding: ConflictFinding) -> None:
        """Store a finding."""
        self._run("INSERT INTO finding VALUES (?, ?)", finding.rank, finding.to_json())

    def findings(self) -> Iterator[ConflictFinding]:
        """Yield the findings, those that need attention first."""
        for (data,) in self._database.execute("SELECT data FROM finding ORDER BY rank, rowid"):
            yield ConflictFinding.from_json(data)

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


def local_part_key(canonical: str) -> str | None:
    """Return the match key of the part before the @ of a canonical address."""
    kind, _, address = canonical.partition(":")
    return f"local:{address.rpartition('@')[0]}" if kind == "address" else None


def _match_keys(account: DirectoryAccount) -> Iterator[tuple[str, str, str]]:
    """Yield the match keys of an account: key, attribute, and value there."""
    for entry in account.entries():
        yield _entry_key(entry), entry.attribute, entry.key
    for evidence in match_keys.of(account.document):
        yield evidence.canonical, evidence.source.value, evidence.value
        if evidence.source is not Source.FORMER and (key := local_part_key(evidence.canonical)):
            yield key, evidence.source.value, evidence.value


def _entry_key(entry: IndexEntry) -> str:
    return f"={entry.attribute}={entry.key}"
