"""What a run leaves behind: files, a summary beside those of earlier runs, and a notification."""

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
    """What a run counted; weak hints are counted apart, and are no news.

    Of the new ones, events of their own told of those that are `announced`.
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
        """Tell whether something changed since the run before."""
        return bool(self.new or self.resolved)


def count_cases(cases: Iterator[Case], run: str, before: str, seen: int) -> RunCounts:
    """Count the cases as a run leaves them, the new and the resolved since the run before.

    `open` are those that are not new. What a request made meanwhile, which no run has seen, is the
    next run's; what no run has reported is no news when it goes.
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
    return RunCounts(run, **states, seen=seen, kinds=dict(kinds))


@dataclass(frozen=True)
class ReportDelivery:
    """Delivers the reports of one tenant; `url` is the deployment's own, for links."""

    tenant: str
    cases: CaseStore
    report_files: ReportFiles
    topic: Topic
    url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def counts(self, run: str) -> RunCounts:
        """Return what a run counted. Raises LookupError."""
        for each in self.trend():
            if each.run == run:
                return each
        raise LookupError(f"there is no run {run}")

    def trend(self) -> list[RunCounts]:
        """Return what the runs counted, the oldest first."""
        return [
            RunCounts(
                each["run"],
                **{name: int(each.get(name, 0)) for name in _NUMBERS},
                kinds={kind: int(number) for kind, number in each["kinds"].items()},
            )
            for each in self.cases.findings.summaries()
        ]

    def write_report(self, run: str, seen: int) -> None:
        """Write the summary and the report of a run in every form."""
        # The last one that was reported: what a run found that never got that far is still news.
        before = max((each.run for each in self.trend() if each.run < run), default="")
        counts = count_cases(self.cases.all(), run, before, seen)
        expires = datetime.fromisoformat(run) + timedelta(days=SUMMARY_DAYS)
        self.cases.findings.write_summary(
            run, {**asdict(counts), "expires": int(expires.timestamp())}
        )
        trend = [asdict(each) for each in self.trend() if each.run <= run]
        head = duplicate_report.ReportHead(self.tenant, run, before, asdict(counts), trend)
        with duplicate_report.report_forms(head, self.cases.all(), self.cases.accounts) as files:
            for name, body in files.items():
                self.report_files.write(report_path(self.tenant, run), FORMATS[name], body)

    def notify(self, run: str) -> None:
        """Tell people when there is news: numbers, and a link that says nothing by itself."""
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
