"""A deployment with one large tenant, of the items that the service writes.

One account of each kind is made by requests, and its items are copied under other ids and names;
findings, log entries and hours are written by the storage classes of the service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.gateway import Gateway
from bench.partitions.requests import user
from rollcall.aws.attribute_values import Item, encoded
from rollcall.dev import local_server
from rollcall.model.brake import Disabled, Wave
from rollcall.model.tenant_summary import URGENCIES, TenantSummary
from rollcall.operations import client_registration, duplicates, template_changes, tenant_notes
from rollcall.operations.operator import Operator
from rollcall.operations.tokens import Scope
from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.duplicate_finding import DuplicateFinding, Ground, Reason
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems, fingerprint
from rollcall.storage.document_item import record_of
from rollcall.storage.findings import Findings
from rollcall.storage.keys import CHANGE_SHARDS, Keys
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.summary_items import SummaryRun
from rollcall.storage.transactions import Action
from rollcall.storage.usage_items import SignInUse, UsageItems
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests import dynamodb

TENANT = "acme"
GROUP = "Everybody"
PATTERN = 10**11
"""The numbers of the accounts that are copied; no other account's number has one within it."""

TEMPLATES = [
    Template("everybody", Selector("displayName", GROUP), {"code": "read"}, "", lasts=MEMBERSHIP),
    Template("all", None, {"wiki": "read"}, "regular"),
]
LATER = Template("later", Selector("displayName", GROUP), {"crm": "read"}, "")
"""A template that no user has yet."""


@dataclass(frozen=True)
class Size:
    """How much there is: `users` of the tenant, of whom `disabled` are a wave; `held` are more."""

    tenants: int = 1_000
    users: int = 100_000
    findings: int = 10_000
    disabled: int = 5_000
    held: int = 1_000
    entries: int = 20_000
    teams: int = 50
    days: int = 4
    hours: int = 14 * 24
    notes: int = 100


SMALLEST = Size(
    tenants=3, users=12, findings=3, disabled=3, held=3, entries=8, teams=1, days=2, hours=3
)


@dataclass(frozen=True)
class Account:
    """An account that was made by requests, with its items."""

    number: int
    id: str
    items: list[str]
    group: str


def identifier(number: int) -> str:
    """Return the id of an account."""
    return f"00000000-0000-4000-8000-{number:012d}"


def begin(services: Services, size: Size) -> Iterator[Item]:
    """Make the accounts that are copied; yield the items of all others."""
    local_server.create_channels(services)
    gate = Gateway(services, TENANT)
    operator = Operator(services, "operator:bench")
    _add_client(operator)
    template_changes.set_templates(operator, TENANT, TEMPLATES)
    everybody = _created(gate, "/Groups", {"displayName": GROUP})
    teams = [
        _created(gate, "/Groups", {"displayName": f"Team {each}"}) for each in range(size.teams)
    ]
    groups = [everybody, teams[0]]
    accounts = [
        _account(gate, PATTERN + number, groups, then)
        for number, then in enumerate(("", "disable", "delete"))
    ]
    return _others(services, size, accounts, teams)


def _others(
    services: Services, size: Size, accounts: list[Account], teams: list[str]
) -> Iterator[Item]:
    active, now = size.users - size.disabled, datetime.now(UTC)
    disabled = range(active, size.users)
    held = range(size.users, size.users + size.held)
    for account, numbers in zip(accounts, (range(active), disabled, held), strict=True):
        yield from _copies(account, numbers, teams)
    count = Keys(TENANT).count(Kind.USER, CHANGE_SHARDS - 1)
    yield encoded({**count, "amount": size.users})
    for action in (
        *_gone(services, held),
        *_findings(services, range(size.findings), now),
        *_entries(services, size, now),
    ):
        yield encoded({**action.key, **action.item})


