"""What people see as one name is one: in claims, in lookups, in filters, whichever way is taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from rollcall.aws.attribute_values import Item
from rollcall.dev import local_server
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.operations.repair import repair_all
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.errors import UniquenessException
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
from tests.conftest import Server
from tests.directory.people import ENTERPRISE, found, group, patch, user
from tests.storage import consistency
from tests.storage.faults import counted, preceded
from tests.storage.former import stored_before

READ, BATCH, PAGES, WRITE = "GetItem", "BatchGetItem", "Query", "TransactWriteItems"
SAME = [
    "ANN@acme.example",
    " ann@acme.example",
    "ann@acme.example\u3000",
    "\uff41nn\uff20acme.example",
]
TWINS = [("ann ", "ann"), ("ann", "ann "), (" ann", "ann ")]


@pytest.fixture(params=[True, False], ids=["moved", "not moved"])
def directory(request: pytest.FixtureRequest, services: Services) -> Directory:
    """A tenant of today, and one that may hold names under the keys of earlier releases."""
    return Directory(Context(services.table, "acme", moved=request.param))


@pytest.fixture
def unmoved(services: Services) -> Directory:
    return Directory(Context(services.table, "acme"))


@pytest.fixture
def moved(services: Services) -> Directory:
    return Directory(Context(services.table, "acme", moved=True))


def groups(directory: Directory, text: str) -> list[str]:
    answer = directory.search.run([Kind.GROUP], Query(filter=text))
    return [each["id"] for each in answer["Resources"]]


def claims(services: Services) -> dict[str, Item]:
    return {
        item["pk"].partition("#")[2]: item
        for item in services.table.scan("acme#USERNAME#", "acme#GROUPNAME#")
    }


SAME = [
    "ANN@acme.example",
    " ann@acme.example",
    "ann@acme.example\u3000",
    "\uff41nn\uff20acme.example",
]


@pytest.mark.parametrize("other", SAME, ids=ascii)
def test_a_user_name_that_looks_the_same_is_taken_and_found(
    directory: Directory, services: Services, other: str
) -> None:
    ann = user(directory, "ann@acme.example")
    bob = user(directory, "bob")

    with pytest.raises(UniquenessException):
        user(directory, other)
    with pytest.raises(UniquenessException):
        directory.users.patch(bob, patch(("replace", "userName", other)))
    with pytest.raises(UniquenessException):
        directory.users.replace(bob, {"userName": other})
    assert found(directory, f'userName eq "{other}"') == [ann]
    assert found(directory, f'userName ne "{other}"') == [bob]
    assert found(directory, f'not (userName eq "{other}")') == [bob]
    assert directory.users.patch(ann, patch(("replace", "userName", other))).record.id == ann
    assert found(directory, 'userName eq "ann@acme.example"') == [ann]
    consistency.check(services, "acme")


@pytest.mark.parametrize(
    "other", [" engineers of  \uff21", "ENGINEERS\u00a0 of a", "Engineers  of  A "]
)
def test_a_group_s_name_that_looks_the_same_is_taken_and_found(
    directory: Directory, services: Services, other: str
) -> None:
    first = group(directory, "Engineers of A")
    second = group(directory, "Sales")

    with pytest.raises(UniquenessException):
        group(directory, other)
    with pytest.raises(UniquenessException):
        directory.groups.patch(second, patch(("replace", "displayName", other)))
    with pytest.raises(UniquenessException):
        directory.groups.replace(second, {"displayName": other})
    assert groups(directory, f'displayName eq "{other}"') == [first]
    assert groups(directory, f'displayName ne "{other}"') == [second]
    directory.groups.replace(first, {"displayName": other})
    assert groups(directory, 'displayName eq "engineers of a"') == [first]
    consistency.check(services, "acme")


def test_blanks_within_tell_users_apart(directory: Directory) -> None:
    one, two = user(directory, "ann lee"), user(directory, "ann  lee")

    assert found(directory, 'userName eq "ann lee"') == [one]
    assert found(directory, 'userName eq "ann  lee "') == [two]


@pytest.mark.parametrize(
    "text",
    [
        'emails.value eq "ANN@x.test "',
        'emails.value eq "\uff41nn@x.test"',
        'emails[type eq " WORK " and value eq " ann@x.test"]',
        f'{ENTERPRISE}:employeeNumber eq "\uff107"',
        f'{ENTERPRISE}:employeeNumber eq "07 "',
        'title eq "Head of  Sales "',
        'title eq "head of  sales" and emails.value eq "ann@x.test"',
    ],
)
def test_whatever_has_no_case_is_compared_alike(directory: Directory, text: str) -> None:
    ann = user(
        directory,
        "ann",
        emails=[{"value": " Ann@x.test", "type": "work"}],
        title=" Head of  Sales",
        **{ENTERPRISE: {"employeeNumber": "07\t"}},
    )
    user(directory, "bob", emails=[{"value": "an n@x.test"}], title="Head of Sales")

    assert found(directory, text) == [ann]
    assert found(directory, f'{text} and not (userName co "\uff42")') == [ann]


def test_an_external_id_is_compared_as_it_is(directory: Directory) -> None:
    for number, each in enumerate(("E1", "e1", "E1 ", "\uff251")):
        made = user(directory, f"user{number}", externalId=each)
        assert found(directory, f'externalId eq "{each}"') == [made]


def test_parts_are_compared_with_the_blanks_around_them(directory: Directory) -> None:
    ann = user(directory, " Ann ")
    bob = user(directory, "Bob")

    assert found(directory, 'userName sw " ann"') == [ann]
    assert found(directory, 'userName sw "ann"') == []
    assert found(directory, 'userName sw "\uff42o"') == [bob]
    assert found(directory, 'userName ew "n "') == [ann]
    assert found(directory, 'userName ew "n"') == []
    assert found(directory, 'userName co "n "') == [ann]
    assert set(found(directory, 'userName sw " " or userName sw "b"')) == {ann, bob}


def test_names_are_listed_in_the_order_of_what_people_see(directory: Directory) -> None:
    for name in ("\uff22ob", " carl", "Ann", "dora "):
        user(directory, name)

    for projection in ({}, {"filter": "userName pr"}, {"filter": 'userName co ""'}):
        query = Query(sort_by="userName", **projection)  # type: ignore[arg-type]
        listed = directory.search.run([Kind.USER], query)["Resources"]
        assert [each["userName"] for each in listed] == ["Ann", "\uff22ob", " carl", "dora "]


def test_a_name_of_today_takes_no_more_calls_where_all_names_are_moved(
    moved: Directory, services: Services
) -> None:
    with counted(services.clients.dynamodb) as calls:
        ann = user(moved, "\uff41nn ")
        made = [each.operation for each in calls]
        found(moved, 'userName eq "\uff41nn "')
        found(moved, 'userName eq "nobody "')
        moved.users.patch(ann, patch(("replace", "userName", "ann lee ")))

    assert made == [READ, WRITE]
    assert [each.operation for each in calls][2:] == [READ, BATCH, READ, PAGES, WRITE]
    assert list(claims(services)) == ["USERNAME#ann lee"]


def test_a_name_with_two_keys_is_looked_up_in_one_call(
    unmoved: Directory, services: Services
) -> None:
    user(unmoved, "\uff41nn ")
    with counted(services.clients.dynamodb) as calls:
        found(unmoved, 'userName eq "\uff41nn "')
        found(unmoved, 'userName eq "ann"')
        found(unmoved, 'userName eq "nobody"')
        found(unmoved, 'userName eq "nobody "')

    assert [each.operation for each in calls] == [BATCH, BATCH, READ, BATCH, READ, BATCH]


def test_until_all_is_moved_a_name_is_claimed_under_both_keys(
    unmoved: Directory, services: Services
) -> None:
    ann = user(unmoved, "Ann ")
    assert {name: (each["id"], "gsi_pk" in each) for name, each in claims(services).items()} == {
        "USERNAME#ann": (ann, True),
        "USERNAME#ann ": (ann, False),
    }

    unmoved.users.patch(ann, patch(("replace", "userName", "\uff22ob")))
    assert set(claims(services)) == {"USERNAME#bob", "USERNAME#\uff42ob"}
    unmoved.users.patch(ann, patch(("replace", "userName", "bob")))
    assert set(claims(services)) == {"USERNAME#bob"}
    unmoved.users.patch(ann, patch(("replace", "userName", "bob ")))
    unmoved.users.delete(ann)
    assert claims(services) == {}


@pytest.mark.parametrize(
    ("kind", "before", "other"),
    [(Kind.USER, "Ann ", "ann"), (Kind.GROUP, "Two  Blanks", "two blanks")],
)
def test_what_an_earlier_release_stored_is_found_renamed_and_deleted(
    unmoved: Directory, services: Services, kind: Kind, before: str, other: str
) -> None:
    known = stored_before(services, kind, before)
    name = "userName" if kind is Kind.USER else "displayName"
    of_kind = unmoved.users if kind is Kind.USER else unmoved.groups

    for spelled in (before, before.upper()):
        answer = unmoved.search.run([kind], Query(filter=f'{name} eq "{spelled}"'))
        assert [each["id"] for each in answer["Resources"]] == [known]
        with pytest.raises(UniquenessException):
            of_kind.create({name: spelled})
    of_kind.patch(known, patch(("replace", "externalId", "E1")))
    of_kind.patch(known, patch(("replace", name, other)))
    assert [each.rpartition("#")[2] for each in claims(services)] == [other]
    of_kind.delete(known)
    assert claims(services) == {}


def test_an_address_that_an_earlier_release_stored_is_found_and_goes(
    unmoved: Directory, services: Services
) -> None:
    emails = [{"value": "\uff41nn@x.test"}, {"value": "plain@x.test"}]
    ann = stored_before(services, Kind.USER, "ann", emails=emails)

    for value in ("\uff41nn@x.test", "\uff21NN@X.TEST", "plain@x.test"):
        assert found(unmoved, f'emails.value eq "{value}"') == [ann]
    unmoved.users.patch(ann, patch(("replace", "emails", [emails[0]])))
    assert found(unmoved, 'emails.value eq "\uff41nn@x.test"') == [ann]
    assert found(unmoved, 'emails.value eq "ann@x.test"') == [ann]
    unmoved.users.patch(ann, patch(("replace", "emails", [])))
    assert list(services.table.scan("acme#LOOKUP#")) == []


def twins(services: Services, older: str, younger: str) -> tuple[str, str]:
    return stored_before(services, Kind.USER, older), stored_before(services, Kind.USER, younger)


@pytest.mark.parametrize("repaired", [False, True])
@pytest.mark.parametrize(("older", "younger"), TWINS)
def test_of_two_that_are_one_by_now_the_one_that_is_spelled_so_is_found(
    services: Services, unmoved: Directory, older: str, younger: str, repaired: bool
) -> None:
    first, second = twins(services, older, younger)
    if repaired:
        repair(services)

    assert found(unmoved, f'userName eq "{older}"') == [first]
    assert found(unmoved, f'userName eq "{younger.upper()}"') == [second]
    assert set(found(unmoved, 'userName sw "" or title pr')) == {first, second}
    both = f'userName eq "{older}" or userName eq "{younger}"'
    assert set(found(unmoved, both)) == {first, second}
    for each in (older, younger, *(["\uff41nn"] if repaired else [])):
        with pytest.raises(UniquenessException):
            user(unmoved, each)


@pytest.mark.parametrize(("older", "younger"), TWINS)
def test_of_two_that_are_one_by_now_the_older_is_found_by_another_spelling(
    services: Services, unmoved: Directory, older: str, younger: str
) -> None:
    first, second = twins(services, older, younger)
    repair(services)

    assert found(unmoved, 'userName eq "\uff21NN"') == [first]
    unmoved.users.delete(first)
    repair(services)
    assert found(unmoved, 'userName eq "\uff21NN"') == [second]


def repair(services: Services) -> list[str]:
    """Mend what can be mended, and return what is left."""
    faults = consistency.verified(services, "acme")
    _, remaining = repair_all(services, "acme", faults, AuditLog())
    return [fault.sentence for fault in remaining]


def test_two_that_are_one_by_now_are_named_and_stay(services: Services) -> None:
    first, second = twins(services, "ann ", "ann")

    assert repair(services) == [f"User {second} and {first} have one name: acme#USERNAME#ann"]
    assert repair(services) == [f"User {second} and {first} have one name: acme#USERNAME#ann"]
    assert {name: each["id"] for name, each in claims(services).items()} == {
        "USERNAME#ann ": first,
        "USERNAME#ann": second,
    }


def test_one_of_two_may_be_renamed_and_the_other_is_moved_then(
    services: Services, unmoved: Directory, moved: Directory
) -> None:
    first, second = twins(services, "ann ", "ann")
    repair(services)

    unmoved.users.patch(second, patch(("replace", "userName", "other")))
    repair(services)

    assert {name: each["id"] for name, each in claims(services).items()} == {
        "USERNAME#ann": first,
        "USERNAME#other": second,
    }
    assert consistency.verified(services, "acme", moved=True) == []
    assert found(moved, 'userName eq "ann"') == [first]


def test_what_is_moved_is_found_by_every_spelling(services: Services, moved: Directory) -> None:
    emails = [{"value": " ann@x.test"}]
    ann = stored_before(services, Kind.USER, "\uff41nn ", emails=emails)
    sales = stored_before(services, Kind.GROUP, "Sales  A")

    assert len(consistency.verified(services, "acme")) == 3
    assert repair(services) == []

    assert found(moved, 'userName eq "ann"') == found(moved, 'emails eq "ann@x.test"') == [ann]
    assert found(moved, 'userName sw "ann"') == [ann]
    assert groups(moved, 'displayName eq "sales a"') == [sales]
    assert [each["gsi_sk"] for each in claims(services).values()] == [
        f"sales a#{sales}", f"ann#{ann}",
    ]  # fmt: skip
    consistency.check(services, "acme", moved=True)


def test_what_an_earlier_function_claims_after_the_move_is_left_over(
    services: Services, unmoved: Directory
) -> None:
    """Whether a tenant is moved is believed for a minute, as its tokens are."""
    user(unmoved, "Ann ")

    (fault,) = consistency.verified(services, "acme", moved=True)

    assert fault.sentence.startswith("acme#USERNAME#ann  CLAIM of ")
    assert fault.sentence.endswith(" is left over")


def test_who_renames_while_the_name_is_moved_tries_again(
    services: Services, unmoved: Directory
) -> None:
    ann = stored_before(services, Kind.USER, "Ann ")

    with preceded(services.clients.dynamodb, WRITE, lambda: repair(services)):
        unmoved.users.patch(ann, patch(("replace", "userName", "ann")))

    assert {name: each["id"] for name, each in claims(services).items()} == {"USERNAME#ann": ann}
    consistency.check(services, "acme", moved=True)


@pytest.fixture
def emulated(server: Server) -> Services:
    """A table of a test's own where transactions meet."""
    name = str(uuid4())
    settings = Settings(name, f"{name}/tenants", server.running.endpoint_url)
    own = Services(settings, server.services.clients)
    local_server.create_table(own)
    return own


@pytest.mark.parametrize("moved", [True, False])
def test_of_parallel_posts_of_one_name_one_wins(emulated: Services, moved: bool) -> None:
    """Also where the names are one under the key of today alone."""
    spelled = ["Sales ", "sales", " Sales", "\uff33ales", "Sales\u3000", "\u00a0sales "]
    directory = Directory(Context(emulated.table, "acme", moved=moved))

    for number in range(10):

        def post(name: str, number: int = number) -> str | None:
            try:
                return group(directory, name.replace("ales", f"ales{number}"))
            except UniquenessException:
                return None

        with ThreadPoolExecutor(len(spelled)) as pool:
            made = [each for each in pool.map(post, spelled) if each]
        assert len(made) == 1, made
    consistency.check(emulated, "acme", moved=moved)
