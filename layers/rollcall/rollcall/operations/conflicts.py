"""The conflict check: a forecast of the first provisioning cycle of a tenant."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.reconcile.conflicts import conflict_check
from rollcall.reconcile.conflicts.conflict_check import ConflictCheck
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Verdict
from rollcall.reconcile.conflicts.conflict_report import (
    TONES,
    as_csv,
    as_customer_page,
    as_json,
    as_page,
)
from rollcall.reconcile.conflicts.directory_account import read_accounts
from rollcall.reconcile.conflicts.entra_export import EntraExport, read_assignments
from rollcall.reconcile.conflicts.finding_lines import SORTS, FindingLines, FindingQuery, Line
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.conflicts.person import ExternalId, JobRules, parse_match_rule
from rollcall.reconcile.input_error import InputError
from rollcall.storage.resources import Resources

__all__ = [
    "SORTS",
    "TONES",
    "ConflictCheck",
    "ConflictFinding",
    "ExternalId",
    "FindingLines",
    "FindingQuery",
    "InputError",
    "Line",
    "Verdict",
    "as_csv",
    "as_customer_page",
    "as_json",
    "as_page",
]


@dataclass(frozen=True)
class IdentityProviderFiles:
    """The files of the users' export, and the list of the assigned ones; None means all of them.

    `encoding` is for files that are not in Unicode; None means that nobody could name one.
    """

    users: Sequence[Path]
    assigned: Path | None = None
    encoding: str | None = ""

    @property
    def name(self) -> str:
        """The names of the files of users."""
        return ", ".join(file.name for file in self.users)


@dataclass(frozen=True)
class JobSettings:
    """How the provisioning job finds and maps users; `matches` are TARGET=SOURCE, in order.

    Without any it matches by `userName=userPrincipalName`.
    """

    matches: Sequence[str] = field(default=())
    external_id: ExternalId = ExternalId.OBJECT_ID


def check(
    operator: Operator,
    tenant: str,
    files: IdentityProviderFiles,
    settings: JobSettings,
    *,
    hints: bool = True,
) -> Generator[Progress, None, ConflictCheck]:
    """Compare an identity provider's users with the accounts of a tenant; change nothing.

    `hints` counts accounts of the same name as possible duplicates. Raises TenantError, and
    InputError for files that cannot be read or lack what the job matches by.
    """
    services = operator.services
    policy = services.tenants.show(tenant).link_policy
    matches = tuple(parse_match_rule(text) for text in settings.matches)
    job = ProvisioningJob(
        tenant,
        JobRules(matches or JobRules.matches, settings.external_id),
        policy,
        None if files.assigned is None else read_assignments(files.assigned, files.encoding),
    )
    first, *more = files.users
    export = EntraExport(first, files.encoding, more)
    accounts = read_accounts(Resources(services.table, tenant))
    return (yield from conflict_check.check(job, export, accounts, hints=hints))
