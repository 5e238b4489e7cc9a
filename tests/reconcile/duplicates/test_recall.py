"""Of two hundred people, who has several accounts after the first cycle, and who has not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from rollcall.directory.directory import Directory
from rollcall.reconcile.duplicates.book import Case
from rollcall.reconcile.duplicates.findings import Kind
from rollcall.runtime.duplicates import report
from rollcall.scim.errors import UniquenessException
from tests.conftest import Server
from tests.reconcile.duplicates.people import MONDAY, done
from tests.reconcile.town import CAUSES, STRONG, Person, documents, town


def first_cycle(directory: Directory, people: list[Person]) -> dict[str, Person]:
    """Create what is there before, then what the identity provider makes; return whose is what.

    Whoever is found by userName is linked and gets no second account.
    """
    owners = {
        directory.users.create(document).record.id: each for each, document in documents(people)
    }
    for person in people:
        document = person.provisioned
        if document is not None:
            try:
                owners[directory.users.create(document).record.id] = person
            except UniquenessException:
                continue
    return owners


@pytest.fixture(scope="module")
def result(server: Server) -> tuple[dict[str, Person], list[Case]]:
    """Whose each account is, and what the report found."""
    name = server.tenant().name
    owners = first_cycle(server.services.directory(name), town())
    run = report(server.services, name)
    done(run, MONDAY)
    return owners, list(run.book.cases())


def several(owners: dict[str, Person]) -> Iterator[tuple[Person, set[str]]]:
    accounts: dict[int, set[str]] = defaultdict(set)
    people = {each.number: each for each in owners.values()}
    for identifier, person in owners.items():
        accounts[person.number].add(identifier)
    return ((people[number], each) for number, each in accounts.items() if len(each) > 1)


def test_the_town_has_two_hundred_people_and_every_cause() -> None:
    people = town()

    assert len(people) == 200
    assert Counter(each.cause for each in people) == CAUSES
    names = [document["userName"].lower() for _, document in documents(people)]
    assert len(set(names)) == len(names)


def test_whoever_has_several_accounts_and_evidence_of_it_is_found(
    result: tuple[dict[str, Person], list[Case]],
) -> None:
    owners, cases = result
    strong = [set(each.finding.accounts) for each in cases if each.kind is not Kind.POSSIBLE]
    missed = [
        person.cause
        for person, accounts in several(owners)
        if person.cause in STRONG and not any(accounts <= found for found in strong)
    ]

    assert {person.cause for person, _ in several(owners)} == {*STRONG, "domain"}
    assert missed == []


def test_hardly_anybody_is_found_who_has_one_account(
    result: tuple[dict[str, Person], list[Case]],
) -> None:
    owners, cases = result
    strong = [each for each in cases if each.kind in {Kind.DUPLICATE, Kind.RECREATED}]
    wrong = [
        {owners[account].cause for account in each.finding.accounts}
        for each in strong
        if len({owners[account].number for account in each.finding.accounts}) > 1
    ]

    assert wrong == [{"family"}]
    assert len(strong) == 60
    assert 1 - len(wrong) / len(strong) >= 0.95


def test_another_domain_and_the_same_name_are_a_weak_hint(
    result: tuple[dict[str, Person], list[Case]],
) -> None:
    owners, cases = result
    hinted = {
        owners[account].cause
        for each in cases
        if each.kind is Kind.POSSIBLE
        for account in each.finding.accounts
    }

    assert {"domain", "namesake"} <= hinted


def test_who_was_created_again_is_said_to_be(
    result: tuple[dict[str, Person], list[Case]],
) -> None:
    owners, cases = result
    again = [each for each in cases if each.kind is Kind.RECREATED]

    assert len(again) == CAUSES["recreated"]
    assert {owners[account].cause for each in again for account in each.finding.accounts} == {
        "recreated"
    }
