"""A customer with 200 people switches SCIM on: from the import to years without a duplicate."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import httpx
import pytest

from demo.entra import Cycle, Job, Run, Source
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.operations import operators
from tests.operations.operators import operator_of
from tests.scenario.two_hundred import (
    DUPLICATED,
    LINKED,
    NUMBERS,
    STRANGERS,
    STRAYS,
    Cause,
    Person,
    everyone,
    source,
    write,
)
from tests.storage import consistency

MONDAY = date(2026, 3, 2)
PROVISIONED = sum(NUMBERS.values()) - NUMBERS[Cause.DISABLED] - NUMBERS[Cause.UNASSIGNED]
FORECAST = {
    **dict.fromkeys(DUPLICATED, "will be duplicated"),
    **dict.fromkeys(LINKED, "links"),
    Cause.CASE: "links, differs by case",
    Cause.UNICODE: "links, differs by case",
    Cause.NAME: "will be duplicated",
    Cause.SECOND: "links",
    Cause.SEVERAL: "ambiguous",
    Cause.PROTECTED: "protected",
    Cause.DISABLED: "not provisioned",
    Cause.UNASSIGNED: "not provisioned",
    Cause.NEW: "only in the IdP",
    Cause.NAMESAKE_NUMBERED: "only in the IdP",
    Cause.NAMESAKE: "will be duplicated",
}


NAMESAKES = {Cause.NAMESAKE_NUMBERED, Cause.NAMESAKE}


class Support:
    """Somebody of the product's support team, with the command and one tenant."""

    def __init__(self, server: Server, tenant: Tenant, path: Path, client: httpx.Client) -> None:
        self.server, self.tenant = server, tenant
        self.staff = everyone()
        self.source: Source = source(self.staff)
        self.job = Job(self.source, client)
        self.files = write(self.staff, path)

    def says(self, *words: str, code: int = 0) -> str:
        """Run a command on the tenant: group, verb, and what follows the tenant's name."""
        group, verb, *rest = words
        done = rollcall(self.server.state, group, verb, self.tenant.name, *rest)
        assert done.returncode == code, (words, done.stdout[-2000:], done.stderr)
        return done.stdout

    def reads(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.says(*words, "--json", code=code))

    def check(self) -> list[dict[str, Any]]:
        options = ["--idp-export", str(self.files["users.json"])]
        options += ["--assigned", str(self.files["assigned.txt"])]
        found: list[dict[str, Any]] = self.reads("conflicts", "check", *options, code=1)["findings"]
        return found

    def accounts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.reads("accounts", "list")
        return found

    def merge(self, keep: str, remove: str, *options: str) -> Any:
        return self.reads(
            "accounts",
            "merge",
            "--keep",
            keep,
            "--remove",
            remove,
            *options,
            "--yes",
            "--reason",
            "a test",
        )

    def id_of(self, person: Person) -> str:
        return self.job.ids[person.user.object_id]

    def of(self, *causes: Cause) -> list[Person]:
        return [each for each in self.staff if each.cause in causes]


@pytest.fixture
def support(server: Server, tenant: Tenant, tmp_path: Path, api: httpx.Client) -> Support:
    return Support(server, tenant, tmp_path, api)


def sent(cycle: Cycle) -> Counter[tuple[str, int]]:
    return Counter((one.method, one.status) for one in cycle.exchanges if one.write)


def merge_all(support: Support, known: dict[str, str]) -> None:
    """Make one account of those that the cycle made and those that were there before.

    By the command for one of each cause, whose start takes longer than the merge.
    """
    tenant = support.tenant.name
    operator = operator_of(support.server.services, tenant)
    seen: set[Cause] = set()
    for person in support.of(*DUPLICATED, Cause.NAME, Cause.SECOND, Cause.SEVERAL):
        linked = support.id_of(person)
        for account in person.accounts:
            if (local := known[account["userName"]]) == linked:
                continue
            if person.cause in seen:
                assert operators.merge(operator, tenant, local, linked).survivor == linked
            else:
                seen.add(person.cause)
                assert support.merge(local, linked)["after"]["id"] == linked


def assert_one_each(support: Support) -> None:
    """Each person has one account, in the identity provider's eyes and in the product's."""
    accounts = support.accounts()
    assert len(accounts) == len(support.staff) + STRANGERS + STRAYS
    borne = {each["userName"].casefold() for each in accounts}
    assert len(borne) == len(accounts)
    provisioned = [each for each in support.staff if each.user.active]
    assert len({support.id_of(each) for each in provisioned}) == PROVISIONED
    assert {support.id_of(each) for each in provisioned} <= {each["id"] for each in accounts}


def assert_quiet(support: Support, runs: Iterable[Run]) -> None:
    """Further cycles write to nobody but those who are protected, and make nobody anew."""
    ids = dict(support.job.ids)
    for run in runs:
        cycle = support.job.run(run)
        assert not cycle.quarantined
        assert set(sent(cycle)) <= {("PATCH", 400)}, run
        assert support.job.ids == ids


