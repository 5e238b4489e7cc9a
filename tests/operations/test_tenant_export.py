"""An export holds everything, and what it leaves out is named: by what the document page says."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.operations.operator import Operator
from rollcall.operations.tenant_export import Line, lines
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.directory.people import group, members_of, user, users
from tests.storage.faults import answering, counted, refusal
from tests.storage.shapes import shape_of, shapes
from tests.tenants.conftest import clock
from tests.tenants.conftest import services as emulated
from tests.tenants.everything import Filled, fill, items

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
HELD, LEFT_OUT = PAGE.split("\nLeft out:\n")
ROWS = {
    kind: (re.findall(r"`(\w+)`", of), re.findall(r"`(\w+)`", said))
    for kind, of, said in re.findall(r"^\| `(\w+)` \|(.*?) \| (.*) \|$", HELD, re.MULTILINE)
}
"""The types of lines, with the shapes that they are of and the members that they have."""

NOT_ONE_EACH = {"member", "membership", "member_change", "unfinished_deletion"}
"""The shapes that do not stand for a line each: memberships are exported as readers see them."""


@pytest.fixture(scope="module")
def exported(server: Any) -> tuple[Services, Filled, list[Line]]:
    """A tenant that has everything, and its export."""
    having = emulated.__wrapped__(server)  # type: ignore[attr-defined]
    filled = fill(having, "acme")
    return having, filled, list(lines(Operator(having, ""), "acme"))


Exported = tuple[Services, Filled, list[Line]]


def of(told: list[Line], kind: str) -> list[Line]:
    return [each for each in told if each["type"] == kind]


def test_every_shape_of_an_item_is_exported_or_named_as_left_out() -> None:
    left_out = re.findall(r"^\| `(\w+)` \|", LEFT_OUT, re.MULTILINE)
    held = {shape for of_, _ in ROWS.values() for shape in of_}

    assert held.isdisjoint(left_out)
    assert {*held, *left_out} == shapes("acme").keys()


def test_lines_are_of_the_types_that_are_documented_in_their_order(exported: Exported) -> None:
    _, _, told = exported

    assert list(dict.fromkeys(each["type"] for each in told)) == list(ROWS)


@pytest.mark.parametrize("kind", ROWS)
def test_lines_have_the_members_that_are_documented(kind: str, exported: Exported) -> None:
    _, _, told = exported
    said = {name for line in of(told, kind) for name in line} - {"type"}

    if kind == "summary":
        assert "run" in said
    elif kind != "log":
        assert said <= set(ROWS[kind][1])


def test_every_item_of_a_shape_is_a_line(exported: Exported) -> None:
    having, _, told = exported
    stored = Counter(shape_of(each, "acme") for each in items(having))
    numbers = Counter(each["type"] for each in told)
    types = defaultdict(list)
    for kind, (of_, _) in ROWS.items():
        for shape in of_:
            types[shape].append(kind)

    for shape in types.keys() - NOT_ONE_EACH:
        assert sum(numbers[kind] for kind in types[shape]) == stored[shape] > 0, shape


def test_memberships_are_what_readers_of_groups_see(exported: Exported) -> None:
    having, filled, told = exported
    directory = having.directory("acme")
    found = defaultdict(set)
    for each in of(told, "membership"):
        found[each["group"]].add(each["member"])

    groups = [each["resource"]["id"] for each in of(told, "group")]
    assert found == {each: seen for each in groups if (seen := members_of(directory, each))}
    # One change is written down and not applied; one member is deleted and still stored.
    assert len(found[filled.ids["crowd"]]) == 8
    assert filled.ids["crowd0"] not in {each["member"] for each in of(told, "membership")}


def test_users_and_groups_are_whole(exported: Exported) -> None:
    having, filled, told = exported
    directory = having.directory("acme", Operator(having, "").tenant_url("acme"))
    users_ = {each["resource"]["id"]: each for each in of(told, "user")}

    assert len(users_) == directory.counts()[Kind.USER]
    ann = directory.users.read(filled.ids["ann"]).resource
    assert {**users_[filled.ids["ann"]]["resource"], "groups": ann["groups"]} == ann
    local = users_[filled.ids["local"]]
    assert (local["state"], local["protected"]) == ("local", True)
    assert len(of(told, "group")) == directory.counts()[Kind.GROUP]


def test_what_is_said_of_the_rest(exported: Exported) -> None:
    _, filled, told = exported
    ids = filled.ids
    (tenant,) = of(told, "tenant")
    aliases = {each["id"]: each for each in of(told, "alias")}
    grants = {(each["user"], each["template"]) for each in of(told, "grant")}

    assert (tenant["policy"], tenant["domains"]) == ("adopt", ["x.test"])
    assert {each["id"] for each in of(told, "deleted")} == {
        ids[each] for each in ("gone", "held", "crowd0")
    }
    assert aliases[ids["alias"]]["survivor"] == ids["kept"]
    assert aliases[ids["alias"]]["stub"] is None
    assert aliases[ids["stub"]]["stub"]["userName"] == "stub"
    assert {(ids["ann"], "@"), (ids["ann"], "everybody"), (ids["ann"], "staff")} <= grants
    assert {(each["flag"], each["kind"]) for each in of(told, "flag")} == {
        ("service", "service"), (ids["finding"], "duplicate"),
    }  # fmt: skip
    assert [each["firstUsed"][:10] for each in of(told, "token")] == [
        each["lastUsed"] for each in of(told, "token")
    ]
    assert {bool(each["shown"]) for each in of(told, "handover")} == {True, False}
    (current,) = of(told, "templates")
    assert current["applies"] == {"everybody": 1, "staff": 1}
    assert list(current["bound"].values()) == [ids["staff"]]


def test_the_last_line_counts_the_others(exported: Exported) -> None:
    _, _, told = exported

    assert told[-1]["lines"] == Counter(each["type"] for each in told[:-1])


def test_no_secret_is_in_it(exported: Exported) -> None:
    having, filled, told = exported
    text = json.dumps(told)
    tenant = having.tenants.show("acme")

    secrets = [*filled.tokens, *filled.codes, tenant.key, *(each.digest for each in tenant.tokens)]
    assert [each for each in secrets if each in text or each.rpartition(".")[2] in text] == []


def test_what_is_stored_of_an_extension_that_is_not_declared_is_exported(
    emulated: Services,
) -> None:
    emulated.tenants.add("acme")
    urn = "urn:example:product:1.0:User"
    directory = emulated.directory("acme")
    ann = user(directory, "ann")
    key = {"pk": f"acme#USER#{ann}", "sk": "DOCUMENT"}
    item = emulated.table.get(key)
    assert item is not None
    document = {**json.loads(item["document"]), urn: {"seat": "4"}}
    document["schemas"] = [*document["schemas"], urn]
    emulated.table.put(key, {**item, "document": json.dumps(document)})

    (line,) = of(list(lines(Operator(emulated, ""), "acme")), "user")

    assert line["resource"][urn] == {"seat": "4"}
    assert urn in line["resource"]["schemas"]


def test_lines_come_while_it_reads(emulated: Services) -> None:
    """Nothing is gathered: a few reads bring the first line, and each hundred more the next."""
    emulated.tenants.add("acme")
    small = Table(emulated.clients.dynamodb, emulated.settings.table, page_items=50)
    emulated.table = small
    directory = Directory(Context(small, "acme"))
    crowd = users(directory, 210)
    group(directory, "Crowd", *crowd)
    told = lines(Operator(emulated, ""), "acme")
    reads: dict[str, list[int]] = defaultdict(list)

    with counted(emulated.clients.dynamodb) as made:
        for line in told:
            reads[line["type"]].append(len(made))

    assert {kind: len(each) for kind, each in reads.items()} == {
        "tenant": 1, "user": 210, "group": 1, "membership": 210, "end": 1,
    }  # fmt: skip
    for kind in ("user", "membership"):
        steps = sorted(set(reads[kind]))
        assert len(steps) >= 3, "it reads on between the lines"
        assert max(Counter(reads[kind]).values()) <= 100, "and never far ahead of them"


def test_an_export_that_an_index_lags_behind_is_none(emulated: Services) -> None:
    emulated.tenants.add("acme")
    directory = emulated.directory("acme")
    for name in ("ann", "bob"):
        directory.users.create({"userName": name}, link=LOCAL)
    listed = next(iter(emulated.table.query_index("acme#USERS")))
    key = {"pk": listed["pk"], "sk": listed["sk"]}
    item = emulated.table.get(key)
    assert item is not None
    emulated.table.put(key, {name: v for name, v in item.items() if not name.startswith("gsi")})

    with pytest.raises(Unavailable, match="does not show every user yet"):
        list(lines(Operator(emulated, ""), "acme"))


def test_an_export_that_breaks_off_has_no_last_line(emulated: Services) -> None:
    emulated.tenants.add("acme")
    users(emulated.directory("acme"), 3)
    told = lines(Operator(emulated, ""), "acme")
    before = list(islice(told, 2))
    refused = [refusal("ThrottlingException")] * 20

    with (
        answering(emulated.clients.dynamodb, "Query", *refused),
        pytest.raises(Unavailable),
    ):
        before += told

    assert "end" not in {each["type"] for each in before}


__all__ = ["clock", "emulated"]
