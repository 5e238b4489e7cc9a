"""Answers that would be too large: what Lambda cannot hand on is refused or cut, never lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.directory import response_limits
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.model.record import members_of
from rollcall.scim.document import MAX_DOCUMENT
from rollcall.scim.errors import TooManyException
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind
from tests.conftest import Server, Tenant
from tests.directory.large import filled
from tests.directory.people import URL, group, patch, user, users

WITHOUT = Projection.of(None, ["members"])


@pytest.fixture(scope="module")
def large(server: Server) -> tuple[Directory, Tenant, str]:
    """A directory with a group that has one member more than an answer holds."""
    tenant = server.tenant()
    directory = server.services.directory(tenant.name, URL)
    size = response_limits.most_members(URL) + 1
    return directory, tenant, filled(server.services, tenant.name, directory, "everybody", size)


def test_as_many_members_as_fit_are_below_what_lambda_hands_on() -> None:
    most = response_limits.most_members(URL)
    members = members_of(URL, {f"{each:036}": Kind.USER for each in range(most)})

    assert most > 20_000
    assert (
        response_limits.size({"displayName": "x" * MAX_DOCUMENT, "members": members})
        < response_limits.MAX_ANSWER
    )
    assert response_limits.MAX_ANSWER < 6 * 1024 * 1024


def test_more_members_than_fit_are_refused_with_the_ways_to_read_them(
    large: tuple[Directory, Tenant, str],
) -> None:
    directory, _, everybody = large

    with pytest.raises(TooManyException) as refusal:
        directory.groups.read(everybody)

    assert (refusal.value.status, refusal.value.scim_type) == (400, "tooMany")
    for way in ("excludedAttributes=members", "members eq", f'groups.value eq "{everybody}"'):
        assert way in str(refusal.value.detail)
    assert directory.groups.read(everybody, members=False).resource["displayName"] == "everybody"


def test_the_answer_to_a_write_leaves_out_what_does_not_fit(
    large: tuple[Directory, Tenant, str],
) -> None:
    directory, _, everybody = large

    answer = directory.groups.replace(everybody, {"displayName": "Everybody"})

    assert "members" not in answer.resource
    assert answer.resource["displayName"] == "Everybody"


def test_a_patch_that_asks_for_the_group_is_answered_whatever_its_size(
    large: tuple[Directory, Tenant, str],
) -> None:
    directory, tenant, everybody = large
    operation = patch(("replace", "displayName", "All"))

    with tenant.client() as api:
        answer = api.patch(f"/Groups/{everybody}?attributes=displayName,members", json=operation)

    assert (answer.status_code, answer.json()["displayName"]) == (200, "All")
    assert directory.groups.read(everybody, members=False).resource["displayName"] == "All"


@pytest.fixture
def heavy(directory: Directory) -> list[str]:
    """Users whose documents are so large that a page of them does not fit an answer."""
    return [user(directory, f"u{each}", title="x" * 280_000) for each in range(25)]


def pages(directory: Directory, first: Query) -> Iterator[tuple[int, list[str]]]:
    """Yield total and ids of page after page, by index or by cursor as the first one asks."""
    query = first
    while True:
        page = directory.search.run([Kind.USER], query)
        ids = [each["id"] for each in page["Resources"]]
        assert page["itemsPerPage"] == len(ids)
        yield page["totalResults"], ids
        if query.cursor is None:
            query = Query(start_index=query.start + len(ids), count=100)
            if query.start > page["totalResults"]:
                return
        elif "nextCursor" in page:
            query = Query(cursor=page["nextCursor"])
        else:
            return


@pytest.mark.parametrize("first", [Query(count=100), Query(cursor="", count=100)])
def test_a_page_is_cut_short_and_the_next_one_goes_on_behind_it(
    first: Query, directory: Directory, heavy: list[str]
) -> None:
    read = list(pages(directory, first))

    assert {total for total, _ in read} == {25}
    assert [each for _, ids in read for each in ids] == heavy
    assert len(read[0][1]) == response_limits.MAX_ANSWER // response_limits.size(
        directory.users.read(heavy[0]).resource
    )


def test_a_list_of_groups_is_cut_before_the_one_that_does_not_fit(
    large: tuple[Directory, Tenant, str],
) -> None:
    directory, _, everybody = large
    staff = group(directory, "Staff", *users(directory, 2))

    with pytest.raises(TooManyException, match=everybody):
        directory.search.run([Kind.GROUP], Query(filter=f'id eq "{everybody}" or id eq "{staff}"'))
    page = directory.search.run([Kind.GROUP], Query(projection=WITHOUT))
    assert page["totalResults"] == page["itemsPerPage"]
