"""Files of accounts: how columns become attributes, and which lines are rejected why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rollcall.model.account_link import LOCAL, AccountLink, LinkState
from rollcall.operations.account_import import ImportCounts, import_batches
from rollcall.reconcile.files.account_file import AccountDraft, AccountFile, mapping
from rollcall.reconcile.input_error import InputError
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import ENTERPRISE


def intake(path: Path, content: str, *maps: str) -> AccountFile:
    file = path / "accounts"
    file.write_text(content)
    return AccountFile(file, mapping(maps))


def documents(read: AccountFile) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in each.document.items() if name != "schemas"}
        for each in read.drafts()
    ]


def test_columns_are_paths_or_what_products_call_them(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        "Login,First Name,last_name,E-mail,employee number,Full name,enabled,nickName,"
        "name.formatted\n"
        "ann,Ann,Lee,ann@x.test,0017,Ann Lee,no,Annie,Dr Ann Lee\n",
    )

    assert documents(read) == [
        {
            "userName": "ann",
            "name": {"formatted": "Dr Ann Lee", "givenName": "Ann", "familyName": "Lee"},
            "emails": [{"value": "ann@x.test", "type": "work"}],
            ENTERPRISE: {"employeeNumber": "0017"},
            "displayName": "Ann Lee",
            "active": False,
            "nickName": "Annie",
        }
    ]


def test_other_columns_are_mapped_or_left_out(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        "key,second,plan\nann,a@home.test,gold\n",
        "key=userName",
        'second=emails[type eq "home"].value',
        "plan=",
    )

    assert documents(read) == [
        {"userName": "ann", "emails": [{"value": "a@home.test", "type": "home"}], "active": True}
    ]


def test_objects_are_users_as_in_scim(tmp_path: Path) -> None:
    user = {
        "schemas": ["x"],
        "id": "product-7",
        "userName": "ann",
        "name": {"familyName": "Lee"},
        "emails": [{"value": "ann@x.test", "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": "17"},
        "active": True,
        "groups": [{"value": "g"}],
    }

    for content in (json.dumps(user), json.dumps([user], indent=1), json.dumps(user) + "\n\n"):
        (read,) = documents(intake(tmp_path, content))
        kept = {
            name: each for name, each in user.items() if name not in {"schemas", "id", "groups"}
        }
        assert read == kept


def test_accounts_are_local_and_protected_where_the_file_says_so(tmp_path: Path) -> None:
    read = intake(tmp_path, "userName,protected\nann,\nroot,yes\neve,false\n")

    links = [each.link for each in read.drafts()]

    assert links == [LOCAL, AccountLink(LinkState.LOCAL, protected=True), LOCAL]


def test_rejected_lines_are_named_with_their_reason_and_the_others_go_on(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        "userName,active,email\n"
        "ann,true,a@x.test\n"
        ",true,b@x.test\n"
        "bob,perhaps,\n"
        "ANN,false,\n"
        '"two\nlines",true,\n'
        "zero\u200bwidth,true,\n"
        "eve,true,\n",
    )

    assert [each.document["userName"] for each in read.drafts()] == ["ann", "eve"]
    assert read.rejected == [
        (3, "has no userName"),
        (4, "active takes true or false"),
        (5, "its userName stands in line 2 already"),
        (6, "userName holds U+000A, a control character"),
        (8, "userName holds U+200B ZERO WIDTH SPACE, which cannot be seen"),
    ]


def test_nothing_is_yielded_of_a_file_that_breaks_off_later(tmp_path: Path) -> None:
    lines = "".join(f"p{each}@x.test,P{each}\n" for each in range(1, 500))
    unclosed = lines.replace("p5@x.test,P5", 'p5@x.test,"Rob')
    damaged = lines.replace("p450@x.test", "p450\0@x.test")
    objects = json.dumps([{"userName": f"p{each}"} for each in range(500)])[:-1]

    for content in (f"userName,name\n{unclosed}", f"userName,name\n{damaged}", objects):
        read = intake(tmp_path, content)
        drafts: list[AccountDraft] = []
        with pytest.raises(InputError):
            drafts += read.drafts()
        assert (drafts, read.rejected) == ([], [])


def test_lines_that_are_shifted_or_cut_are_rejected_by_number(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        "userName,email,last name,first name,department\n"
        "a@x.test,a@x.test,Lee,Ann,Legal\n"
        "c@x.test,c@x.test,Smith, Jr., Carl,Legal\n"
        "d@x.test,d@x.test\n",
    )

    assert [each.document["userName"] for each in read.drafts()] == ["a@x.test"]
    assert read.rejected == [
        (3, "has 6 cells under 5 headings"),
        (4, "has 2 cells under 5 headings"),
    ]


def test_blanks_around_values_are_no_part_of_them(tmp_path: Path) -> None:
    cells = '" ann@acme.example ","\u00a0Ann\t"'
    objects = json.dumps([{"userName": " ann@acme.example\t", "name": {"familyName": " Ann"}}])

    (from_cells,) = documents(intake(tmp_path, f"userName,last name\n{cells}\n"))
    (from_json,) = documents(intake(tmp_path, objects))

    assert from_cells == from_json
    assert from_cells["userName"] == "ann@acme.example"
    assert from_cells["name"] == {"familyName": "Ann"}


def test_what_spreadsheets_make_of_values_is_rejected_where_it_would_be_kept(
    tmp_path: Path,
) -> None:
    read = intake(
        tmp_path,
        "userName,phone,employee number,plan\nann,4.91761E+12,,\nbob,,#N/A,\neve,,,#REF!\n",
        "plan=",
    )

    assert [each.where for each in read.drafts()] == [4]
    assert read.rejected == [
        (2, "phone: 4.91761E+12 is a number that the spreadsheet has rounded"),
        (3, "employee number: #N/A is an error of the spreadsheet"),
    ]


def test_flags_are_read_in_the_words_of_spreadsheets_or_rejected(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        "userName,enabled,protected\nann,FALSCH,WAHR\nbob,inactive,Nein\neve,WAHR,perhaps\n",
    )

    assert [(each.document["active"], each.link.protected) for each in read.drafts()] == [
        (False, True),
        (False, False),
    ]
    assert read.rejected == [(4, "protected takes true or false")]


def test_two_keys_of_an_object_for_one_attribute_are_rejected(tmp_path: Path) -> None:
    read = intake(tmp_path, '[{"login": "ann", "userName": "bob"}, {"userName": "eve"}]')

    assert [each.where for each in read.drafts()] == [2]
    assert (read.unit, read.rejected) == ("object", [(1, "login and userName are both userName")])


def test_lines_of_json_are_rejected_one_by_one(tmp_path: Path) -> None:
    read = intake(
        tmp_path,
        '{"userName": "ann"}\n{"userName": \n7\n{"userName": "bob", "nothing": 1}\n'
        '{"userName": "eve"}\n',
    )

    assert [each.where for each in read.drafts()] == [1, 5]
    assert [line for line, _ in read.rejected] == [2, 3, 4]
    assert read.rejected[2][1] == "nothing is no attribute of a user"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("mail\na@x.test\n", "has no column userName"),
        ("userName,plan\nann,gold\n", "the column 'plan' is no attribute of a user: map it"),
        ("", "is empty"),
        ("username,email,username\na,b,c\n", "line 1 has two columns 'username'"),
        ("username,login\na,b\n", "the columns 'username' and 'login' are both userName"),
        ("#TYPE x\n\nPeople of Acme\na\n", "line 3 has no column userName.* of 'People of Acme'"),
        ("userName,mail\n\n", "holds no rows"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_sentence(
    content: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        list(intake(tmp_path, content).drafts())


def test_one_page_of_several_is_known(tmp_path: Path) -> None:
    page = {"@odata.nextLink": "https://y", "value": [{"userName": "ann"}]}
    read = intake(tmp_path, json.dumps(page))

    assert len(list(read.drafts())) == 1
    assert read.partial == "its last page names another one (`@odata.nextLink`)"


def test_a_mapping_of_a_column_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column 'Nmae', which --map names"):
        list(intake(tmp_path, "userName,name\nann,Ann\n", "Nmae=title").drafts())


def test_whoever_is_refused_when_put_in_is_rejected_and_all_lines_are_told(tmp_path: Path) -> None:
    read = intake(
        tmp_path, "userName\n" + "\n".join(f"user{each}" for each in range(250)) + "\n,\n"
    )

    def create(drafts: Sequence[AccountDraft]) -> int:
        for each in drafts[:3]:
            read.reject(each.where, "is too large")
        return len(drafts) - 5

    *_, tally = import_batches(read.drafts(), lambda _: set(), create, read.rejected)

    assert (tally.created, tally.known, len(read.rejected)) == (235, 6, 9)


@pytest.mark.parametrize("rule", ["userName", "=userName", "login=nothing"])
def test_a_mapping_that_leads_nowhere_is_one_sentence(rule: str) -> None:
    with pytest.raises(InputError, match="is no "):
        mapping([rule])


def test_a_column_that_is_mapped_twice_is_one_sentence() -> None:
    with pytest.raises(InputError, match="the column 'key' is mapped twice"):
        mapping(["key=userName", "key=title"])


def test_an_import_that_is_repeated_goes_on_where_it_ended(tmp_path: Path) -> None:
    lines = "\n".join(f"user{each}" for each in range(250))
    names: set[IndexEntry] = set()

    def taken(entries: Iterable[IndexEntry]) -> set[IndexEntry]:
        return names & set(entries)

    def create(drafts: Sequence[AccountDraft]) -> int:
        if len(names) == 200:
            raise TimeoutError
        names.update(each.entry for each in drafts)
        return len(drafts)

    read = intake(tmp_path, f"userName\n{lines}\n")
    with pytest.raises(TimeoutError):
        list(import_batches(read.drafts(), taken, create))
    names.add(IndexEntry("userName", "user249"))

    *_, tally = import_batches(intake(tmp_path, f"userName\n{lines}\n").drafts(), taken, create)

    assert tally == ImportCounts(created=49, known=201)
