"""The findings of a check in a temporary database on disk: filtered, sorted, and read in pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding

Line: TypeAlias = tuple[int, ConflictFinding]
"""A finding and its number, by which it is found again."""

SORTS = {
    "happens": "number",
    "person": "person",
    "account": "account",
    "why": "why",
    "confidence": "confidence",
    "advice": "advice",
}
"""The columns by which lines are sorted, by the name of the sort; numbers are by urgency."""

_SCHEMA = """
CREATE TABLE line (number INTEGER PRIMARY KEY, verdict TEXT, attention INTEGER, person TEXT,
    account TEXT, why TEXT, confidence INTEGER, advice TEXT,
    words TEXT);
CREATE TABLE finding (number INTEGER PRIMARY KEY, data TEXT);
"""
_SELECTED = (
    "(:verdict = '' OR verdict = :verdict) AND (:whole OR attention) "
    "AND (:text = '' OR instr(words, :text) > 0)"
)
_COUNT = f"SELECT count(*) FROM line WHERE {_SELECTED}"  # noqa: S608  # no value is in it


def _page(column: str, order: str, sign: str) -> str:
    """Return the statement for a page; what is selected and sorted first is narrow."""
    ordered = f"ORDER BY {column} {order}, number {order}"
    return (
        f"SELECT number, data FROM (SELECT line.* FROM line WHERE {_SELECTED} "  # noqa: S608
        f"AND (:after = 0 OR ({column}, number) {sign} "
        f"((SELECT {column} FROM line WHERE number = :after), :after)) {ordered} LIMIT :size) "
        f"JOIN finding USING (number) {ordered}"
    )


_PAGES = {
    (name, is_descending): _page(column, *(("DESC", "<") if is_descending else ("ASC", ">")))
    for name, column in SORTS.items()
    for is_descending in (False, True)
}
"""The statements for a page, by the sort and whether it is descending."""

_CACHE_KIB = 4_096
_BATCH = 5_000  # each of them looks at all lines again


@dataclass(frozen=True)
class FindingQuery:
    """Which findings, in which order.

    Without a verdict those that need attention; `text` is somewhere in the line, in any case.
    `sort` is one of SORTS.
    """

    verdict: str = ""
    text: str = ""
    everything: bool = False
    sort: str = "happens"
    is_descending: bool = False


class FindingLines:
    """The findings of one check, for several threads; memory does not grow with their number."""

    def __init__(self, findings: Iterable[ConflictFinding] = ()) -> None:
        self._lock = Lock()
        # With an empty name SQLite makes a temporary file, deleted when it is closed.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        for number, finding in enumerate(findings, 1):
            line = (number, *_line(finding))
            self._run("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", line)
            self._run("INSERT INTO finding VALUES (?, ?)", (number, finding.to_json()))

    def close(self) -> None:
        """Close and delete the database."""
        with self._lock:
            self._database.close()

    def count(self, query: FindingQuery) -> int:
        """Return how many findings a query selects."""
        return int(self._run(_COUNT, _values(query))[0][0])

    def page(self, query: FindingQuery, after: int = 0, size: int = 100) -> list[Line]:
        """Return the findings that follow the one with the number `after`, 0 for the first ones."""
        statement = _PAGES[query.sort, query.is_descending]
        rows = self._run(statement, {**_values(query), "after": after, "size": size})
        return [(number, ConflictFinding.from_json(data)) for number, data in rows]

    def all(self, query: FindingQuery) -> Iterator[Line]:
        """Yield all findings that a query selects."""
        after = 0
        while lines := self.page(query, after, _BATCH):
            yield from lines
            after = lines[-1][0]

    def read(self, number: int) -> ConflictFinding | None:
        """Return the finding with a number."""
        rows = self._run("SELECT data FROM finding WHERE number = ?", (number,))
        return ConflictFinding.from_json(rows[0][0]) if rows else None

    def _run(self, statement: str, values: Any) -> Sequence[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _values(query: FindingQuery) -> dict[str, Any]:
    """Return the values of a query in a statement."""
    is_whole = query.everything or bool(query.verdict)
    return {"verdict": query.verdict, "whole": is_whole, "text": query.text.casefold()}


def _line(finding: ConflictFinding) -> tuple[Any, ...]:
    """Return what a finding is filtered and sorted by."""
    person = finding.person
    who = (person.user_name or person.name).casefold() if person else ""
    account = finding.accounts[0].user_name.casefold() if finding.accounts else ""
    why, advice = "; ".join(finding.reasons), str(finding.remedy)
    subjects = [*([person] if person else []), *finding.accounts]
    words = [word for each in subjects for word in (each.name, each.user_name, each.id)]
    text = "\n".join((*words, why, advice)).casefold()
    kinds = (finding.verdict.value, finding.attention)
    return (*kinds, who, account, why.casefold(), finding.confidence, advice.casefold(), text)
