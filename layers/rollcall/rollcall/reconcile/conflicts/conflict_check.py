"""The conflict check: compares an export with all accounts before the first cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from rollcall.model.account_link import domain_of
from rollcall.model.progress import Progress
from rollcall.reconcile.advice import Advice
from rollcall.reconcile.conflicts import remedy
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Verdict
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.entra_export import Assignments, EntraExport
from rollcall.reconcile.conflicts.forecast import Forecast, ProvisioningJob, subject_of
from rollcall.reconcile.conflicts.person import ExternalId, Person
from rollcall.reconcile.conflicts.workspace import Workspace
from rollcall.reconcile.input_error import InputError

SELECT = (
    "id", "userPrincipalName", "mail", "otherMails", "proxyAddresses", "mailNickname",
    "displayName", "givenName", "surname", "employeeId", "accountEnabled",
)  # fmt: skip
USERS_REQUEST = f"GET https://graph.microsoft.com/v1.0/users?$select={','.join(SELECT)}&$top=999"
ASSIGNED_REQUEST = (
    "GET https://graph.microsoft.com/v1.0/servicePrincipals/{object id of the enterprise "
    "application}/appRoleAssignedTo?$top=999"
)

_STEP = 1000
"""The rows between two reports of the progress."""

_MAX_SHOWN = 5
_NEEDED = {
    "proxyAddresses": "aliases",
    "otherMails": "other addresses",
    "employeeId": "employee numbers",
    "mail": "e-mails that differ from the user principal name",
    "displayName": "names",
    "accountEnabled": "who is disabled",
    "id": "object ids, which externalId is to hold",
}
"""What the check compares, by the property that it needs."""


@dataclass
class ConflictCheck:
    """A finished check, whose findings can be read several times.

    `doubts` are what the files mention and could not be checked, `gaps` what they lack.
    """

    job: ProvisioningJob
    workspace: Workspace
    people: int = 0
    accounts: int = 0
    unit: str = "row"
    rejected: list[tuple[int, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    counts: Counter[Verdict] = field(default_factory=Counter)
    hints: int = 0
    attention: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that the files mention was checked."""
        return not self.rejected and not self.doubts

    @property
    def not_checked(self) -> list[str]:
        """What was not checked, as sentences."""
        return [*self.doubts, *self.gaps]

    def findings(self) -> Iterator[ConflictFinding]:
        """Yield all findings, those that need attention first."""
        return self.workspace.findings()


def check(
    job: ProvisioningJob,
    export: EntraExport,
    accounts: Iterable[DirectoryAccount],
    *,
    hints: bool = True,
) -> Generator[Progress, None, ConflictCheck]:
    """Forecast the first cycle for all people of an export; with `hints`, weak matches count.

    Yields the progress after every thousand rows, and returns the check. Raises InputError when the
    file lacks a property that the job matches by.
    """
    workspace = Workspace()
    result = ConflictCheck(job, workspace)
    yield from _read(result, export, accounts)
    missing = sorted(
        job.rules.required_properties - export.property_names - {"originalUserPrincipalName"}
    )
    if missing:
        raise InputError(f"{export.path} has no {' and no '.join(missing)} to match by")
    result.unit, result.rejected = export.unit, export.rejected
    result.gaps, result.requests = gaps(export, job)
    result.doubts = [*export.doubts(), *_doubts(job.assigned, workspace)]
    domains = set(job.linking.domains)
    forecast = Forecast(job, workspace, domains, hints)
    for number, person in workspace.people():
        domains.update(_own_domains(person))
        if job.skip(person) is None:
            for account, _ in forecast.find_accounts(person)[1]:
                workspace.add_match(account, number)
    for number, person in workspace.people():
        for finding in forecast.findings(number, person):
            _add(result, finding)
        if number % _STEP == 0:
            yield Progress(number, result.people, "people", "forecasting")
    for unclaimed in workspace.unreported_accounts():
        _add(result, _unclaimed_finding(unclaimed, complete=export.complete))
    return result


def _read(
    result: ConflictCheck, export: EntraExport, accounts: Iterable[DirectoryAccount]
) -> Iterator[Progress]:
    """Read all accounts and people into the workspace of a check."""
    for number in result.workspace.add_accounts(accounts):
        result.accounts = number
        if number % _STEP == 0:
            yield Progress(number, unit="accounts")
    people = (Person(*row) for row in export.read())
    for row, number in enumerate(result.workspace.add_people(people, export.unread), 1):
        result.people = number
        if row % _STEP == 0:
            yield Progress(row, unit="people")


def gaps(export: EntraExport, job: ProvisioningJob) -> tuple[list[str], list[str]]:
    """Return what a file lacks, as sentences, and the requests to Graph that return it."""
    sentences, requests = [], []
    needed = dict(_NEEDED)
    if job.rules.external_id is ExternalId.MAIL_NICKNAME:
        needed["mailNickname"] = "mail nicknames, which externalId is to hold"
        sentences.append(
            "`externalId` is to hold `mailNickname`, which changes with a name and may be given to "
            "somebody else: map `objectId` instead."
        )
    if {"givenName", "surname"} <= export.property_names:
        needed.pop("displayName")
    missing = {name: what for name, what in needed.items() if name not in export.property_names}
    if missing:
        named = ", ".join(f"{what} (`{name}`)" for name, what in missing.items())
        sentences.append(f"The file does not have: {named}. What rests on these was not checked.")
        requests.append(USERS_REQUEST)
    if job.assigned is None:
        sentences.append("Nobody said who is assigned: everybody counts as in scope.")
        requests.append(ASSIGNED_REQUEST)
    elif job.assigned.groups:
        sentences.append(
            f"{job.assigned.groups} groups are assigned, and the file does not say who is in them: "
            "their members count as not assigned unless they are listed themselves."
        )
        requests.append(
            "GET https://graph.microsoft.com/v1.0/groups/{id}/transitiveMembers?$top=999"
        )
    return sentences, requests


def _add(result: ConflictCheck, finding: ConflictFinding) -> None:
    result.workspace.add_finding(finding)
    result.counts[finding.verdict] += 1
    result.hints += finding.hint
    result.attention += finding.attention


def _doubts(assigned: Assignments | None, workspace: Workspace) -> Iterator[str]:
    """Yield what the list of assignments leaves open, as sentences."""
    if assigned is None:
        return
    yield from assigned.doubts
    if absent := assigned.missing(person.properties for _, person in workspace.people()):
        shown = ", ".join(f"`{name}`" for name in absent[:_MAX_SHOWN])
        more = ", …" if len(absent) > _MAX_SHOWN else ""
        yield (
            f"{len(absent):,} of those who are assigned are not in the file, and were not "
            f"checked: {shown}{more}."
        )


def _unclaimed_finding(account: DirectoryAccount, *, complete: bool) -> ConflictFinding:
    reasons, advice = ["nobody in the file looks like it"], Advice()
    if account.link.protected:
        reasons.append("it is protected")
    elif account.active:
        reasons.append("it stays active: no identity provider will ever disable it")
        advice = remedy.unclaimed(account) if complete else remedy.PERHAPS_ELSEWHERE
    return ConflictFinding(
        Verdict.ACCOUNT_ONLY, None, (subject_of(account),), tuple(reasons), advice
    )


def _own_domains(person: Person) -> Iterator[str]:
    """Yield the organisation's domains: those of a member's user principal name and mailboxes."""
    if "#EXT#" in str(person.properties.get("userPrincipalName")).upper():
        return
    for name, address in person.addresses():
        if name in {"userPrincipalName", "proxyAddresses"} and (domain := domain_of(address)):
            yield domain