def finish(services: Services, size: Size) -> None:
    """Write what is little or rests on the accounts: waves, decisions, hours, other tenants."""
    now = datetime.now(UTC)
    operator = Operator(services, "operator:bench")
    local_server.create_erasures(services)
    _wave(services, range(size.users - size.disabled, size.users), size.users, now)
    closed = range(size.findings, size.findings + max(size.findings // 20, 1))
    services.table.put_many({**each.key, **each.item} for each in _findings(services, closed, now))
    for each in closed:
        duplicates.change(
            operator.because("two people"),
            replace(
                duplicates.plan_dismissal(operator, TENANT, _finding(each).id), reason="two people"
            ),
        )
    usage, requests = UsageItems(services.table, TENANT), {"succeeded": 900, "rejected": 12}
    for back in range(size.hours):
        at = now - timedelta(hours=back)
        usage.add(at, requests, SignInUse(instant(at), "token", "bench"), None)
    template_changes.set_templates(operator, TENANT, [LATER])
    for each in range(size.notes):
        tenant_notes.add(operator, TENANT, tenant_notes.new(operator, f"note {each}"))
    _tenants(services, size.tenants, now)


def _add_client(operator: Operator) -> None:
    """Add a client, and write it once more: what is in memory moves the label, and reads before."""
    settings, secrets = operator.services.settings, operator.services.clients.secretsmanager
    client_registration.create(operator, TENANT, "entra", 365, Scope.READ_WRITE)
    name = f"{settings.secrets}/{TENANT}"
    versions = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    latest = next(each for each in versions if "AWSCURRENT" in each["VersionStages"])
    value = secrets.get_secret_value(SecretId=name, VersionId=latest["VersionId"])
    secrets.put_secret_value(SecretId=name, SecretString=value["SecretString"])


def _replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "Replace", "path": path, "value": value}


def _created(gate: Gateway, path: str, body: Any) -> str:
    return str(gate.send("POST", path, body)[0]["id"])


def _account(gate: Gateway, number: int, groups: Iterable[str], then: str = "") -> Account:
    """Make an account that is a member of groups, and disable or delete it."""
    made = _created(gate, "/Users", user(number))
    *_, team = groups
    for group in groups:
        member = {"op": "Add", "path": "members", "value": [{"value": made}]}
        gate.send("PATCH", f"/Groups/{group}", {"Operations": [member]})
    if then == "disable":
        gate.send("PATCH", f"/Users/{made}", {"Operations": [_replace("active", value=False)]})
    if then == "delete":
        gate.send("DELETE", f"/Users/{made}")
    others = (f"{TENANT}#LOG#", f"{TENANT}#GONE#", f"{TENANT}#BRAKE")
    texts = [
        json.dumps(item)
        for item in dynamodb.copied(gate.services)
        if not item["pk"]["S"].startswith(others)
    ]
    return Account(number, made, [text for text in texts if made in text], team)


def _copies(account: Account, numbers: range, teams: list[str]) -> Iterator[Item]:
    """Yield the items of an account under other ids and numbers."""
    for each in numbers:
        for text in account.items:
            yield _moved(json.loads(_renamed(text, account, each, teams)), identifier(each))


def _renamed(text: str, account: Account, number: int, teams: list[str]) -> str:
    text = text.replace(account.id, identifier(number)).replace(str(account.number), str(number))
    return text.replace(account.group, teams[number % len(teams)])


def _moved(item: dict[str, Any], user: str) -> dict[str, Any]:
    """Return an item in the partitions of the indexes in which it is under its id and value."""
    keys = Keys(TENANT)
    if item.get("feed", {"S": ""})["S"].startswith(f"{TENANT}#CHANGED"):
        item["feed"]["S"] = keys.change_partition_of(Kind.USER, user)
    if item.get("gsi_pk", {"S": ""})["S"] in keys.evidence_orders():
        canonical = item["gsi_sk"]["S"].rsplit("#", 2)[0]
        item["gsi_pk"]["S"] = keys.evidence_order(canonical)
    return item


def _wave(services: Services, numbers: range, users: int, now: datetime) -> None:
    """Note that accounts were disabled in the last hour, and that it is a wave."""
    times = [
        instant(now - timedelta(minutes=50) + timedelta(milliseconds=each)) for each in numbers
    ]
    items, keys = BrakeItems(services.table, TENANT), Keys(TENANT)
    found = services.table.get_many(keys.document(Kind.USER, identifier(each)) for each in numbers)
    records = {sk[0].rpartition("#")[2]: record_of(Kind.USER, each) for sk, each in found.items()}
    noted = []
    for each, time in zip(numbers, times, strict=True):
        record = records[identifier(each)]
        assert record is not None
        noted.append(Disabled(record.id, time, True, fingerprint(record.document, record.link)))
    items.note(noted)
    wave = Wave(1, times[0], times[-1], len(numbers), users)
    items.open(wave, "bench", now)
    items.set_told(wave, now)


def _gone(services: Services, numbers: range) -> Iterator[Action]:
    """Yield the notes of the values of deleted accounts, by their hashes."""
    gone = services.directory(TENANT).context.gone_values
    expires = int((datetime.now(UTC) + timedelta(days=90)).timestamp())
    for each in numbers:
        yield from gone.additions(identifier(each), gone.hashes(user(each)), expires)


def _finding(number: int) -> DuplicateFinding:
    """Return a finding of two accounts."""
    accounts = (identifier(2 * number), identifier(2 * number + 1))
    ground = Ground(Reason.ADDRESS, f"person{number}@corp.test")
    return DuplicateFinding(accounts, frozenset({ground}), count=2)


def _findings(services: Services, numbers: range, now: datetime) -> Iterator[Action]:
    findings = Findings(services.table, TENANT)
    resources = services.directory(TENANT).context.resources
    store = CaseStore(findings, FindingAccounts(resources, findings))
    for each in numbers:
        yield from store.opening_actions(_finding(each), instant(now))


def _entries(services: Services, size: Size, now: datetime) -> Iterator[Action]:
    """Yield entries of the log over some days; one in 25 is a refusal."""
    log, step = ProvisioningLog(services.table, TENANT), timedelta(days=size.days) / size.entries
    refused = {"status": 409, "scim_type": "uniqueness", "detail": "userName is taken"}
    for each in range(size.entries):
        content: dict[str, Any] = {"status": 200, "changed": ("title", "displayName")}
        yield log.action(
            LogEntry(
                time=instant(now - (size.entries - each) * step),
                request=f"bench-{each}",
                actor="token:bench",
                method="PATCH",
                path="/Users/{id}",
                target=f"User/{identifier(each % size.users)}",
                ms=12,
                **(refused if each % 25 == 0 else content),
            )
        )


def _tenants(services: Services, number: int, now: datetime) -> None:
    """Write the summaries of the other tenants, and of the large one as it is."""
    items = services.summaries.items
    day = now.date().isoformat()
    for each in range(number - 1):
        summary = TenantSummary(
            f"t{each:04}",
            "active",
            instant(now),
            answered=instant(now),
            way="token",
            active=day,
            days=(1 << 60) - 1,
            duplicates=each % 7,
            urgency=each % len(URGENCIES),
            checked=instant(now),
            written=instant(now),
        )
        items.write(summary, None)
    services.summaries.note_change(TENANT)
    items.write_run(SummaryRun(instant(now), instant(now)))
