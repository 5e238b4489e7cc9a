"""The working store of one check: a database of its own on disk, gone when the check ends.

Accounts are found in it by what they bear, so that time grows with the number of people and memory
does not grow at all.
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
"""The accounts that may bear a value that still says who somebody is."""

_CACHE_KIB = 16_384

_SCHEMA = """
CREATE TABLE account (number INTEGER PRIMARY KEY, data TEXT, mentioned INTEGER DEFAULT 0);
CREATE TABLE bears (key TEXT, account INTEGER, source TEXT, value TEXT);
CREATE TABLE person (number INTEGER PRIMARY KEY, name TEXT UNIQUE, data TEXT);
CREATE TABLE claim (account INTEGER, person INTEGER, PRIMARY KEY (account, person)) WITHOUT ROWID;
CREATE TABLE finding (rank INTEGER, data TEXT);
"""


@dataclass(frozen=True)
class KeyMatch:
    """An account that bears a value: where it has it, and how it is written there."""

    number: int
    account: DirectoryAccount
    source: str
    value: str


class Workspace:
    """Accounts, people and findings of one check."""

    def __init__(self) -> None:
        # An empty name is a file that only this connection knows.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def add_accounts(self, accounts: Iterable[DirectoryAccount]) -> int:
        """Take in all accounts, once; returns how many there are."""
        count = 0
        for count, each in enumerate(accounts, 1):
            self._run("INSERT INTO account (number, data) VALUES (?, ?)", count, each.to_json())
            self._database.executemany(
                "INSERT INTO bears VALUES (?, ?, ?, ?)",
                [(key, count, source, value) for key, source, value in _borne(each)],
            )
        self._database.execute("CREATE INDEX bears_key ON bears (key)")
        return count

    def add_people(self, people: Iterable[Person], unread: UnreadValues) -> int:
        """Take in people; returns how many there are.

        Whoever comes twice, on two pages of an answer, is one person; where the two differ is noted
        in `unread`.
        """
        count = 0
        for each in people:
            try:
                self._run(
                    "INSERT INTO person VALUES (?, ?, ?)", count + 1, each.key, each.to_json()
                )
            except sqlite3.IntegrityError:
                self._add_again(each, unread)
            else:
                count += 1
        return count

    def _add_again(self, person: Person, unread: UnreadValues) -> None:
        ((number, data),) = self._run("SELECT number, data FROM person WHERE name = ?", person.key)
        first = Person.from_json(data)
        found, differing = entra_properties.merge_properties(first.properties, person.properties)
        if differing:
            unread.add(
                "twice", f"rows {first.position} and {person.position}", ", ".join(differing)
            )
        merged = Person(first.position, found).to_json()
        self._run("UPDATE person SET data = ? WHERE number = ?", merged, number)

    def people(self) -> Iterator[tuple[int, Person]]:
        """Yield all people with their numbers, in the order of the file."""
        for number, data in self._database.execute(
            "SELECT number, data FROM person ORDER BY number"
        ):
            yield number, Person.from_json(data)

    def find(self, entry: IndexEntry) -> list[tuple[int, DirectoryAccount]]:
        """Return the accounts that a filter on an index entry finds, MAX_BEARERS of them."""
        return [(each.number, each.account) for each in self.matches(_entry(entry))]

    def matches(self, key: str) -> list[KeyMatch]:
        """Return who bears a value; nobody where it is everybody's."""
        rows = self._run(
            "SELECT number, data, source, value FROM bears JOIN account ON number = account "
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
        """Note that the job finds an account for a person."""
        self._run("INSERT OR IGNORE INTO claim VALUES (?, ?)", account, person)

    def matched_people(self, account: int) -> list[int]:
        """Return the numbers of the people for whom the job finds an account."""
        rows = self._run("SELECT person FROM claim WHERE account = ? LIMIT 10", account)
        return [number for (number,) in rows]

    def mark_reported(self, account: int) -> None:
        """Note that a finding speaks of an account."""
        self._run("UPDATE account SET mentioned = 1 WHERE number = ?", account)

    def unreported_accounts(self) -> Iterator[DirectoryAccount]:
        """Yield the accounts that no finding speaks of."""
        for (data,) in self._database.execute("SELECT data FROM account WHERE mentioned = 0"):
            yield DirectoryAccount.from_json(data)

    def add_finding(self, finding: ConflictFinding) -> None:
        """Keep a finding."""
        self._run("INSERT INTO finding VALUES (?, ?)", finding.rank, finding.to_json())

    def findings(self) -> Iterator[ConflictFinding]:
        """Yield the findings, what needs attention first."""
        for (data,) in self._database.execute("SELECT data FROM finding ORDER BY rank, rowid"):
            yield ConflictFinding.from_json(data)

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


def local_part_key(canonical: str) -> str | None:
    """Return the key of the part before the @ of a canonical address."""
    kind, _, address = canonical.partition(":")
    return f"local:{address.rpartition('@')[0]}" if kind == "address" else None


def _borne(account: DirectoryAccount) -> Iterator[tuple[str, str, str]]:
    """Yield all that an account is found by: key, where it has it, how it is written there."""
    for entry in account.entries():
        yield _entry(entry), entry.attribute, entry.key
    for each in match_keys.of(account.document):
        yield each.canonical, each.source.value, each.value
        if each.source is not Source.FORMER and (key := local_part_key(each.canonical)):
            yield key, each.source.value, each.value


def _entry(entry: IndexEntry) -> str:
    return f"={entry.attribute}={entry.key}"
