"""An export in several files, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollcall.model.account_link import AccountLink, LinkPolicy, LinkRule, LinkState
from rollcall.reconcile.conflicts import conflict_report
from rollcall.reconcile.conflicts.conflict_check import check
from rollcall.reconcile.conflicts.entra_export import EntraExport
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.input_error import InputError
from tests.operations.operators import finished
from tests.reconcile.cases import account, person

NEXT = "@odata.nextLink"


def page(folder: Path, name: str, *people: str, **more: Any) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps({**more, "value": [person(f"{each}@x.test") for each in people]}))
    return file


def read(first: Path, *more: Path) -> tuple[EntraExport, list[str]]:
    export = EntraExport(first, None, more)
    return export, [each["userPrincipalName"] for _, each in export.read()]


def test_pages_in_several_files_are_one_export_in_any_order(tmp_path: Path) -> None:
    files = (
        page(tmp_path, "last", "cid"),
        page(tmp_path, "first", "ann", **{NEXT: "https://x/2", "@odata.count": 3}),
        page(tmp_path, "second", "bob", **{NEXT: "https://x/3"}),
    )

    export, people = read(*files)

    assert people == ["cid@x.test", "ann@x.test", "bob@x.test"]
    assert export.complete
    assert not list(export.doubts())


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([{NEXT: "https://x/2"}, {NEXT: "https://x/3"}], "each of them names another one"),
        ([{NEXT: "https://x/2"}, {NEXT: "https://x/2"}, {}], "two of them are the same page"),
        ([{NEXT: "https://x/2", "@odata.count": 9}, {}], "they count 9 and have 2"),
    ],
)
def test_pages_that_are_missing_are_said(
    pages: list[dict[str, Any]], reason: str, tmp_path: Path
) -> None:
    export, _ = read(*(page(tmp_path, str(n), f"p{n}", **more) for n, more in enumerate(pages)))

    assert export.partial.startswith(reason)
    (doubt,) = export.doubts()
    assert doubt.startswith(f"The files are not all pages: {reason}")


def test_a_row_that_is_left_out_of_one_of_several_files_is_named_with_it(tmp_path: Path) -> None:
    table = tmp_path / "rest.csv"
    table.write_text("userPrincipalName,objectId\nbob@x.test,1\nb,2,3\n")

    export, _ = read(page(tmp_path, "first", "ann"), table)

    assert export.rejected == [(3, "rest.csv: has 3 cells under 2 headings")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", " is empty"),
        ("\n\n", " is empty"),
        (
            "<!DOCTYPE html>\n<title>Sign in</title>",
            " is a web page or XML, not CSV or JSON: line 1 begins with '<!DOCTYPE html>'",
        ),
        ("PK\x03\x04", " is a workbook or an archive, not text: save it as CSV in UTF-8"),
        ("userPrincipalName;objectId\n", " holds no rows"),
        ('userPrincipalName,objectId\na@x.test,1\nb@x.test,"2', " cannot be read as CSV: line 3: "),
    ],
)
def test_a_file_that_is_no_export_is_named_among_several(
    content: str, sentence: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(content)

    with pytest.raises(InputError) as error:
        read(page(tmp_path, "first", "ann"), wrong)

    assert str(error.value).startswith(f"{wrong}{sentence}")


def test_who_has_no_option_for_an_encoding_is_told_of_none(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes("userPrincipalName\nmüller@x.test\n".encode("cp1252"))

    with pytest.raises(InputError, match="line 2 is not: save it as UTF-8") as error:
        read(file)

    assert "--encoding" not in str(error.value)


OPERATORS_WORDS = (
    "rollcall", "relink", "--", "tenant", "acme ", "link policy", "operator", "adopt", "strict",
    "id-", "dynamodb", "stub", "alias", "unprotect", "merge", "command", "support will",
)  # fmt: skip


def test_the_customers_page_has_no_word_of_operators(tmp_path: Path) -> None:
    """Seven verdicts and three policies, a row that is left out, a page that is missing."""
    accounts = [
        account("ann@x.test", "ann@x.test"),
        account("old.bob@x.test", "bob@x.test", displayName="Bob Roe"),
        account("cid@x.test", number="7"),
        account("cid.second@x.test", "cid@x.test", number="7"),
        account("dan@x.test", link=AccountLink(LinkState.LOCAL, protected=True)),
        account("nobody@x.test"),
        account("eve@y.test", "eve@y.test", number="9"),
    ]
    people = [
        person("ann@x.test"),
        person("bob@x.test", displayName="Bob Roe", mail="bob@x.test"),
        person("cid@x.test", employeeId="7", mail="cid@x.test"),
        person("dan@x.test"),
        person("eve@y.test", employeeId="9"),
        person("fay@x.test", accountEnabled=False),
        person("new@x.test"),
    ]
    file = tmp_path / "users.json"
    file.write_text(json.dumps({NEXT: "https://x/2", "value": [*people, {"displayName": "?"}]}))
    kinds, pages = set(), []
    for policy in (
        LinkPolicy(LinkRule.MATCH),
        LinkPolicy(LinkRule.STRICT),
        LinkPolicy(LinkRule.ADOPT, frozenset({"x.test"})),
    ):
        job = ProvisioningJob("acme", linking=policy)
        done = finished(check(job, EntraExport(file), accounts))
        kinds |= set(done.counts)
        pages.append("".join(conflict_report.as_customer_page(done, "users.json", "today")))

    assert len(kinds) >= 7, kinds
    for made in pages:
        body = made.partition("<body>")[2].partition("<script>")[0].lower()
        head = made.partition("<style>")[0].lower()
        found = [word for word in OPERATORS_WORDS if word in body or word in head]
        assert not found, found
        assert "rollcall" not in made.lower()
        assert "eve@y.test" in body
        assert "What you can do" in made
