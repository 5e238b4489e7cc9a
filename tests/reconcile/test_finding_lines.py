"""The lines of a forecast: filtered, sorted by each column, in pages that lose and double none."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rollcall.reconcile.advice import Advice, AdvisedAct
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Subject, Verdict
from rollcall.reconcile.conflicts.finding_lines import SORTS, FindingLines, FindingQuery

EVERYTHING = FindingQuery(everything=True)
KINDS = (Verdict.REFUSED, Verdict.LINKED, Verdict.ACCOUNT_ONLY)


def finding(number: int) -> ConflictFinding:
    verdict = KINDS[number % 3]
    person = Subject(f"Person {number % 7}", f"P{number % 5}@x.test", f"object-{number}", number)
    account = Subject(f"Account {number}", f"a{number % 4}@x.test", f"id-{number}")
    return ConflictFinding(
        verdict,
        None if verdict is Verdict.ACCOUNT_ONLY else person,
        (account,),
        (f"reason {number % 3}",),
        Advice("Ask", "link it", ("command",), (AdvisedAct("relink", "Link", {"account": "1"}),)),
        number % 6 * 20,
        attention=verdict is not Verdict.LINKED,
    )


FINDINGS = [finding(number) for number in range(1, 31)]


@pytest.fixture(scope="module")
def lines() -> FindingLines:
    return FindingLines(FINDINGS)


def key(query: FindingQuery, number: int) -> tuple[str, int]:
    """Return what a line is sorted by."""
    found = FINDINGS[number - 1]
    values = {
        "happens": "",
        "person": found.person.user_name.casefold() if found.person else "",
        "account": found.accounts[0].user_name,
        "why": found.reasons[0],
        "confidence": f"{found.confidence:03}",
        "advice": str(found.remedy).casefold(),
    }
    return values[query.sort], number


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("text", ["", "P3@X"])
def test_pages_follow_one_another_in_order(
    text: str, sort: str, is_descending: bool, lines: FindingLines
) -> None:
    query = FindingQuery("", text, everything=True, sort=sort, is_descending=is_descending)
    read: list[int] = []
    while page := lines.page(query, read[-1] if read else 0, 4):
        read += [number for number, _ in page]

    assert len(read) == len(set(read)) == lines.count(query)
    assert read == [number for number, _ in lines.all(query)]
    keys = [key(query, number) for number in read]
    assert all((one > other) == is_descending for one, other in pairwise(keys)), keys


def test_a_line_is_read_as_it_was_written(lines: FindingLines) -> None:
    assert [found for _, found in lines.all(EVERYTHING)] == FINDINGS
    assert lines.read(3) == FINDINGS[2]
    assert lines.read(31) is None


def test_lines_are_filtered_by_kind_attention_and_words(lines: FindingLines) -> None:
    assert lines.count(FindingQuery()) == sum(each.attention for each in FINDINGS)
    assert lines.count(FindingQuery("links")) == 10
    assert lines.count(FindingQuery(text="OBJECT-29")) == 0, "it is only in the product"
    assert lines.count(FindingQuery(text="id-29")) == 1
    assert lines.count(FindingQuery("links", "'; DROP TABLE line")) == 0
