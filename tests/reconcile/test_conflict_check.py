"""A whole check: its figures, what it could not look at, and its reports."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from rollcall.reconcile.conflicts import conflict_report
from rollcall.reconcile.conflicts.conflict_check import ASSIGNED_REQUEST, USERS_REQUEST, check
from rollcall.reconcile.conflicts.conflict_finding import Verdict
from rollcall.reconcile.conflicts.entra_export import Assignments, EntraExport
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.conflicts.person import ExternalId, JobRules, parse_match_rule
from rollcall.reconcile.input_error import InputError
from tests.operations.operators import finished
from tests.reconcile.cases import account, checked, graph, person

ACCOUNTS = [
    account("ann@x.test"),
    account("lee@x.test"),
    account("root@x.test"),
    account("namesake", displayName="Eve Roe"),
]
PEOPLE = [
    person("ann@x.test"),
    person("bob@x.test", otherMails=["lee@x.test"]),
    person("new@x.test"),
    person("eve@x.test", displayName="Eve Roe"),
]


def test_what_needs_attention_comes_first_and_everything_is_counted(tmp_path: Path) -> None:
    made = checked(tmp_path, ACCOUNTS, PEOPLE)

    assert [each.verdict for each in made.findings()] == [
        Verdict.DUPLICATED,
        Verdict.DUPLICATED,
        Verdict.LINKED,
        Verdict.PERSON_ONLY,
        Verdict.ACCOUNT_ONLY,
    ]
    assert (made.people, made.accounts, made.attention, made.hints) == (4, 4, 2, 1)


def test_without_hints_a_namesake_is_nobodys_duplicate(tmp_path: Path) -> None:
    export = graph(tmp_path / "users.json", *PEOPLE)
    made = finished(check(ProvisioningJob("acme"), export, ACCOUNTS, hints=False))

    assert (made.attention, made.hints) == (1, 0)
    names = {each.accounts[0].user_name for each in made.findings() if each.person is None}
    assert names == {"root@x.test", "namesake"}


def test_with_everything_known_nothing_is_left_to_ask_for(tmp_path: Path) -> None:
    made = checked(tmp_path, [], PEOPLE, assigned=Assignments({"ann@x.test"}))

    assert (made.gaps, made.requests) == ([], [])


def test_the_portals_download_lacks_aliases_and_employee_numbers(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(
        "userPrincipalName,displayName,mail,objectId,accountEnabled,alternateEmailAddress\n"
        "ann@x.test,Ann,ann@x.test,1,True,\n"
    )

    made = finished(check(ProvisioningJob("acme"), EntraExport(file), []))

    assert "aliases (`proxyAddresses`), employee numbers (`employeeId`)" in made.gaps[0]
    assert "disabled" not in made.gaps[0]
    assert made.requests == [USERS_REQUEST, ASSIGNED_REQUEST]


def test_assigned_groups_and_mail_nicknames_are_warned_of(tmp_path: Path) -> None:
    rules = JobRules(external_id=ExternalId.MAIL_NICKNAME)

    made = checked(tmp_path, [], PEOPLE, rules=rules, assigned=Assignments({"x"}, groups=2))

    assert "map `objectId` instead" in made.gaps[0]
    assert "2 groups are assigned" in made.gaps[1]
    assert "transitiveMembers" in made.requests[-1]


def test_a_file_without_the_matching_property_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("userPrincipalName\nann@x.test\n")

    with pytest.raises(InputError, match="has no mail to match by"):
        finished(
            check(
                ProvisioningJob("acme", JobRules((parse_match_rule("userName=mail"),))),
                EntraExport(file),
                [],
            )
        )


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("userName", "is no mapping"),
        ("userName=", "is no mapping"),
        ("title=jobTitle", "accounts are not matched by 'title'"),
    ],
)
def test_a_mapping_that_cannot_match_is_one_sentence(rule: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_match_rule(rule)


def test_the_json_report_is_one_document(tmp_path: Path) -> None:
    made = checked(tmp_path, ACCOUNTS, PEOPLE)

    read = json.loads("".join(conflict_report.as_json(made)))

    assert read["summary"]["verdicts"]["will be duplicated"] == 2
    assert read["findings"][0]["person"] == {
        "name": "bob@x.test",
        "user_name": "bob@x.test",
        "id": "object-bob@x.test",
        "line": 2,
    }
    assert read["findings"][0]["accounts"][0]["id"] == "id-lee@x.test"
    assert len(read["findings"]) == 5


def test_in_the_csv_report_nothing_is_a_formula(tmp_path: Path) -> None:
    made = checked(tmp_path, [], [person("ann@x.test", displayName='=HYPERLINK("x")')])
    stream = StringIO()

    conflict_report.as_csv(made, stream)

    titles, row = csv.reader(StringIO(stream.getvalue()))
    assert row[titles.index("person")] == '\'=HYPERLINK("x")'


def test_the_page_shows_what_a_name_is_not_what_it_would_do(tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script>'
    made = checked(tmp_path, [account("ann@x.test")], [person("ann@x.test", displayName=hostile)])

    html = "".join(conflict_report.as_page(made, "users.json", "today"))

    assert len(re.findall("<script", html)) == 1
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in html
