"""The one reader of files of people: what it refuses, which rows have a problem, what it mends."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rollcall.reconcile.files import row_file
from rollcall.reconcile.files.row import Row
from rollcall.reconcile.input_error import InputError

HEADINGS = "userName,email,name\n"
FIVE_HUNDRED = "".join(f"p{n}@acme.example,p{n}@acme.example,P{n}\n" for n in range(6, 501))


def rows(path: Path, content: str | bytes, encoding: str = "") -> list[tuple[int, Any]]:
    """Return where rows stand and what they say, or their problem as a text."""
    file = path / "people"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with row_file.open_rows(file, encoding) as table:
        return [(each.position, each.problem or each.values) for each in table.rows()]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            HEADINGS + 'p5@acme.example,p5@acme.example,"Rob\n' + FIVE_HUNDRED,
            "line 2: the quotation mark that opens here is never closed",
        ),
        (
            HEADINGS + 'a,a,"Rob\nb,b,"Lee, Ann"\n',
            "line 2: the quotation mark that opens here is closed in line 3 inside of a cell",
        ),
        (HEADINGS + 'a,"x\ny","Rob\nb,b,b\n', "line 3: the quotation mark that opens here is"),
        (HEADINGS + 'a,a,Rob "Bob" Roe\n', "line 2: a quotation mark stands in a cell"),
        (HEADINGS + 'a,a, "Rob"\n', "line 2: a quotation mark stands in a cell"),
        (HEADINGS + 'a,a,"Rob" x\n', "line 2: the quotation mark that opens here is closed"),
        ("username,email,username\n", "line 1 has two columns 'username'"),
        ("username,email, UserName\n", "line 1 has two columns 'UserName'"),
        (HEADINGS + "a,b,c\nemail,userName,name\nx,y,z\n", "line 3 has the headings in another"),
        (HEADINGS + "a,b\0,c\n", "line 2 has a NUL byte"),
        (HEADINGS + "a,b," + "x" * 2_000_000, "line 2 has more than 1,048,576 characters"),
        (HEADINGS + "a,b," + "x" * 200_000, "line 2: a cell has more than 131,072 characters"),
        (HEADINGS + 'a,b,"' + "x\n" * 100_000, "line 2: a cell has more than 131,072 characters"),
        (",".join(map(str, range(2_000))), "line 1 has more than 1,000 columns"),
        ("x" * 2_000, "line 1 has a heading of more than 1,000 characters"),
        ("#TYPE System.Object\n\n", "holds no rows"),
        (b"PK\x03\x04\x14\x00", "is a workbook or an archive, not text"),
        (b"\xff\xfeu\x00s\x00e", "is not text in UTF-8 or UTF-16"),
        ("[" * 100_000, "cannot be read as JSON: line 1: it nests too deep"),
        ('{"value": [' * 100_000, "line 1: it nests too deep"),
        ('{"a": ' * 100_000, "line 1: it nests too deep"),
        ('[\n{"id": "1"}\n{"id": "2"}]', "line 3: expecting ',' or ']'"),
        ('[{"id": "1"},\n', "cannot be read as JSON: line 2: expecting value"),
        ('{"value": [{"id": "1"}', "expecting ',' or ']'"),
        ('{"value": [], "value": [], "a": 1, "a": 2}', "a page has"),
        ('[{"id": "1"}] x', "expecting value"),
        ('[{"id": "' + "x" * 2_000_000 + '"}]', "a value has more than 1,048,576 characters"),
        ('{"id": "' + "x" * 2_000_000, "a value has more than 1,048,576 characters"),
        (
            "{" + ",".join(f'"k{n}": "{"x" * 60_000}"' for n in range(20)) + "}",
            "an object has more than 1,048,576 characters",
        ),
    ],
)
def test_a_file_that_is_not_certain_is_refused_with_its_line(
    content: str | bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        rows(tmp_path, content)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_rows_that_are_not_like_the_others_have_a_problem(tmp_path: Path) -> None:
    read = rows(
        tmp_path,
        HEADINGS + "a,a,A\n"
        "c@acme.example,c@acme.example,Smith, Jr.\n"
        "d,d\n"
        "\n ,\t, \n"
        'e,e,"E\nf,f,F\ng,g,G"\n'
        'h,h,"1 High Street\nTown"\n',
    )

    assert read == [
        (2, {"userName": "a", "email": "a", "name": "A"}),
        (3, "has 4 cells under 3 headings"),
        (4, "has 2 cells under 3 headings"),
        (
            7,
            "a cell goes on to line 9, over lines that look like rows: look at the quotation marks",
        ),
        (10, {"userName": "h", "email": "h", "name": "1 High Street\nTown"}),
    ]


def test_a_value_without_a_heading_is_a_problem(tmp_path: Path) -> None:
    assert rows(tmp_path, "a,b,\n1,2,\n1,2,3\n") == [
        (2, {"a": "1", "b": "2", "": ""}),
        (3, "has a value in a column without a heading"),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("#TYPE Selected.Microsoft.Graph\nuserName,name\nann,Ann\n", 3),
        ("version:v1.0,\nuserName,name\nann,Ann\n", 3),
        ("\n\r\nuserName,name\nann,Ann\n", 4),
        (",,,\nuserName,name\nann,Ann\n", 3),
        ("sep=;\nuserName;name\nann;Ann\n", 3),
        ("\ufeffsep=;\r\n#TYPE x\r\nuserName;name\r\nann;Ann\r\n", 4),
        ("sep=|\nuserName|name\nann|Ann\n", 3),
        ("sep=\t\nuserName\tname\nann\tAnn\n", 3),
        ('"userName";"na,me"\n', 0),
        ("userName\tname\nann\tAnn\n", 2),
        ('userName,name\r\n"ann","Ann"', 2),
        ("userName,name\rann,Ann\r", 2),
        ("userName,name\nann,Ann\nUserName,Name\n\ufeffuserName,name\n", 2),
        ("userName,name\n \u00a0ann\t,\u202fAnn \u3000\n", 2),
    ],
)
def test_what_spreadsheets_and_shells_add_is_no_row(
    content: str, line: int, tmp_path: Path
) -> None:
    expected = [(line, {"userName": "ann", "name": "Ann"})] if line else []

    assert rows(tmp_path, content) == expected


PEOPLE = "userName,name\nän@x.test,Ånn 日本\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str, tmp_path: Path) -> None:
    as_json = json.dumps([{"userName": "än@x.test", "name": "Ånn 日本"}], ensure_ascii=False)

    for content in (PEOPLE, as_json):
        ((_, person),) = rows(tmp_path, content.encode(encoding))
        assert person == {"userName": "än@x.test", "name": "Ånn 日本"}


def test_utf16_with_its_own_mark_in_big_endian_is_read(tmp_path: Path) -> None:
    content = b"\xfe\xff" + PEOPLE.encode("utf-16-be")

    assert rows(tmp_path, content)[0][1]["userName"] == "än@x.test"


def test_what_is_not_unicode_is_read_in_the_encoding_that_is_named_and_never_guessed(
    tmp_path: Path,
) -> None:
    western = "userName,name\nann,Ann\nmüller,Müller\n".encode("windows-1252")

    with pytest.raises(
        InputError, match=r"line 3 is not: save it as UTF-8 .* --encoding windows-1252"
    ):
        rows(tmp_path, western)
    assert rows(tmp_path, western, "windows-1252")[1][1]["name"] == "Müller"
    # What is in UTF-8 stays so: two files of one command may differ.
    assert rows(tmp_path, PEOPLE, "windows-1252")[0][1]["name"] == "Ånn 日本"
    with pytest.raises(InputError, match="is not text in UTF-8, UTF-16 or ascii"):
        rows(tmp_path, western, "ascii")
    for name in ("klingon", "hex"):
        with pytest.raises(InputError, match=f"there is no encoding {name}"):
            rows(tmp_path, western, name)


def test_rows_of_json_that_cannot_be_kept_have_a_problem(tmp_path: Path) -> None:
    read = rows(
        tmp_path,
        '[{"id": "1", "id": "2"}, {"id": "\\ud800"}, {"id": NaN}, {"id": 1e999},'
        f'{{"id": {"9" * 5_000}}}, {{"a": {"[" * 20}{"]" * 20}}}, {{"id": " \\u00a07 "}}]',
    )

    assert [problem for _, problem in read[:-1]] == [
        'has "id" twice in one object',
        *["is not valid JSON"] * 4,
        "nests more than 16 deep",
    ]
    assert read[-1] == (7, {"id": "7"})


def test_objects_one_a_line_fail_one_by_one_and_others_as_a_whole(tmp_path: Path) -> None:
    lines = '{"id": "1"}\n{"id": \n\n7\n{"id": "2"}\n'
    indented = json.dumps({"id": "1"}, indent=1) + "\n" + json.dumps({"id": "2"}, indent=1)

    assert rows(tmp_path, lines) == [
        (1, {"id": "1"}),
        (2, "is not valid JSON"),
        (4, "is not an object"),
        (5, {"id": "2"}),
    ]
    assert rows(tmp_path, indented) == [(1, {"id": "1"}), (2, {"id": "2"})]


@pytest.mark.parametrize(
    "form", ['[{{"id": "{0}", "n": {1}}}]', '{{"value": [{{"id": "{0}", "n": {1}}}]}}']
)
def test_values_may_lie_across_the_pieces_in_which_a_file_is_read(
    form: str, tmp_path: Path
) -> None:
    for shift in range(30):
        padding = "x" * (65_536 - shift)
        ((_, found),) = rows(tmp_path, form.format(padding, "-1.5E+10"))
        assert found == {"id": padding, "n": -1.5e10}, shift


FIRST = '{"@odata.context": "c", "@odata.nextLink": "n", "value": [{"id": "1"}]}'
LAST = '{"value": [{"id": "2"}], "@odata.nextLink": null}'


@pytest.mark.parametrize(
    ("content", "partial"),
    [
        (FIRST, "its last page names another one (`@odata.nextLink`)"),
        (FIRST + FIRST, "its last page names another one (`@odata.nextLink`)"),
        (LAST + "\n" + FIRST, "its last page names another one (`@odata.nextLink`)"),
        ('{"odata.nextLink": "n", "value": []}', "its last page names another one"),
        ('{"@odata.count": 9, "value": [{"id": "1"}]}', "it counts 9 and has 1 (`@odata.count`)"),
        (FIRST + LAST, ""),
        (f"{FIRST}\r\n\ufeff{LAST}", ""),
        (f"[{FIRST}, {LAST}]", ""),
        (json.dumps(json.loads(FIRST), indent=2) + LAST, ""),
        ('{"@odata.count": 1, "value": [{"id": "1"}]}', ""),
        ('[{"id": "1"}]', ""),
    ],
)
def test_pages_say_whether_they_are_all_of_an_answer(
    content: str, partial: str, tmp_path: Path
) -> None:
    file = tmp_path / "users.json"
    file.write_text(content)

    with row_file.open_rows(file) as table:
        assert all(not each.problem for each in table.rows())
        assert table.partial.startswith(partial)
        assert bool(table.partial) == bool(partial)


def test_what_comes_through_a_pipe_is_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=("userName\nann\n",))
    writer.start()

    with row_file.open_rows(pipe) as table:
        first, second = list(table.rows()), list(table.rows())
    writer.join()

    assert first == second == [Row(2, {"userName": "ann"})]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_memory_does_not_grow_with_the_file(form: str, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        file = tmp_path / f"people{count}"
        people = [{"userName": f"p{n}", "name": "N" * 500} for n in range(count)]
        if form == "csv":
            file.write_text(
                "userName,name\n" + "".join(f"{p['userName']},{p['name']}\n" for p in people)
            )
        else:
            file.write_text(json.dumps({"value": people}))
        del people
        tracemalloc.start()
        with row_file.open_rows(file) as table:
            assert sum(1 for _ in table.rows()) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8_000) < 1.5 * peak(1_000)
