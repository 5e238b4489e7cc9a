"""The cases of a tenant: findings that runs find, operators dismiss, and later runs resolve.

A finding keeps its id as long as its accounts stay the same. Every write can be repeated, by a run
that was interrupted or by two runs at once, with the same result. A duplicate that the creation of
an account makes is stored at once; the next run is the first that sees it, and counts it as new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor, public
from rollcall.operator_error import OperatorError
from rollcall.reconcile.duplicates.duplicate_finding import (
    DuplicateFinding,
    FindingKind,
    Ground,
    Reason,
)
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.scim.errors import Unavailable
from rollcall.storage.findings import Findings
from rollcall.storage.provisioning_log import LogEntry, LogWriter, ProvisioningLog
from rollcall.storage.transactions import Action, ConditionFailed

RESOLVED_DAYS = 90
"""How long a resolved case is stored."""


class FindingError(OperatorError):
    """There is no such finding."""


class CaseState(StrEnum):
    """The state of a case."""

    OPEN = "open"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class OperatorNote:
    """Who decided on a finding or an account, when (RFC 3339 in UTC, milliseconds) and why.

    `by` is an actor, `user` the name of the user beside an ARN, which only the log keeps.
    """

    by: str
    at: str
    reason: str = ""
    user: str = ""

    @property
    def item(self) -> dict[str, str]:
        """The note as it is stored, and shown to customers."""
        return {"by": public(self.by), "at": self.at, "reason": self.reason}


@dataclass(frozen=True)
class Case:
    """A finding and its history.

    `first` is the run that opened it, `run` the last one that found or resolved it. A run is named
    by the time at which it was due (RFC 3339 in UTC). A case that a request opened and no run has
    seen yet has the time of the request as `first`, and an empty `run`.

    `announced`: an event was published for this case alone. `hint`: the run before `run` found
    only a weak hint, so that a stronger finding counts as new.
    """

    finding: DuplicateFinding
    state: CaseState
    first: str
    run: str
    note: OperatorNote | None = None
    revision: int = 0
    announced: bool = False
    hint: bool = False

    @property
    def id(self) -> str:
        """The id of the finding."""
        return self.finding.id

    @property
    def kind(self) -> FindingKind:
        """The kind of the finding."""
        return self.finding.kind


class CaseStore:
    """All cases of one tenant, and the accounts that they are about.

    Decisions of operators are written to `log`, if there is one.
    """

    def __init__(
        self, findings: Findings, accounts: FindingAccounts, log: ProvisioningLog | None = None
    ) -> None:
        self.findings = findings
        self.accounts = accounts
        self._log = log

    def read(self, finding: str) -> Case | None:
        """Read the case of a finding, None when there is none."""
        items = self.findings.read([finding])
        return _case(items[finding]) if finding in items else None

    def read_many(self, findings: Collection[str]) -> dict[str, Case]:
        """Read cases by the ids of their findings, in one round trip up to a hundred."""
        return {name: _case(item) for name, item in self.findings.read(set(findings)).items()}

    def all(self, after: str = "", limit: int = 0) -> Iterator[Case]:
        """Yield all cases in the order of their ids, after one of them, `limit` a round trip."""
        for _, item in self.findings.all(after, limit):
            yield _case(item)

    def record(self, findings: Mapping[str, DuplicateFinding], run: str) -> None:
        """Write the findings of a run; within a run, grounds for the same accounts are added."""
        remaining = dict(findings)
        for _ in self.findings.table.retry.attempts():
            items = self.findings.read(remaining)
            for identifier, finding in list(remaining.items()):
                before = _case(items[identifier]) if identifier in items else None
                if self._write(before, case_after_run(before, finding, run)):
                    del remaining[identifier]
            if not remaining:
                return
        raise Unavailable("the findings are changed by other writers at the same time, try again")

    def opening_actions(self, finding: DuplicateFinding, at: str) -> list[Action]:
        """Return the actions that open a case together with the creation of one of its accounts.

        The caller publishes an event for it. `at` is the time in RFC 3339, UTC.
        """
        case = Case(finding, CaseState.OPEN, first=at, run="", announced=True)
        flags = dict.fromkeys(finding.accounts, finding.kind.value)
        return self.findings.write_actions(finding.id, _item(case), 0, flags)

    def resolve(
        self, run: str, after: str = "", still_holds: Callable[[Case], bool] = lambda _: False
    ) -> Iterator[Case]:
        """Resolve the cases that a run did not find again, and yield each case after it is handled.

        A case that no run has seen may have been opened before the position of this run:
        `still_holds` tells whether such a case is to stay open.
        """
        expires = datetime.fromisoformat(run) + timedelta(days=RESOLVED_DAYS)
        for case in self.all(after):
            if case.state is CaseState.OPEN and not case.run and still_holds(case):
                self.record({case.id: case.finding}, run)
            elif case.state is CaseState.OPEN and case.run < run:
                resolved = replace(case, state=CaseState.RESOLVED, run=run)
                # An operator or a newer run may have written in between: their version stays.
                self._write(case, resolved, expires=int(expires.timestamp()))
            yield case

    def dismiss(self, finding: str, note: OperatorNote) -> Case:
        """Dismiss a finding until its accounts change. Raises FindingError."""
        return self._set_state(finding, CaseState.DISMISSED, note)

    def reopen(self, finding: str, note: OperatorNote) -> Case:
        """Open a dismissed finding again. Raises FindingError."""
        return self._set_state(finding, CaseState.OPEN, note)

    def mark_service_account(self, user: str, note: OperatorNote) -> None:
        """Mark an account as a service account, which no finding names."""
        logged = self._log_entry(note, "dismiss", f"User/{user}", "service")
        self.findings.mark_service_account(user, note.item, *logged)

    def unmark_service_account(self, user: str, note: OperatorNote) -> None:
        """Remove the mark of a service account."""
        self.findings.unmark_service_account(
            user, *self._log_entry(note, "open", f"User/{user}", "person")
        )

    def _set_state(self, finding: str, state: CaseState, note: OperatorNote) -> Case:
        for _ in self.findings.table.retry.attempts():
            before = self.read(finding)
            if before is None or before.state is CaseState.RESOLVED:
                raise FindingError(f"there is no open or dismissed finding {finding}")
            if before.state is state:
                return before
            reason = note if state is CaseState.DISMISSED else None
            after = replace(before, state=state, note=reason)
            verb = "dismiss" if state is CaseState.DISMISSED else "open"
            states = f"{before.state.value} before, {state.value} after"
            logged = self._log_entry(note, verb, f"Finding/{finding}", states)
            if self._write(before, after, logged=logged):
                return after
        raise Unavailable("the finding is changed by other writers at the same time, try again")

    def _log_entry(self, note: OperatorNote, verb: str, target: str, detail: str) -> list[Action]:
        """Return the actions that log a decision of an operator."""
        writer = LogWriter(
            self._log,
            Actor(uuid4().hex, note.by, note.user),
            lambda: datetime.fromisoformat(note.at),
        )
        return writer.actions(
            LogEntry(method=verb, path="/duplicates", status=200, target=target, detail=detail)
        )

    def _write(
        self,
        before: Case | None,
        after: Case,
        *,
        expires: int = 0,
        logged: Sequence[Action] = (),
    ) -> bool:
        """Write a case and the flags of its users; return False on a conflict."""
        if after == before:
            return True
        flagged: dict[str, str] = {}
        unflagged: tuple[str, ...] = ()
        kind = before.kind if before is not None and before.state is CaseState.OPEN else None
        if after.state is CaseState.OPEN and kind is not after.kind:
            flagged = dict.fromkeys(after.finding.accounts, after.kind.value)
        elif after.state is not CaseState.OPEN and kind is not None:
            unflagged = after.finding.accounts
        item = _item(after)
        if expires:
            item["expires"] = expires
        try:
            self.findings.write(
                after.id,
                item,
                after.revision,
                flagged=flagged,
                unflagged=unflagged,
                logged=logged,
            )
        except ConditionFailed:
            return False
        return True


def case_after_run(before: Case | None, finding: DuplicateFinding, run: str) -> Case:
    """Return a case after a run found it."""
    if before is None:
        return Case(finding, CaseState.OPEN, run, run)
    if before.run > run or (before.run == run and before.state is CaseState.RESOLVED):
        return before  # a newer run works on it, or this run has resolved it already
    if before.run == run:
        finding = finding.with_grounds(before.finding.grounds)
        after = replace(before, finding=finding)
    elif before.state is CaseState.RESOLVED:
        return Case(finding, CaseState.OPEN, run, run, revision=before.revision)
    else:
        first, hint = before.first if before.run else run, before.kind is FindingKind.POSSIBLE
        after = replace(before, finding=finding, first=first, run=run, hint=hint)
    return (
        replace(after, first=run)
        if after.hint and after.kind is not FindingKind.POSSIBLE
        else after
    )


def _item(case: Case) -> Item:
    finding = case.finding
    item: Item = {
        "accounts": list(finding.accounts),
        "grounds": [[ground.reason.value, ground.value] for ground in sorted(finding.grounds)],
        "recreated": finding.recreated,
        "count": finding.count,
        "state": case.state.value,
        "first": case.first,
        "run": case.run,
    }
    item |= {name: True for name in ("announced", "hint") if getattr(case, name)}
    if case.note is not None:
        item["note"] = case.note.item
    return item


def _case(item: Item) -> Case:
    finding = DuplicateFinding(
        tuple(item["accounts"]),
        frozenset(Ground(Reason(reason), value) for reason, value in item["grounds"]),
        item["recreated"],
        int(item["count"]),
    )
    note = OperatorNote(**item["note"]) if "note" in item else None
    state, revision = CaseState(item["state"]), int(item["revision"])
    flags = {name: bool(item.get(name)) for name in ("announced", "hint")}
    return Case(finding, state, item["first"], item["run"], note, revision, **flags)
