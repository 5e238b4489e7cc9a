"""The results of a run: report files, a summary of its counts, and a notification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from rollcall.aws.messages import Topic
from rollcall.reconcile.duplicates import duplicate_report
from rollcall.reconcile.duplicates.case_store import Case, CaseState, CaseStore
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind
from rollcall.storage.report_files import FORMATS, LINK_DAYS, ReportFiles, report_path

SUMMARY_DAYS = 400
"""How long the counts of a run are kept."""


@dataclass(frozen=True)
class RunCounts:
    """The counts of a run. Weak hints are counted separately and are never new.

    `announced` counts the new cases for which an event of their own was published.
    """

    run: str
    new: int = 0
    open: int = 0
    resolved: int = 0
    dismissed: int = 0
    hints: int = 0
    seen: int = 0
    announced: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def has_changes(self) -> bool:
        """Whether there are new or resolved cases since the run before."""
        return bool(self.new or self.resolved)


def count_cases(cases: Iterator[Case], run: str, before: str, seen: int) -> RunCounts:
    """Count the cases after a run, as new or resolved since the run before.

    `open` cases are those that are not new. A case that a request opened and no run has seen counts
    in the next run; a case that was never reported does not count as resolved.
    """
    states: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for case in cases:
        if case.state is CaseState.DISMISSED:
            states["dismissed"] += 1
        elif case.kind is FindingKind.POSSIBLE:
            states["hints"] += case.state is CaseState.OPEN
        elif case.state is CaseState.OPEN and case.run:
            new = case.first > before
            states["new" if new else "open"] += 1
            states["announced"] += new and case.announced
            kinds[case.kind.value] += 1
        elif case.state is CaseState.RESOLVED:
            states["resolved"] += case.first <= before < case.run
    return RunCounts(run, **states, seen=seen, kinds=dict(sorted(kinds.items())))


@dataclass(frozen=True)
class ReportDelivery:
    """Delivers the reports of one tenant; `url` is that of the deployment, for links."""

    tenant: str
    cases: CaseStore
    report_files: ReportFiles
    topic: Topic
    url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def counts(self, run: str) -> RunCounts:
        """Return the counts of a run. Raises LookupError."""
        for counts in self.trend():
            if counts.run == run:
                return counts
        raise LookupError(f"there is no run {run}")

    def trend(self) -> list[RunCounts]:
        """Return the counts of all runs, the oldest first."""
        return [
            RunCounts(
                item["run"],
                **{name: int(item.get(name, 0)) for name in _NUMBERS},
                kinds={kind: int(number) for kind, number in sorted(item["kinds"].items())},
            )
            for item in self.cases.findings.summaries()
        ]

    def write_report(self, run: str, seen: int) -> None:
        """Write the summary of a run, and its report in every format."""
        # The last run that was reported: findings of an unfinished run are still new.
        before = max((counts.run for counts in self.trend() if counts.run < run), default="")
        counts = count_cases(self.cases.all(), run, before, seen)
        expires = datetime.fromisoformat(run) + timedelta(days=SUMMARY_DAYS)
        self.cases.findings.write_summary(
            run, {**asdict(counts), "expires": int(expires.timestamp())}
        )
        trend = [asdict(past) for past in self.trend() if past.run <= run]
        head = duplicate_report.ReportHead(self.tenant, run, before, asdict(counts), trend)
        with duplicate_report.report_forms(head, self.cases.all(), self.cases.accounts) as files:
            for name, body in files.items():
                self.report_files.write(report_path(self.tenant, run), FORMATS[name], body)

    def notify(self, run: str) -> None:
        """Notify people of changes: counts, and a link that reveals nothing by itself."""
        counts = self.counts(run)
        if not counts.has_changes:
            return
        code = self.report_files.create_link(report_path(self.tenant, run), self.clock())
        url = f"{self.url.rstrip('/')}/reports/{code}"
        text = (
            f"Duplicate accounts in the tenant {self.tenant}: {counts.new} new, "
            f"{counts.open} still open, {counts.resolved} resolved.\n\n"
            f"The report, for {LINK_DAYS} days: {url}\n"
        )
        content = {
            "tenant": self.tenant,
            "run": run,
            "new": counts.new,
            "open": counts.open,
            "resolved": counts.resolved,
            "report": url,
        }
        self.topic.publish(f"Rollcall: duplicate accounts in {self.tenant}", text, content)


_NUMBERS = ("new", "open", "resolved", "dismissed", "hints", "seen", "announced")
