"""Checks of a first cycle: their files, what they found, and what was done about it since."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from rollcall.console.kept_files import private
from rollcall.console.work import UnrepeatableError
from rollcall.model.progress import Progress
from rollcall.operations import conflicts
from rollcall.operations.conflicts import (
    ConflictCheck,
    FindingLines,
    IdentityProviderFiles,
    InputError,
    JobSettings,
    Verdict,
)
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError

MAX_SENTENCES = 20
"""The rows that were left out which are named one by one."""


class CycleCheckError(OperatorError):
    """A check is not there, or cannot go on."""


@dataclass
class CycleForecast:
    """What a check found, in lines, and the folder of its reports.

    `done` are the acts since then, by the number of the line.
    """

    checked: ConflictCheck
    lines: FindingLines
    made: datetime
    reports: Path
    done: dict[int, list[str]] = field(default_factory=dict)

    def note(self, line: int, act: str) -> None:
        """Note that an act about a line was carried out: the forecast is older than it."""
        self.done.setdefault(line, []).append(act)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are of each kind."""
        return {each.value: self.checked.counts[each] for each in Verdict}

    @property
    def sentences(self) -> list[str]:
        """What the check counted, and what it could not check."""
        checked = self.checked
        counts = [f"{number:,} {name}" for name, number in self.counts.items() if number]
        left_out = [
            f"{checked.unit} {where} is left out: {reason}"
            for where, reason in checked.rejected[:MAX_SENTENCES]
        ]
        if more := len(checked.rejected) - len(left_out):
            left_out.append(f"{more:,} more are left out")
        return [
            f"{checked.people:,} people, {checked.accounts:,} accounts, "
            f"{checked.attention:,} to look at: {', '.join(counts)}",
            *(f"not checked: {each}" for each in checked.not_checked),
            *left_out,
        ]


@dataclass
class CycleCheck:
    """A check of dropped files, of one tenant of one deployment; it may be made again."""

    deployment: str
    tenant: str
    files: IdentityProviderFiles
    settings: JobSettings
    folder: Path
    forecast: CycleForecast | None = None

    def run(self, operator: Operator) -> Generator[Progress, None, Sequence[str]]:
        """Check the files, and write the reports beside them. Raises OperatorError."""
        if not self.folder.is_dir():
            raise UnrepeatableError("the files are not kept any more: drop them again")
        try:
            checked = yield from conflicts.check(operator, self.tenant, self.files, self.settings)
        except InputError as error:
            self.forget()
            problem = str(error).replace(f"{self.folder}/", "")
            raise UnrepeatableError(f"{problem}\nnothing is kept: drop the files again") from error
        lines = FindingLines(checked.findings())
        self.forecast = CycleForecast(checked, lines, datetime.now(UTC), self._reports(checked))
        checked.workspace.close()
        return self.forecast.sentences

    def forget(self) -> None:
        """Delete the files."""
        rmtree(self.folder, ignore_errors=True)

    def _reports(self, checked: ConflictCheck) -> Path:
        """Write the reports of a check, and return their folder."""
        folder = Path(mkdtemp(prefix=".reports-", dir=self.folder))
        name, made = self.files.name, f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
        pages = {
            "report.html": conflicts.as_page(checked, name, made),
            "customer.html": conflicts.as_customer_page(checked, name, made),
        }
        for file, content in pages.items():
            with private(folder / file).open("w", encoding="utf-8") as stream:
                stream.writelines(content)
        table = private(folder / "report.csv")
        with table.open("w", encoding="utf-8-sig", newline="") as stream:
            conflicts.as_csv(checked, stream)
        return folder


class CycleChecks:
    """The checks of this console, by the id of their work."""

    def __init__(self) -> None:
        self._checks: dict[str, CycleCheck] = {}

    def add(self, work: str, check: CycleCheck) -> None:
        """Add a check that was begun."""
        self._checks[work] = check

    def of(self, deployment: str, tenant: str) -> list[tuple[str, CycleCheck]]:
        """Return the checks of a tenant, the latest first."""
        wanted = (deployment, tenant)
        found = [
            (work, check)
            for work, check in self._checks.items()
            if (check.deployment, check.tenant) == wanted
        ]
        return found[::-1]

    def read(self, deployment: str, tenant: str, work: str) -> CycleCheck:
        """Return a check of a tenant. Raises CycleCheckError."""
        check = dict(self.of(deployment, tenant)).get(work)
        if check is None:
            raise CycleCheckError("this check is not there: drop the export again")
        return check
