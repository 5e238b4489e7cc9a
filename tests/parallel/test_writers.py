"""Many at once, over HTTP: exact outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from rollcall.model.account_link import LOCAL, LinkRule
from rollcall.operations import account_merge, link_policies
from rollcall.operations.account_merge import MergePlan, plan_merge
from rollcall.operations.accounts import AccountError
from rollcall.operations.operator import Operator
from rollcall.tenants.tenants import TenantError
from tests.conftest import Server, Tenant
from tests.operations import operators
from tests.operations.operators import finished, operator_of
from tests.parallel.crowd import at_once, change, group, members, users
from tests.storage import consistency


@pytest.fixture
def api(server: Server, tenant: Tenant) -> Iterator[httpx.Client]:
    with tenant.client() as client:
        yield client
    consistency.check(server.services, tenant.name)


def test_of_many_creates_of_one_name_in_any_case_exactly_one_wins(api: httpx.Client) -> None:
    names = ["ann@example.com", "Ann@Example.com", "ANN@EXAMPLE.COM"] * 67

    answers = at_once(lambda name: api.post("/Users", json={"userName": name}), names[:200])

    assert Counter(each.status_code for each in answers) == {201: 1, 409: 199}
    assert {each.json().get("scimType") for each in answers} == {None, "uniqueness"}
    assert api.get("/Users").json()["totalResults"] == 1


def test_adds_of_single_members_all_stay(api: httpx.Client) -> None:
    people = users(api, 100)
    staff = group(api)

    answers = at_once(lambda each: change(api, staff, "add", each), people)

    assert set(answers) == {204}
    assert members(api, staff) == set(people)


def test_adds_against_removes_are_exact(api: httpx.Client) -> None:
    people = users(api, 60)
    staff = group(api, *people[:30])
    changes = [("remove", each) for each in people[:30]] + [("add", each) for each in people[30:]]
    changes = [each for pair in zip(changes[:30], changes[30:], strict=True) for each in pair]

    answers = at_once(lambda each: change(api, staff, *each), changes)

    assert set(answers) == {204}
    assert members(api, staff) == set(people[30:])


def test_the_same_member_added_by_many_is_a_member_once(api: httpx.Client) -> None:
    (person,) = users(api, 1)
    staff = group(api)

    answers = at_once(lambda _: change(api, staff, "add", person), range(30))

    assert set(answers) == {204}
    assert api.get(f"/Users/{person}").json()["groups"][0]["value"] == staff
    assert len(api.get(f"/Groups/{staff}").json()["members"]) == 1


def test_writers_of_different_attributes_of_one_user_all_stay(api: httpx.Client) -> None:
    (person,) = users(api, 1)
    paths = [
        "title",
        "nickName",
        "displayName",
        "locale",
        "timezone",
        "userType",
        "preferredLanguage",
        "name.givenName",
    ]

    def write(path: str) -> int:
        operation = {"op": "replace", "path": path, "value": f"the {path}"}
        return api.patch(f"/Users/{person}", json={"Operations": [operation]}).status_code

    assert set(at_once(write, paths)) == {200}
    read = api.get(f"/Users/{person}").json()
    values = [read["name"]["givenName"] if "." in path else read[path] for path in paths]
    assert values == [f"the {path}" for path in paths]
    assert read["meta"]["version"] == 'W/"9"'


def test_deletes_against_adds_leave_no_half_membership(api: httpx.Client) -> None:
    people = users(api, 20)
    staff = group(api)

    def work(each: tuple[str, str]) -> int:
        what, person = each
        if what == "delete":
            return api.delete(f"/Users/{person}").status_code
        return change(api, staff, "add", person)

    answers = at_once(work, [(what, each) for each in people for what in ("add", "delete")])

    assert set(answers) == {204}
    assert members(api, staff) == set()


def test_of_writers_with_one_version_exactly_one_wins(api: httpx.Client) -> None:
    (person,) = users(api, 1)

    def write(number: int) -> int:
        operation = {"op": "replace", "path": "title", "value": str(number)}
        return api.patch(
            f"/Users/{person}", json={"Operations": [operation]}, headers={"If-Match": 'W/"1"'}
        ).status_code

    assert Counter(at_once(write, range(20))) == {200: 1, 412: 19}


def test_tokens_issued_at_once_are_all_kept(server: Server, tenant: Tenant) -> None:
    issued = at_once(lambda n: server.services.tokens(tenant.name).issue(str(n)).plain, range(20))

    kept = server.services.tenants.show(tenant.name).tokens
    assert {each.label for each in kept} == {"first", *map(str, range(20))}
    assert len(set(issued)) == 20


def test_of_parallel_creations_of_one_tenant_one_wins(server: Server) -> None:
    def create(_: int) -> str:
        try:
            return server.services.tenants.create("contested")
        except TenantError:
            return ""

    tokens = [each for each in at_once(create, range(10)) if each]

    assert len(tokens) == 1
    with httpx.Client(headers={"Authorization": f"Bearer {tokens[0]}"}) as client:
        url = f"{server.running.url}/scim/contested/v2/Users"
        assert client.get(url).status_code == 200


def test_of_many_posts_that_collide_with_one_account_exactly_one_adopts_it(
    server: Server, tenant: Tenant, api: httpx.Client
) -> None:
    operator = Operator(server.services, "operator:ann")
    link_policies.add_domain(operator, tenant.name, "x.test")
    link_policies.set_rule(operator, tenant.name, LinkRule.ADOPT)
    directory = server.services.directory(tenant.name)
    local = directory.users.create({"userName": "ann@x.test"}, link=LOCAL).record.id

    def post(number: int) -> httpx.Response:
        return api.post("/Users", json={"userName": "Ann@x.test", "externalId": f"o-{number}"})

    answers = at_once(post, range(30))

    assert Counter(each.status_code for each in answers) == {201: 1, 409: 29}
    (made,) = [each.json() for each in answers if each.status_code == 201]
    assert made["id"] == local
    assert directory.users.read(local).resource["externalId"] == made["externalId"]


def test_memberships_that_come_while_accounts_are_merged_are_the_survivors(
    server: Server, tenant: Tenant, api: httpx.Client
) -> None:
    operator = operator_of(server.services, tenant.name)
    stays, goes = users(api, 2)
    groups = [
        str(api.post("/Groups", json={"displayName": f"g{each}"}).json()["id"])
        for each in range(24)
    ]

    def work(at: int) -> int:
        if at == 12:
            while True:
                try:
                    operators.merge(operator, tenant.name, stays, goes, goes)
                except AccountError:
                    continue
                return 204
        return change(api, groups[at], "add", goes)

    assert set(at_once(work, range(24))) == {204}
    finished(
        account_merge.finish_merge(operator, tenant.name, account_merge.MergedIds(stays, goes))
    )

    expected = set(groups) - {groups[12]}
    assert {each["value"] for each in api.get(f"/Users/{stays}").json()["groups"]} == expected
    assert all(members(api, each) == {stays} for each in expected)


def test_of_many_merges_of_one_pair_exactly_one_is_carried_out(
    server: Server, tenant: Tenant, api: httpx.Client
) -> None:
    operator = operator_of(server.services, tenant.name)
    stays, goes = users(api, 2)
    plans = [plan_merge(operator, tenant.name, stays, goes, goes) for _ in range(8)]

    def carry_out(plan: MergePlan) -> bool:
        try:
            account_merge.merge(operator, tenant.name, plan)
        except AccountError:
            return False
        return True

    assert Counter(at_once(carry_out, plans)) == {True: 1, False: 7}
    assert api.get("/Users").json()["totalResults"] == 1
