"""`rollcall accounts import` and `conflicts check` with the files that people really have."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rollcall.scim.resource_type import Kind
from tests.cli.test_accounts_command import Support
from tests.command import ENVIRONMENT, PROGRAM, program, rollcall
from tests.conftest import Server


@pytest.fixture
def support(server: Server, tmp_path: Path) -> Support:
    return Support(server, tmp_path)


def written(support: Support, content: str | bytes, name: str = "people.csv") -> str:
    file = support.path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


LINES = "".join(f"p{n}@acme.example,p{n}@acme.example,P{n}\n" for n in range(1, 501))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "userName,email,name\n" + LINES.replace(",P5\n", ',"Rob\n', 1),
            "line 6: the quotation mark that opens here is never closed",
        ),
        ("userName,email,userName\na,b,c\n", "line 1 has two columns 'userName'"),
        ("[" * 100_000, "it nests too deep"),
        ("userName\nm\u00fcller\n".encode("windows-1252"), "line 2 is not: save it as UTF-8"),
    ],
    ids=["quote", "headings", "nesting", "encoding"],
)
def test_a_file_that_is_not_certain_is_one_sentence_and_nobody_is_put_in(
    content: str | bytes, sentence: str, support: Support
) -> None:
    said = support.says("import", written(support, content), code=2)

    assert sentence in said
    assert len(said.splitlines()) == 1
    assert support.reads("list") == []


def test_every_line_is_told_of_and_a_dry_run_says_the_same(support: Support) -> None:
    support.account("known@acme.example")
    long = "x" * 110_000
    file = written(
        support,
        "userName,name,title,nickName\n"
        "ann@acme.example,Ann,,\n"
        f"big@acme.example,{long},{long},{long}\n"
        "c@acme.example,Smith, Jr.,Carl,x\n"
        "Known@acme.example,,,\n"
        "zero\u200bwidth,,,\n"
        '" bob@acme.example\t",Bob,,\n',
    )

    tried = support.reads("import", file, "--dry-run", code=1)
    made = support.reads("import", file, code=1)

    assert made["rejected"] == [
        {"line": 3, "reason": "a resource without its members has at most 300 kB"},
        {"line": 4, "reason": "has 5 cells under 4 headings"},
        {"line": 6, "reason": "userName holds U+200B ZERO WIDTH SPACE, which cannot be seen"},
    ]
    assert (made["created"], made["known"]) == (2, 1)
    assert {**tried, "dryRun": False} == made
    names = {each["userName"] for each in support.reads("list")}
    assert names == {"known@acme.example", "ann@acme.example", "bob@acme.example"}


def test_a_file_in_another_encoding_is_named_and_standard_input_is_read(support: Support) -> None:
    file = written(support, "userName,name\nm\u00fcller,M\u00fcller\n".encode("windows-1252"))

    support.says("import", file, "--encoding", "windows-1252")
    done = program(
        support.state, "accounts", "import", support.tenant, "-", typed="userName\nann\n"
    )

    assert done.returncode == 0, done.stderr
    assert {each["userName"] for each in support.reads("list")} == {"m\u00fcller", "ann"}


def test_an_import_that_is_broken_off_says_how_many_were_put_in(support: Support) -> None:
    file = written(support, "userName\n" + "".join(f"user{n}\n" for n in range(5_000)))
    command = [PROGRAM, "--state", str(support.state), "accounts", "import", support.tenant, file]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None and not support.directory.counts()[Kind.USER]:
            pass
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

    made = support.directory.counts()[Kind.USER]
    assert running.returncode not in (0, 2)
    assert f"the import broke off, {made:,} accounts are put in: repeat it" in said
    assert support.logged()[-1]["detail"] == f"broke off after {made} accounts"


def check(support: Support, *words: str) -> Any:
    return rollcall(support.state, "conflicts", "check", support.tenant, "--idp-export", *words)


PEOPLE: list[dict[str, Any]] = [
    {"id": str(n), "userPrincipalName": f"p{n}@x.test", "accountEnabled": True} for n in range(9)
]


def test_one_page_of_an_answer_is_said_and_the_exit_code_is_1(support: Support) -> None:
    for each in PEOPLE:
        support.account(each["userPrincipalName"])
    page = {"@odata.nextLink": "https://y", "value": PEOPLE[:1]}
    rest = {"value": PEOPLE[1:]}

    one = check(support, written(support, json.dumps(page), "page.json"))
    as_json = check(support, str(support.path / "page.json"), "--json")
    every = check(support, written(support, json.dumps(page) + json.dumps(rest), "pages.json"))
    scope = check(
        support, str(support.path / "pages.json"), "--assigned", str(support.path / "page.json")
    )

    assert (one.returncode, every.returncode, scope.returncode) == (1, 0, 1)
    assert "not checked: The file is one page of several" in " ".join(one.stdout.split())
    assert "disable it" not in one.stdout
    assert json.loads(as_json.stdout)["summary"]["complete"] is False
    assert "not checked: Who is assigned is one page of several" in " ".join(scope.stdout.split())


def test_the_pages_of_an_answer_may_be_several_files(support: Support) -> None:
    page = {"@odata.nextLink": "https://y", "value": PEOPLE[:1]}
    first = written(support, json.dumps(page), "page.json")
    rest = written(support, json.dumps({"value": PEOPLE[1:]}), "rest.json")

    done = check(support, rest, "--idp-export", first, "--json")

    summary = json.loads(done.stdout)["summary"]
    assert (done.returncode, summary["people"], summary["complete"]) == (0, len(PEOPLE), True)


def test_rows_that_are_left_out_are_named_and_the_exit_code_is_1(support: Support) -> None:
    content = "id,userPrincipalName\n" + "".join(f"{n},a,b\n" for n in range(12)) + "1,a@x.test\n"

    done = check(support, written(support, content))

    assert done.returncode == 1
    assert "line 2 of the export is left out: has 3 cells under 2 headings" in done.stdout
    assert "and 2 more: --json has them all." in done.stdout


@pytest.mark.parametrize("option", ["--idp-export", "--assigned"])
def test_a_hundred_thousand_brackets_are_refused(option: str, support: Support) -> None:
    files = {"--idp-export": written(support, json.dumps(PEOPLE), "users.json")}
    files[option] = written(support, "[" * 100_000, "brackets.json")
    words = [word for pair in files.items() for word in pair]

    done = rollcall(support.state, "conflicts", "check", support.tenant, *words)

    assert done.returncode == 2
    assert "it nests too deep" in done.stderr
