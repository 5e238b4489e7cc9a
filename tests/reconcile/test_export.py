"""Reading what identity providers export, whatever a spreadsheet or a shell made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollcall.reconcile.conflicts.entra_export import EntraExport, read_assignments
from rollcall.reconcile.input_error import InputError

PORTAL = (
    "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,accountEnabled,"
    "alternateEmailAddress\n"
    'ann@x.test,"Lee, Ann",Lee,ann@x.test,Ann,1111,Member,True,"al@x.test, l@x.test"\n'
    "bob@x.test,Bob,,,,2222,Member,False,\n"
)
ANN = {
    "userPrincipalName": "ann@x.test",
    "displayName": "Lee, Ann",
    "surname": "Lee",
    "mail": "ann@x.test",
    "givenName": "Ann",
    "id": "1111",
    "userType": "Member",
    "accountEnabled": True,
    "otherMails": ["al@x.test", "l@x.test"],
}


def export(path: Path, content: str | bytes) -> EntraExport:
    file = path / "users.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return EntraExport(file)


def test_the_portals_download_is_read_by_graphs_names(tmp_path: Path) -> None:
    (where, ann), (_, bob) = export(tmp_path, PORTAL).read()

    assert (where, ann) == (2, ANN)
    assert bob["accountEnabled"] is False
    assert (bob["mail"], bob["otherMails"]) == (None, [])


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + PORTAL.encode(),
        PORTAL.encode("utf-16"),
        PORTAL.replace("\n", "\r\n").encode(),
        PORTAL.replace(",", ";").replace('"Lee; Ann"', '"Lee, Ann"').encode(),
        PORTAL.replace("userPrincipalName", "User principal name [userPrincipalName] Required")
        .replace("objectId", "Object ID")
        .encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "semicolons", "headings for people"],
)
def test_what_spreadsheets_make_of_it_is_the_same(content: bytes, tmp_path: Path) -> None:
    _, ann = next(export(tmp_path, content).read())

    assert ann == ANN


USERS = [{"id": "1", "userPrincipalName": "a@x.test"}, {"id": "2", "userPrincipalName": "ü@x.test"}]
PAGE = json.dumps({"@odata.context": "https://x", "value": USERS, "@odata.nextLink": "https://y"})


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(USERS).encode(),
        json.dumps({"@odata.context": "https://x", "value": USERS}).encode(),
        (PAGE.replace(json.dumps(USERS[1]), "").replace("}, ]", "}]")
         + json.dumps({"value": USERS[1:]})).encode(),
        "\n".join(json.dumps(each, ensure_ascii=False) for each in USERS).encode(),
        json.dumps(USERS).replace("userPrincipalName", "UserPrincipalName").encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(USERS, indent=2).encode(),
    ],
    ids=["array", "page", "pages", "lines", "PowerShell", "indented with BOM"],
)  # fmt: skip
def test_graphs_answers_are_read_in_every_form(content: bytes, tmp_path: Path) -> None:
    assert [row for _, row in export(tmp_path, content).read()] == USERS


def test_rows_that_name_nobody_are_rejected_with_their_line(tmp_path: Path) -> None:
    read = export(tmp_path, "userPrincipalName,mail\na@x.test,\n,b@x.test\n")

    assert len(list(read.read())) == 1
    assert (read.rows, read.rejected) == (2, [(3, "neither id nor userPrincipalName")])


def test_the_properties_of_a_file_are_those_that_it_names(tmp_path: Path) -> None:
    read = export(tmp_path, json.dumps([{"id": "1", "mail": None}, {"ID": "2", "Surname": "x"}]))

    assert len(list(read.read())) == 2
    assert read.property_names == {"id", "mail", "surname"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"name,mail\nx,y\n", "has no column userPrincipalName or objectId"),
        (b"[]", "holds no rows"),
        (b"userPrincipalName\n", "holds no rows"),
        (b'[{"id": "1"}, 7]', "number 2 is not an object"),
        (b'[{"id": "1"}, {"id"', "cannot be read as JSON"),
        (b"userPrincipalName\n\xff\xfe\xfa\n", "is not text in UTF-8 or UTF-16"),
        (b"id,mail\n1," + b"x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_what_is_no_export_is_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        list(export(tmp_path, content).read())


@pytest.mark.parametrize(
    ("content", "groups"),
    [
        ("A@x.test\n2222\n\n", 0),
        ("id,userPrincipalName\n1111,a@x.test\n2222,b@x.test\n", 0),
        (
            json.dumps(
                {
                    "value": [
                        {"id": "assignment-1", "principalId": "1111", "principalType": "User"},
                        {"id": "assignment-2", "principalId": "2222", "principalType": "User"},
                        {"id": "assignment-3", "principalId": "9999", "principalType": "Group"},
                    ]
                }
            ),
            1,
        ),
    ],
    ids=["list", "members", "assignments"],
)
def test_who_is_assigned_is_read_from_lists_members_and_assignments(
    content: str, groups: int, tmp_path: Path
) -> None:
    file = tmp_path / "assigned"
    file.write_text(content)

    scope = read_assignments(file)

    assert {"id": "1111", "userPrincipalName": "a@x.test"} in scope
    assert {"id": "2222", "userPrincipalName": None} in scope
    assert {"id": "3333", "userPrincipalName": "c@x.test"} not in scope
    assert scope.groups == groups