def test_two_hundred_people_end_with_one_account_each(support: Support) -> None:
    # Step 2 of the guide: the accounts that are there, and what the first cycle will do.
    imported = support.reads("accounts", "import", str(support.files["accounts.csv"]))
    own = sum(len(each.accounts) for each in support.staff)
    assert imported["created"] == own + STRANGERS + STRAYS
    before = support.accounts()
    known = {each["userName"]: each["id"] for each in before}
    findings = support.check()
    verdicts = {
        each["person"]["id"]: each for each in findings if each["verdict"] != "second account"
        and each["person"]
    }  # fmt: skip
    wrong = {
        (each.cause, verdicts[each.user.object_id]["verdict"])
        for each in support.staff
        if verdicts[each.user.object_id]["verdict"] != FORECAST[each.cause]
    }
    assert not wrong
    second = [each for each in findings if each["verdict"] == "second account"]
    assert len(second) == NUMBERS[Cause.SECOND]
    only = [each for each in findings if each["verdict"] == "only in the product"]
    assert {each["accounts"][0]["userName"] for each in only} == {
        *(f"stray{number}@example.com" for number in range(STRAYS)),
        *(f"other{number}@bought.example" for number in range(NUMBERS[Cause.NAMESAKE_NUMBERED])),
    }
    assert_precise(support, findings)

    # Step 16: the first cycle does what was forecast.
    cycle = support.job.run()
    protected = NUMBERS[Cause.PROTECTED]
    posted = {one.sent["externalId"] for one in cycle.writes if one.method == "POST" and one.sent}
    made = support.of(*DUPLICATED, Cause.NAME, Cause.SEVERAL, Cause.NEW, *NAMESAKES)
    assert posted == {each.user.object_id for each in made}
    assert not cycle.quarantined
    assert sent(cycle)["PATCH", 400] == protected
    assert {one.status for one in cycle.exchanges} == {200, 201, 400}
    assert len(support.accounts()) == len(before) + len(posted)
    states = {each["userName"]: each for each in support.accounts()}
    assert all(
        states[each.user.user_principal_name].get("protected")
        for each in support.of(Cause.PROTECTED)
    )

    # Step 4: the report finds what the accounts say, and it is cleared up.
    assert_reported(support, known)
    merge_all(support, known)
    assert_one_each(support)
    assert_quiet(support, [Run.INCREMENTAL, Run.PORTAL_RESTART, Run.FULL_RESET, Run.INCREMENTAL])
    assert_one_each(support)
    assert_recreated_people_stay_one(support)
    assert consistency.verified(support.server.services, support.tenant.name) == []


def assert_precise(support: Support, findings: list[dict[str, Any]]) -> None:
    """Nobody is missed, and what is said without hints is true."""
    owners = {
        account["userName"]: each.user.object_id
        for each in support.staff
        for account in each.accounts
    }
    said = {
        (each["person"]["id"], account["userName"])
        for each in findings
        if each["verdict"] in {"will be duplicated", "second account", "ambiguous"}
        and each["confidence"] >= 50
        for account in each["accounts"]
    }
    true = {
        (owners[name], name)
        for each in support.of(*DUPLICATED, Cause.SECOND, Cause.SEVERAL)
        for name in [account["userName"] for account in each.accounts]
        if name != each.user.user_principal_name
    }
    assert true <= said
    precision = len(said & true) / len(said)
    assert precision >= 0.95, precision
    hints = {each["person"]["id"] for each in findings if each["confidence"] < 50}
    assert {each.user.object_id for each in support.of(Cause.NAME)} <= hints


def assert_reported(support: Support, known: dict[str, str]) -> None:
    """The report finds each pair of accounts that says so itself, most by the name when created."""

    def found() -> set[frozenset[str]]:
        cases = support.reads("duplicates", "list", "--kind", "duplicate")
        return {frozenset(each["id"] for each in case["accounts"]) for case in cases}

    at_once = found()
    support.says("duplicates", "run")
    said = found()

    def pairs(*causes: Cause) -> set[frozenset[str]]:
        return {
            frozenset({support.id_of(person), known[account["userName"]]})
            for person in support.of(*causes)
            for account in (*person.accounts, *person.strangers)
        }

    by_name = pairs(Cause.DOMAIN, Cause.NAME)
    true = by_name | pairs(Cause.MAIL, Cause.TAGGED, Cause.NUMBER)
    assert said - true == pairs(Cause.NAMESAKE)
    # José Young of another domain has a namesake with two accounts: nobody can say who is who.
    assert len(true - said) == 1
    assert len(said & true) / len(said) >= 0.95
    assert by_name & said <= at_once
    # Two people have a namesake who was created after them: the night knows better than the POST.
    assert len(at_once - said) == 2


def assert_recreated_people_stay_one(support: Support) -> None:
    """Two people are deleted in Entra and made anew: the old ids stay as stubs, then go."""
    recreated, job, directory = support.of(Cause.EXACT)[-2:], support.job, support.source
    for person in recreated:
        directory.soft_delete(person.user.object_id, MONDAY)
    assert sent(job.run())["PATCH", 200] == len(recreated)
    old = {each.user.object_id: support.id_of(each) for each in recreated}
    news: dict[str, str] = {}
    for number, person in enumerate(recreated):
        anew = news[person.user.object_id] = str(uuid5(NAMESPACE_DNS, person.user.object_id))
        again = replace(person.user, object_id=anew, employee_id=f"N{number}")
        support.staff[support.staff.index(person)] = replace(person, user=again)
        directory.add(again)
    assert sent(job.run())["POST", 201] == len(recreated)
    for before, after in news.items():
        gone, stays = old[before], job.ids[after]
        merged = support.merge(gone, stays, "--idp-deletes", gone)
        assert (merged["after"]["id"], merged["removed"]["id"]) == (stays, gone)
    ids = {each: job.ids[each] for each in news.values()}
    cycle = job.run(Run.PORTAL_RESTART)
    assert set(sent(cycle)) <= {("PATCH", 400)}
    directory.purge(MONDAY + timedelta(days=30))
    cycle = job.run()
    assert sent(cycle)["DELETE", 204] == 2
    assert_quiet(support, [Run.INCREMENTAL, Run.PORTAL_RESTART, Run.FULL_RESET])
    assert {each: job.ids[each] for each in ids} == ids
    assert_one_each(support)
    for gone, stays in zip(old.values(), ids.values(), strict=True):
        assert support.reads("accounts", "show", gone)["id"] == stays
