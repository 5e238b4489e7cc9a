"""Of two hundred people and forty namesakes, who has several accounts after the first cycle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.request_log import RequestInfo
from rollcall.directory.search import Query
from rollcall.model.account_link import LOCAL
from rollcall.reconcile.duplicates.case_store import Case
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind, Reason
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.scim.resource_type import Kind as Type
from rollcall.tenants.authentication import Caller
from tests.conftest import Server
from tests.directory.people import patch
from tests.reconcile.duplicates.people import MONDAY, done
from tests.reconcile.town import CAUSES, NAMESAKES, STRONG, Person, town

pytestmark = pytest.mark.slow


_REQUESTS = count(1)


@dataclass(frozen=True)
class Found:
    """Whose each account is, what the creations found, and what the report found after them."""

    owners: dict[str, Person]
    at_once: list[Case]
    cases: list[Case]

    @property
    def strong(self) -> list[Case]:
        """What is announced as several accounts of one person."""
        return [
            each
            for each in self.cases
            if each.kind in {FindingKind.DUPLICATE, FindingKind.RECREATED}
        ]

    def people(self, case: Case) -> set[int]:
        return {self.owners[account].number for account in case.finding.accounts}

    def causes(self, case: Case) -> set[str]:
        return {self.owners[account].cause for account in case.finding.accounts}

    @property
    def several(self) -> Iterator[tuple[Person, set[str]]]:
        """Who has several accounts, and which."""
        accounts: dict[int, set[str]] = defaultdict(set)
        people = {each.number: each for each in self.owners.values()}
        for identifier, person in self.owners.items():
            accounts[person.number].add(identifier)
        return ((people[number], each) for number, each in accounts.items() if len(each) > 1)


def client(services: Services, tenant: str) -> Directory:
    """Return the directory for one more request of the identity provider."""
    request = RequestInfo(f"request-{next(_REQUESTS)}", "POST", "/Users", 201)
    return services.request_directory(Caller(tenant, "t1", bytes(32)), "https://scim.test", request)


def first_cycle(services: Services, tenant: str, people: list[Person]) -> dict[str, Person]:
    """Create what is there before, then do what the identity provider does; return whose is what.

    Whoever is found by userName is linked and gets no second account.
    """
    owners = {}
    operator = services.directory(tenant)
    for person in people:
        for document in person.accounts:
            owners[operator.users.create(document, link=LOCAL).record.id] = person
        for document in person.former:
            owners[operator.users.create(document).record.id] = person
    for person in people:
        if (sent := person.provisioned) is None:
            continue
        query = Query(filter=f'userName eq "{sent["userName"]}"')
        found = client(services, tenant).search.run([Type.USER], query)["Resources"]
        if found:
            linking = patch(("replace", "externalId", sent["externalId"]))
            client(services, tenant).users.patch(found[0]["id"], linking)
        else:
            owners[client(services, tenant).users.create(sent).record.id] = person
    return owners


@pytest.fixture(scope="module")
def found(server: Server) -> Found:
    """What is found in the town."""
    name = server.tenant().name
    owners = first_cycle(server.services, name, town())
    run = duplicate_run(server.services, name)
    at_once = list(run.cases.all())
    done(run, MONDAY)
    return Found(owners, at_once, list(run.cases.all()))


def test_the_town_has_two_hundred_people_twenty_pairs_and_every_cause() -> None:
    people = town()

    assert sum(CAUSES.values()) == 200
    assert sum(NAMESAKES.values()) == 20
    pairs = {kind: 2 * number for kind, number in NAMESAKES.items()}
    assert Counter(each.cause for each in people) == {**CAUSES, **pairs}
    names = [
        document["userName"].lower()
        for each in people
        for document in (*each.accounts, *each.former)
    ]
    assert len(set(names)) == len(names)
    namesakes = Counter(each.name for each in people if each.cause in NAMESAKES)
    assert set(namesakes.values()) == {2}
    assert not set(namesakes) & {each.name for each in people if each.cause in CAUSES}


def test_whoever_has_several_accounts_and_evidence_of_it_is_found(found: Found) -> None:
    missed = [
        person.cause
        for person, accounts in found.several
        if not any(accounts <= set(each.finding.accounts) for each in found.strong)
    ]
    everybody = list(found.several)
    print(f"recall {1 - len(missed) / len(everybody):.3f} of {len(everybody)}")

    assert {person.cause for person, _ in everybody} == set(STRONG)
    assert missed == []


def test_hardly_anybody_is_found_who_has_one_account(found: Found) -> None:
    wrong = [found.causes(each) for each in found.strong if len(found.people(each)) > 1]
    precision = 1 - len(wrong) / len(found.strong)
    print(f"precision {precision:.3f} of {len(found.strong)}")

    assert sorted(map(sorted, wrong)) == [["family"], *[["local and IdP, nothing else"]] * 2]
    assert len(found.strong) == 68
    assert precision >= 0.95


def test_of_namesakes_only_those_whom_nothing_tells_apart_are_taken_for_one_person(
    found: Found,
) -> None:
    kinds: dict[str, Counter[FindingKind]] = defaultdict(Counter)
    for case in found.cases:
        for cause in found.causes(case) & NAMESAKES.keys():
            kinds[cause][case.kind] += 1

    alike = {"local and IdP, nothing else": {FindingKind.DUPLICATE: 2}}
    assert kinds == {kind: {FindingKind.POSSIBLE: many} for kind, many in NAMESAKES.items()} | alike


def test_what_the_name_alone_says_is_found_when_the_second_account_is_created(
    found: Found,
) -> None:
    def by_name(cases: list[Case]) -> set[str]:
        return {
            each.id
            for each in cases
            if any(ground.reason is Reason.FULL_NAME for ground in each.finding.grounds)
        }

    assert by_name(found.at_once) == by_name(found.cases)
    assert len(by_name(found.cases)) >= CAUSES["domain"]


def test_the_same_name_of_others_is_a_weak_hint(found: Found) -> None:
    hinted = {
        cause
        for each in found.cases
        if each.kind is FindingKind.POSSIBLE
        for cause in found.causes(each)
    }

    assert "namesake" in hinted
    assert "domain" not in hinted


def test_who_was_created_again_is_said_to_be(found: Found) -> None:
    again = [each for each in found.cases if each.kind is FindingKind.RECREATED]

    assert len(again) == CAUSES["recreated"]
    assert {cause for each in again for cause in found.causes(each)} == {"recreated"}
