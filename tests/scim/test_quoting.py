"""Values in filters and paths are read as they are meant, however they are quoted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.scim import filters, patch, quoting
from rollcall.scim.errors import InvalidFilterException
from rollcall.scim.resource_type import Kind
from tests.scim.strategies import FAST

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def compared(text: str) -> set[str]:
    """Return what a filter compares with."""
    return filters.parse(text, [Kind.USER]).compared()


def selected(path: str) -> Any:
    """Return the operations on a group's members that a removal by a path amounts to."""
    operation = {"op": "remove", "path": path}
    return patch.read(Kind.GROUP, {"Operations": [operation]}).members


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("ann@x.example", "ann@x.example"),
        ("'ann@x.example'", "ann@x.example"),
        ('"ann@x.example"', "ann@x.example"),
        ("'Ann Lee'", "Ann Lee"),
        ("O'Brien", "O'Brien"),
        ('"O\'Brien"', "O'Brien"),
        ("'O''Brien'", "O'Brien"),
        ("'O'Brien'", "O'Brien"),
        ("'tHooft", "'tHooft"),
        ("Boss'", "Boss'"),
        ("\"'ann'\"", "'ann'"),
        ("''", ""),
        ("''''", "'"),
        ("'a''b''c'", "a'b'c"),
        ("'say \"x\"'", 'say "x"'),
        ("'12'", "12"),
        ("12", "12"),
        ("'true'", "true"),
        (r"DOM\bob", r"DOM\bob"),
        (r"'DOM\bob'", r"DOM\bob"),
        (r'"DOM\bob"', r"DOM\bob"),
        (r'"DOM\\bob"', r"DOM\bob"),
    ],
)
def test_a_value_means_the_same_in_filters_and_in_paths(value: str, meant: str) -> None:
    assert compared(f"userName eq {value}") == {meant}
    assert compared(f"(title pr and userName eq {value})") == {meant}
    assert compared(f"emails[value eq {value}]") == {meant}
    (removal,) = selected(f"members[value eq {value}]")
    assert removal.members == (meant,)


@pytest.mark.parametrize(
    ("inside", "meant"),
    [
        *((rf"DOM\{letter}ob", rf"DOM\{letter}ob") for letter in "bfnrt"),
        (r"DOM\ulrich", r"DOM\ulrich"),
        (r"DOM\u12", r"DOM\u12"),
        (r"DOM\u000aob", r"DOM\u000aob"),
        (r"DOM\u009Fob", r"DOM\u009Fob"),
        (r"DOM\carl", r"DOM\carl"),
        (r"DOM\x", r"DOM\x"),
        (r"\\server\share", r"\server\share"),
        (r"a\u0041b", "aAb"),
        (r"\ud83d\ude00", "😀"),
        (r"say \"x\"", 'say "x"'),
        (r"a\/b", "a/b"),
        (r"a\\nb", r"a\nb"),
        (r"a\\\nb", r"a\\nb"),
    ],
)
def test_a_backslash_that_escapes_nothing_is_a_backslash(inside: str, meant: str) -> None:
    assert compared(f'userName eq "{inside}"') == {meant}
    (removal,) = selected(f'members[value eq "{inside}"]')
    assert removal.members == (meant,)


@pytest.mark.parametrize("operator", ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ"])
def test_single_quotes_are_quotes_behind_every_operator(operator: str) -> None:
    ann = {"schemas": [USER], "id": "1", "userName": "ann", "title": "a title"}
    single = filters.parse(f"userName {operator} 'ann'", [Kind.USER])
    double = filters.parse(f'userName {operator} "ann"', [Kind.USER])
    assert single.matches(Kind.USER, ann) is double.matches(Kind.USER, ann)


@pytest.mark.parametrize(
    "text",
    [
        "userName eq 'ann' lee'",
        "userName eq 'ann lee",
        "userName eq '",
        'userName eq "DOM\\',
        "userName eq 'a\tb'",
        "userName eq a\x01b",
        "userName 'ann'",
    ],
)
def test_what_is_half_quoted_is_refused_or_taken_as_it_stands(text: str) -> None:
    try:
        found = compared(text)
    except InvalidFilterException:
        return
    assert found == {text.rpartition(" ")[2]}


@pytest.mark.parametrize("value", ["true", "FALSE", "null"])
def test_literals_are_no_strings(value: str) -> None:
    assert compared(f"active eq {value}") == set()


def test_the_manager_and_an_element_are_selected_by_bare_values() -> None:
    before = {"schemas": [USER], "userName": "ada", "emails": [{"type": "work", "value": "a@x"}]}
    for path in ("emails[type eq work].value", "emails[type eq 'work'].value"):
        read = patch.read(
            Kind.USER, {"Operations": [{"op": "replace", "path": path, "value": "b@x"}]}
        )
        assert read.apply(before)["emails"] == [{"type": "work", "value": "b@x"}]


@FAST
@given(st.text(st.sampled_from("eq ne()[]'\"\\bu0041 nx\t\x01é"), max_size=40))
def test_what_is_quoted_is_left_as_it_is(text: str) -> None:
    once = quoting.quoted(text)
    assert quoting.quoted(once) == once


@FAST
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
def test_a_value_that_is_quoted_properly_is_what_it_says(value: str) -> None:
    assert compared(f"title eq {json.dumps(value)}") == {value}
    assert compared(f"title eq {json.dumps(value, ensure_ascii=False)}") == {value}
