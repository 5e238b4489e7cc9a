"""The book of a tenant's findings: what each run finds, what operators dismiss, what goes away.

A finding stays the same as long as its accounts do. Whatever is written twice, by a run that broke
off or by two at once, ends the same. What the creation of an account makes a duplicate stands in
the book from then on; the next run is the first that sees it, and counts it as new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from rollcall.aws.attribute_values import Item
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
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.transactions import Action, ConditionFailed

RESOLVED_DAYS = 90
"""How long a finding that went away is remembered."""


class FindingError(OperatorError):
    """There is no such finding; the message is one sentence."""


class CaseState(StrEnum):
    """What became of a finding."""

    OPEN = "open"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class OperatorNote:
    """Who says something of a finding or an account, when (RFC 3339 in UTC, to the ms) and why."""

    by: str
    at: str
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """A finding in the book.

    `first` is the run that opened it, `run` the last one that saw it, or resolved it. Runs are
    named by the RFC 3339 instant in UTC at which they were due. What no run has seen yet has been
    made by a request, at `first`, and has no `run`.

    `announced` says that an event of its own told of it, `hint` that the run before `run` left it
    as a weak hint: what is more by now is new.
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
        """The name of the finding."""
        return self.finding.id

    @property
    def kind(self) -> FindingKind:
        """What the finding says."""
        return self.finding.kind


class CaseStore:
    """All findings of one tenant, and the accounts that they are about."""

    def __init__(self, findings: Findings, accounts: FindingAccounts) -> None:
        self.findings = findings
        self.accounts = accounts

    def read(self, finding: str) -> Case | None:
        """Read one finding, None when there is none of that name."""
        items = self.findings.read([finding])
        return _case(items[finding]) if finding in items else None

    def all(self, after: str = "") -> Iterator[Case]:
        """Yield all findings in the order of their names, behind one."""
        for _, item in self.findings.all(after):
            yield _case(item)

    def record(self, findings: Mapping[str, DuplicateFinding], run: str) -> None:
        """Write what a run found; grounds for the same accounts add up within a run."""
        left = dict(findings)
        for _ in self.findings.table.patience.pauses():
            known = self.findings.read(left)
            for each, finding in list(left.items()):
                before = _case(known[each]) if each in known else None
                if self._written(before, case_after_run(before, finding, run)):
                    del left[each]
            if not left:
                return
        raise Unavailable("the findings are changed by others all the time, try again")

    def opening_actions(self, finding: DuplicateFinding, at: str) -> list[Action]:
        """Return the actions that open a finding of accounts one of which is about to be created.

        An event of its own is to tell of it. `at` is the RFC 3339 instant in UTC.
        """
        case = Case(finding, CaseState.OPEN, first=at, run="", announced=True)
        flagged = dict.fromkeys(finding.accounts, finding.kind.value)
        return self.findings.writing(finding.id, _item(case), 0, flagged)

    def resolve(
        self, run: str, after: str = "", seen: Callable[[Case], bool] = lambda _: False
    ) -> Iterator[Case]:
        """Close what a run did not find again, yielding each finding when it is done with.

        What no run has found yet may have been made behind the place where this one was reading:
        `seen` looks at it by itself, and tells whether it is there.
        """
        expires = datetime.fromisoformat(run) + timedelta(days=RESOLVED_DAYS)
        for case in self.all(after):
            if case.state is CaseState.OPEN and not case.run and seen(case):
                self.record({case.id: case.finding}, run)
            elif case.state is CaseState.OPEN and case.run < run:
                gone = replace(case, state=CaseState.RESOLVED, run=run)
                # Lost against an operator or a newer run: then it is theirs.
                self._written(case, gone, expires=int(expires.timestamp()))
            yield case

    def dismiss(self, finding: str, note: OperatorNote) -> Case:
        """Dismiss a finding until its accounts change. Raises FindingError."""
        return self._said(finding, CaseState.DISMISSED, note)

    def reopen(self, finding: str, note: OperatorNote) -> Case:
        """Open a finding that was dismissed. Raises FindingError."""
        return self._said(finding, CaseState.OPEN, note)

    def mark_service_account(self, user: str, note: OperatorNote) -> None:
        """Mark an account as no person's: no finding is to name it."""
        self.findings.mark(
            user, vars(note), self._entry(note, "dismiss", f"User/{user}", "service")
        )

    def unmark_service_account(self, user: str, note: OperatorNote) -> None:
        """Take that mark away."""
        self.findings.unmark(user, self._entry(note, "open", f"User/{user}", "person"))

    def _said(self, finding: str, state: CaseState, note: OperatorNote) -> Case:
        for _ in self.findings.table.patience.pauses():
            before = self.read(finding)
            if before is None or before.state is CaseState.RESOLVED:
                raise FindingError(f"there is no open or dismissed finding {finding}")
            kept = note if state is CaseState.DISMISSED else None
            after = replace(before, state=state, note=kept)
            if before.state is state:
                return before
            verb = "dismiss" if state is CaseState.DISMISSED else "open"
            states = f"{before.state.value} before, {state.value} after"
            entry = self._entry(note, verb, f"Finding/{finding}", states)
            if self._written(before, after, logged=[entry]):
                return after
        raise Unavailable("the finding is changed by others all the time, try again")

    def _entry(self, note: OperatorNote, verb: str, target: str, detail: str) -> Action:
        """Return the entry in the tenant's log of what an operator says."""
        log = ProvisioningLog(self.findings.table, self.findings.keys.tenant)
        return log.action(
            LogEntry(
                time=note.at,
                request=str(uuid4()),
                actor=note.by,
                method=verb,
                path="/duplicates",
                status=200,
                target=target,
                detail=detail,
            )
        )

    def _written(
        self,
        before: Case | None,
        after: Case,
        *,
        expires: int = 0,
        logged: Sequence[Action] = (),
    ) -> bool:
        """Write a case with the flags on its users; False when another writer was faster."""
        if after == before:
            return True
        flagged: dict[str, str] = {}
        unflagged: tuple[str, ...] = ()
        was = before.kind if before is not None and before.state is CaseState.OPEN else None
        if after.state is CaseState.OPEN and was is not after.kind:
            flagged = dict.fromkeys(after.finding.accounts, after.kind.value)
        elif after.state is not CaseState.OPEN and was is not None:
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
    """Return what becomes of a case when a run finds it."""
    if before is None:
        return Case(finding, CaseState.OPEN, run, run)
    if before.run > run or (before.run == run and before.state is CaseState.RESOLVED):
        return before  # a newer run is at work, or this one is past that
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
        "grounds": [[each.reason.value, each.value] for each in sorted(finding.grounds)],
        "recreated": finding.recreated,
        "count": finding.count,
        "state": case.state.value,
        "first": case.first,
        "run": case.run,
    }
    item |= {name: True for name in ("announced", "hint") if getattr(case, name)}
    if case.note is not None:
        item["note"] = {"by": case.note.by, "at": case.note.at, "reason": case.note.reason}
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
    told = {name: bool(item.get(name)) for name in ("announced", "hint")}
    return Case(finding, state, item["first"], item["run"], note, revision, **told)
