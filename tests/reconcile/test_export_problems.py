"""What an export of Entra says and nobody understands, and what it says that it lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollcall.reconcile.conflicts.conflict_check import ConflictCheck, check
from rollcall.reconcile.conflicts.entra_export import EntraExport, read_assignments
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.input_error import InputError
from tests.operations.operators import finished
from tests.reconcile.cases import account, person


def export(path: Path, content: str) -> EntraExport:
    file = path / "users"
    file.write_text(content, newline="")
    return EntraExport(file)


def table(path: Path, heading: str, *cells: str) -> EntraExport:
    """Write a CSV with a property, a person for each value."""
    rows = "".join(
        '{0},person{0}@x.test,"{1}"\n'.format(number, cell.replace('"', '""'))
        for number, cell in enumerate(cells, 1)
    )
    return export(path, f"id,userPrincipalName,{heading}\n{rows}")


def read(path: Path, heading: str, *cells: str) -> list[Any]:
    """Return what a CSV says of a property, a person for each value, and what is not understood."""
    found = table(path, heading, *cells)
    name = {"Block credential": "accountEnabled"}.get(heading, heading)
    return [*(each.get(name) for _, each in found.read()), list(found.doubts())]


def checked(export: EntraExport, *names: str, scope: str | None = None) -> ConflictCheck:
    """Check an export against accounts; `scope` is the text of a file of who is assigned."""
    listed = None
    if scope is not None:
        file = export.path.parent / "assigned"
        file.write_text(scope)
        listed = read_assignments(file)
    return finished(check(ProvisioningJob("acme", assigned=listed), export, map(account, names)))


BOTH = ["SMTP:bob@x.test", "smtp:bob.old@x.test"]


@pytest.mark.parametrize(
    "cell",
    [
        "SMTP:bob@x.test\nsmtp:bob.old@x.test",
        "SMTP:bob@x.test\r\nsmtp:bob.old@x.test\r\n",
        "SMTP:bob@x.test smtp:bob.old@x.test",
        "SMTP:bob@x.test;smtp:bob.old@x.test",
        "SMTP:bob@x.test, smtp:bob.old@x.test",
        "SMTP:bob@x.test+smtp:bob.old@x.test",
        "{SMTP:bob@x.test, smtp:bob.old@x.test}",
        '["SMTP:bob@x.test","smtp:bob.old@x.test"]',
        "X500:/o=Org/ou=Group (X)/cn=Bob Roe;SMTP:bob@x.test;SIP:b@x.test smtp:bob.old@x.test",
        "X400:C=US;A= ;P=Org;S=Roe;G=Bob; SMTP:bob@x.test smtp:bob.old@x.test",
    ],
)
def test_aliases_are_split_before_each_scheme_however_they_were_joined(
    cell: str, tmp_path: Path
) -> None:
    assert read(tmp_path, "proxyAddresses", cell) == [BOTH, []]


def test_an_array_inside_of_an_object_is_read_as_powershell_writes_it(tmp_path: Path) -> None:
    bob = person("bob@x.test", proxyAddresses={"value": BOTH, "Count": 2})

    ((_, found),) = export(tmp_path, json.dumps([bob])).read()

    assert found["proxyAddresses"] == BOTH


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("System.String[]", []),
        ("System.Collections.Generic.List`1[System.String]", []),
        ("{SMTP:bob@x.test, smtp:bob.old@x.test...}", BOTH[:1]),
        ("SMTP:bob@x.test smtp:bob.old at x.test", BOTH[:1]),
    ],
)
def test_aliases_that_cannot_be_read_count_as_not_checked(
    cell: str, found: list[str], tmp_path: Path
) -> None:
    properties, (doubt,) = read(tmp_path, "proxyAddresses", cell)

    assert properties == found
    assert doubt.startswith("`proxyAddresses` of 1 person cannot be read whole (first in line 2: `")
    assert doubt.endswith("addresses that were not read were not checked.")


def test_a_column_of_aliases_that_is_empty_for_everybody_says_nothing(tmp_path: Path) -> None:
    made = checked(table(tmp_path, "proxyAddresses", "", ""))

    assert "aliases (`proxyAddresses`)" in made.gaps[0]


@pytest.mark.parametrize(
    ("words", "enabled"),
    [
        ("True TRUE true Yes 1 WAHR VRAI Ja Sí Да Enabled Aktiviert", True),
        ("False FALSE false No 0 FALSCH FAUX Nein Não Нет Disabled Deaktiviert Blocked", False),
    ],
)
def test_flags_are_read_in_the_words_of_spreadsheets_and_portals(
    words: str, enabled: bool, tmp_path: Path
) -> None:
    *found, doubts = read(tmp_path, "accountEnabled", *words.split())

    assert (set(found), doubts) == ({enabled}, [])


def test_a_blocked_credential_is_a_disabled_account(tmp_path: Path) -> None:
    cells = ("True", "False", "FALSCH", "Blocked", "Allowed")

    assert read(tmp_path, "Block credential", *cells) == [False, True, True, False, True, []]


def test_a_flag_that_is_not_understood_is_named(tmp_path: Path) -> None:
    *found, (doubt,) = read(tmp_path, "accountEnabled", "True", "Vielleicht", "")

    assert found == [True, None, None]
    assert doubt == (
        "`accountEnabled` of 2 people is not understood (first in line 3: `Vielleicht`): they "
        "count as enabled."
    )


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("employeeId", "1.23457E+11"),
        ("mail", "#N/A"),
        ("displayName", "#NAME?"),
        ("identities", "System.Object[]"),
    ],
)
def test_what_a_spreadsheet_could_not_keep_was_not_checked(
    heading: str, cell: str, tmp_path: Path
) -> None:
    found, (doubt,) = read(tmp_path, heading, cell)

    assert not found
    assert doubt.startswith(f"`{heading}` of 1 person cannot be read (first in line 2: `{cell}`)")


PAGE = {"@odata.nextLink": "https://y", "value": [person("ann@x.test")]}
LAST = {"value": [person("bob@x.test"), person("eve@x.test")]}


def test_one_page_of_several_is_said_and_nobody_is_to_be_disabled_for_it(tmp_path: Path) -> None:
    made = checked(export(tmp_path, json.dumps(PAGE)), "ann@x.test", "bob@x.test")

    assert not made.complete
    assert made.doubts == [
        "The file is one page of several: its last page names another one (`@odata.nextLink`). "
        "Whoever is on the others was not checked: ask for each `@odata.nextLink` in turn, and put "
        "all answers one after another into one file."
    ]
    (unclaimed,) = [each for each in made.findings() if each.person is None]
    assert "an export of the whole directory" in unclaimed.remedy.customer


def test_pages_one_after_another_are_the_whole(tmp_path: Path) -> None:
    made = checked(export(tmp_path, json.dumps(PAGE) + "\n" + json.dumps(LAST)), "ann@x.test")

    assert (made.complete, made.people) == (True, 3)


def test_one_page_of_those_who_are_assigned_is_said(tmp_path: Path) -> None:
    scope = {
        "@odata.nextLink": "https://y",
        "value": [{"id": "a-1", "principalId": "object-ann@x.test"}],
    }
    everybody = [person("ann@x.test"), person("bob@x.test")]

    made = checked(export(tmp_path, json.dumps(everybody)), scope=json.dumps(scope))

    assert not made.complete
    assert made.doubts[0].startswith("Who is assigned is one page of several: its last page names")
    (bob,) = [each for each in made.findings() if each.person and each.person.name == "bob@x.test"]
    assert bob.reasons == ("not on the page of those who are assigned",)


def test_who_is_assigned_and_not_in_the_file_was_not_checked(tmp_path: Path) -> None:
    everybody = export(tmp_path, json.dumps([person("ann@x.test"), person("bob@x.test")]))
    scope = [person("ann@x.test"), person("zoe@x.test")]

    made = checked(everybody, scope=json.dumps(scope))

    assert made.doubts == [
        "1 of those who are assigned are not in the file, and were not checked: "
        "`object-zoe@x.test`."
    ]


def test_lines_of_a_list_that_are_no_names_are_said(tmp_path: Path) -> None:
    everybody = export(tmp_path, json.dumps([person("ann@x.test")]))

    made = checked(everybody, scope='"ann@x.test"\n\nBob Roe\n')

    assert made.doubts == [
        "Of who is assigned 1 person cannot be read (first in line 3: `Bob Roe`): they count as "
        "not assigned."
    ]


def test_groups_and_services_that_are_assigned_are_no_people(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "principalId": "g", "principalType": "Group"},
        {"@odata.type": "#microsoft.graph.group", "id": "h", "displayName": "Staff"},
        {"id": "3", "principalId": "s", "principalType": "ServicePrincipal"},
        {"@odata.type": "#microsoft.graph.user", "id": "u", "userPrincipalName": "U@x.test"},
    ]
    file = tmp_path / "assigned.json"
    file.write_text(json.dumps({"value": rows}))

    scope = read_assignments(file)

    assert (scope.names, scope.groups) == ({"u", "u@x.test"}, 2)
    assert scope.missing([]) == ["u"]


def test_an_object_id_on_two_pages_is_one_person(tmp_path: Path) -> None:
    first = person("ann@x.test", mail=None, otherMails=["a@x.test"])
    again = person("ann@x.test", mail="ann@x.test", otherMails=["l@x.test"])

    made = checked(export(tmp_path, json.dumps([first, person("bob@x.test"), again])), "ann@x.test")

    assert (made.people, made.complete, made.attention) == (2, True, 0)
    _, ann = next(made.workspace.people())
    assert (ann.value("mail"), ann.properties["otherMails"]) == (
        "ann@x.test",
        ["a@x.test", "l@x.test"],
    )


def test_two_rows_of_one_person_that_differ_are_said(tmp_path: Path) -> None:
    rows = [person("ann@x.test"), {**person("ann.lee@x.test"), "id": "OBJECT-ann@x.test"}]

    made = checked(export(tmp_path, json.dumps(rows)), "ann@x.test")

    assert (made.people, made.complete) == (1, False)
    assert made.doubts[0].startswith(
        "Rows of 1 person differ under one object id (first in rows 1 and 2: `userPrincipalName`)"
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": "2", "@removed": {"reason": "deleted"}}, "is deleted there"),
        ({"id": "2", "deletedDateTime": "2026-11-01T00:00:00Z"}, "is deleted there"),
        ({"id": "2", "@odata.type": "#microsoft.graph.device"}, "is a device and no user"),
        ({"id": "2", "surname": "Lee", "lastName": "Roe"}, "has two values of surname"),
        ({"displayName": "Ann"}, "neither id nor userPrincipalName"),
    ],
)
def test_rows_that_are_no_users_are_left_out_with_their_reason(
    row: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    made = checked(export(tmp_path, json.dumps([person("ann@x.test"), row])))

    assert (made.unit, made.rejected, made.complete) == ("object", [(2, reason)], False)


def test_lines_that_are_cut_or_shifted_are_left_out_by_number(tmp_path: Path) -> None:
    content = "id,userPrincipalName,displayName\n1,a@x.test,Roe, Jr.\n2,b@x.test,Bob\n3,c@x.test\n"

    made = checked(export(tmp_path, content))

    assert (made.people, made.unit) == (1, "line")
    assert made.rejected == [
        (2, "has 4 cells under 3 headings"),
        (4, "has 2 cells under 3 headings"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            json.dumps({"error": {"code": "InvalidAuthenticationToken", "message": "x"}}),
            "an error of Microsoft Graph, InvalidAuthenticationToken",
        ),
        (
            "Users of Contoso,\nid,userPrincipalName\n1,a@x.test\n",
            "line 1 has no column userPrincipalName or objectId, its headings are 'Users of Cont",
        ),
        ("id,mail\n,\n ,a@x.test\n", "names nobody: line 3: neither id nor userPrincipalName"),
    ],
)
def test_what_names_nobody_is_refused_with_the_true_reason(
    content: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        list(export(tmp_path, content).read())


def test_an_empty_list_of_who_is_assigned_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "assigned"
    file.write_text("Ann Lee\nBob Roe\n")

    with pytest.raises(InputError, match="names nobody who is assigned"):
        read_assignments(file)
