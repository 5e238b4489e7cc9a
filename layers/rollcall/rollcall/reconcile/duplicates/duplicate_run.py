"""A run of the duplicate report over one tenant, which may stop anywhere and go on later.

Schedules and queues deliver at least once. Where a run is stands in the table, is written on the
condition that nobody else wrote it, and whatever is done twice ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.detection import MatchGroup, groups
from rollcall.reconcile.duplicates.duplicate_finding import is_candidate, judge, merge
from rollcall.reconcile.duplicates.namesakes import Namesakes
from rollcall.reconcile.duplicates.report_delivery import Counts, Delivery
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.transactions import ConditionFailed

MAX_STEPS = 10
"""How often a run goes on: fewer than the 16 after which Lambda takes messages for a loop."""

_CLUES = 5_000
"""A run looks at the clock at least this often."""

_ACCOUNTS = 100
"""The accounts that are read at once."""


class Phase(StrEnum):
    """What a run is at."""

    DETECT = "detect"
    RESOLVE = "resolve"
    REPORT = "report"
    NOTIFY = "notify"
    DONE = "done"


@dataclass(frozen=True)
class Progress:
    """Where a run is: behind `after` in its phase, with `seen` pieces of evidence behind it.

    `run` is the RFC 3339 instant in UTC at which it was due.
    """

    run: str
    phase: Phase = Phase.DETECT
    after: str = ""
    seen: int = 0
    steps: int = 0
    revision: int = 0


Late = Callable[[Progress], bool]
"""Tells whether the time is over; called at every place where a run can stop."""


class RunOvertaken(Exception):  # noqa: N818
    """Another run, or the same one elsewhere, goes on with what this one was doing."""


class RunTooLong(Exception):  # noqa: N818
    """A run was continued MAX_STEPS times and is not done."""


@dataclass(frozen=True)
class Run:
    """The parts of a run over one tenant; who is inactive for `inactive_days` is unmanaged."""

    book: CaseStore
    identity: EvidenceIndex
    delivery: Delivery
    inactive_days: int

    def go(self, run: str, late: Late) -> Counts | None:
        """Begin a run or go on with it; None when it is to be continued.

        Raises Overtaken when there is nothing left to do here, RunTooLong when it is never done.
        """
        progress = self._begun(run)
        phases = list(Phase)
        while progress.phase is not Phase.DONE:
            for reached in self._advance(progress):
                progress = reached
                if late(progress):
                    self._save(replace(progress, steps=progress.steps + 1))
                    return None
            following = phases[phases.index(progress.phase) + 1]
            progress = self._save(replace(progress, phase=following, after=""))
        return self.delivery.counts(run)

    def _begun(self, run: str) -> Progress:
        item = self.book.findings.run()
        if item is not None:
            progress = Progress(
                item["run"],
                Phase(item["phase"]),
                item["after"],
                int(item["seen"]),
                int(item["steps"]),
                int(item["revision"]),
            )
            if progress.run > run or (progress.run == run and progress.phase is Phase.DONE):
                raise RunOvertaken(f"{progress.run} is {progress.phase.value}")
            if progress.run == run:
                if progress.steps > MAX_STEPS:
                    raise RunTooLong(f"{run} is at {progress.phase.value} after {MAX_STEPS} steps")
                return progress
            return self._save(Progress(run, revision=progress.revision))
        return self._save(Progress(run))

    def _save(self, progress: Progress) -> Progress:
        item = asdict(progress)
        revision = item.pop("revision")
        try:
            self.book.findings.save_run({**item, "phase": progress.phase.value}, revision)
        except ConditionFailed as error:
            raise RunOvertaken(progress.run) from error
        return replace(progress, revision=revision + 1)

    def _advance(self, progress: Progress) -> Iterator[Progress]:
        if progress.phase is Phase.DETECT:
            yield from self._detect(progress)
        elif progress.phase is Phase.RESOLVE:
            seen = Namesakes(self.identity, self.book).still
            for case in self.book.resolve(progress.run, progress.after, seen):
                yield replace(progress, after=case.id)
        elif progress.phase is Phase.REPORT:
            self.delivery.report(progress.run, progress.seen)
        else:
            self.delivery.notify(progress.run)

    def _detect(self, progress: Progress) -> Iterator[Progress]:
        cutoff = datetime.fromisoformat(progress.run) - timedelta(days=self.inactive_days)
        waiting: list[MatchGroup] = []
        accounts: set[str] = set()
        looked = 0
        for group in groups(self.identity.clues(progress.after)):
            looked += 1
            progress = replace(
                progress, after=group.position, seen=progress.seen + len(group.clues)
            )
            if is_candidate(group, cutoff):
                waiting.append(group)
                accounts |= group.accounts
            if len(accounts) >= _ACCOUNTS or looked >= _CLUES:
                self._judge(waiting, accounts, progress.run, cutoff)
                waiting, accounts, looked = [], set(), 0
                yield progress
        self._judge(waiting, accounts, progress.run, cutoff)
        yield progress

    def _judge(
        self, waiting: list[MatchGroup], accounts: set[str], run: str, cutoff: datetime
    ) -> None:
        if waiting:
            known = self.book.accounts.read(accounts)
            found = (each for group in waiting for each in judge(group, known, cutoff))
            self.book.note(merge(found), run)
