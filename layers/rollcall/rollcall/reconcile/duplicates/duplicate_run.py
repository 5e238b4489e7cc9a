"""A run of the duplicate report over one tenant, which can stop anywhere and continue later.

Schedules and queues deliver at least once. The progress of a run is an item of the table, written
on the condition that no other writer changed it, and every step can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.duplicate_finding import (
    is_candidate,
    judge_group,
    merge_findings,
)
from rollcall.reconcile.duplicates.match_group import MatchGroup, match_groups
from rollcall.reconcile.duplicates.namesakes import Namesakes
from rollcall.reconcile.duplicates.report_delivery import ReportDelivery, RunCounts
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.transactions import ConditionFailed

MAX_STEPS = 10
"""How often a run is continued: below 16, where Lambda takes the messages for a loop."""

_GROUPS = 5_000
"""The groups after which a run looks at the clock, at least."""

_ACCOUNTS = 100
"""The accounts that are read at once."""


class Phase(StrEnum):
    """The phases of a run, in order."""

    DETECT = "detect"
    RESOLVE = "resolve"
    REPORT = "report"
    NOTIFY = "notify"
    DONE = "done"


@dataclass(frozen=True)
class RunProgress:
    """The progress of a run: the position in its phase, and `seen` pieces of evidence so far.

    `run` is the time at which it was due (RFC 3339 in UTC), `steps` how often it was continued.
    """

    run: str
    phase: Phase = Phase.DETECT
    after: str = ""
    seen: int = 0
    steps: int = 0
    revision: int = 0


TimeIsOver = Callable[[RunProgress], bool]
"""Tells whether the run must stop; called whenever it can stop."""


class RunOvertaken(Exception):  # noqa: N818
    """Another run, or the same run in another process, continues this work."""


class RunTooLong(Exception):  # noqa: N818
    """A run was continued MAX_STEPS times and is not finished."""


@dataclass(frozen=True)
class DuplicateRun:
    """A run over one tenant; an account that is inactive for `inactive_days` is unmanaged."""

    cases: CaseStore
    evidence_index: EvidenceIndex
    delivery: ReportDelivery
    inactive_days: int

    def advance(self, run: str, late: TimeIsOver) -> RunCounts | None:
        """Begin a run or continue it, until it is done or `late`; None when it is to be continued.

        Raises RunOvertaken when nothing is left to do here, RunTooLong after MAX_STEPS.
        """
        for progress in self.steps(run):
            if late(progress):
                self._save(replace(progress, steps=progress.steps + 1))
                return None
        return self.delivery.counts(run)

    def steps(self, run: str) -> Iterator[RunProgress]:
        """Begin a run or continue it to its end, and yield the progress whenever it can stop.

        Raises RunOvertaken, RunTooLong.
        """
        progress = self._load_or_start(run)
        phases = list(Phase)
        while progress.phase is not Phase.DONE:
            for position in self._run_phase(progress):
                progress = position
                yield progress
            next_phase = phases[phases.index(progress.phase) + 1]
            progress = self._save(replace(progress, phase=next_phase, after=""))

    def latest(self) -> RunProgress | None:
        """Return the progress of the latest run, None before the first."""
        item = self.cases.findings.read_run()
        if item is None:
            return None
        return RunProgress(
            item["run"],
            Phase(item["phase"]),
            item["after"],
            int(item["seen"]),
            int(item["steps"]),
            int(item["revision"]),
        )

    def _load_or_start(self, run: str) -> RunProgress:
        latest = self.latest()
        if latest is None:
            return self._save(RunProgress(run))
        if latest.run > run or (latest.run == run and latest.phase is Phase.DONE):
            raise RunOvertaken(f"{latest.run} is {latest.phase.value}")
        if latest.run < run:
            return self._save(RunProgress(run, revision=latest.revision))
        if latest.steps > MAX_STEPS:
            raise RunTooLong(f"{run} is at {latest.phase.value} after {MAX_STEPS} steps")
        return latest

    def _save(self, progress: RunProgress) -> RunProgress:
        item = asdict(progress)
        revision = item.pop("revision")
        try:
            self.cases.findings.write_run({**item, "phase": progress.phase.value}, revision)
        except ConditionFailed as error:
            raise RunOvertaken(progress.run) from error
        return replace(progress, revision=revision + 1)

    def _run_phase(self, progress: RunProgress) -> Iterator[RunProgress]:
        if progress.phase is Phase.DETECT:
            yield from self._detect(progress)
        elif progress.phase is Phase.RESOLVE:
            still_holds = Namesakes(self.evidence_index, self.cases).is_still_duplicate
            for case in self.cases.resolve(progress.run, progress.after, still_holds):
                yield replace(progress, after=case.id)
        elif progress.phase is Phase.REPORT:
            self.delivery.write_report(progress.run, progress.seen)
        else:
            self.delivery.notify(progress.run)

    def _detect(self, progress: RunProgress) -> Iterator[RunProgress]:
        cutoff = datetime.fromisoformat(progress.run) - timedelta(days=self.inactive_days)
        candidates: list[MatchGroup] = []
        accounts: set[str] = set()
        groups = 0
        for group in match_groups(self.evidence_index.all(progress.after)):
            groups += 1
            progress = replace(
                progress, after=group.position, seen=progress.seen + len(group.match_keys)
            )
            if is_candidate(group, cutoff):
                candidates.append(group)
                accounts |= group.accounts
            if len(accounts) >= _ACCOUNTS or groups >= _GROUPS:
                self._judge(candidates, accounts, progress.run, cutoff)
                candidates, accounts, groups = [], set(), 0
                yield progress
        self._judge(candidates, accounts, progress.run, cutoff)
        yield progress

    def _judge(
        self, candidates: list[MatchGroup], accounts: set[str], run: str, cutoff: datetime
    ) -> None:
        if candidates:
            existing = self.cases.accounts.read(accounts)
            findings = (
                finding for group in candidates for finding in judge_group(group, existing, cutoff)
            )
            self.cases.record(merge_findings(findings), run)
