"""Listings and sentences at any width: nothing is cut, and nothing is broken within a word."""

from __future__ import annotations

import pytest

from rollcall.cli.listing import Listing
from rollcall.cli.text import ENDLESS, Prose, lines

ID = "0f5d5b1e-6c1b-4c0e-9d53-0a4f6c1f2b3a"
NAME = "maximiliana.von-und-zu-hohenstein@very-long-company.example"
COMMAND = f"rollcall accounts merge acme --keep {ID} --remove {ID}"


def printed(listing: Listing, width: int) -> str:
    return "\n".join(each.plain for each in listing.lines(width))


@pytest.fixture
def accounts() -> Listing:
    rows = Listing("userName", "state", "id")
    rows.add("ann@acme.example", "linked", ID)
    rows.add(NAME, "local", ID)
    return rows


def test_where_there_is_room_it_is_a_table(accounts: Listing) -> None:
    assert printed(accounts, 120) == printed(accounts, ENDLESS)
    assert printed(accounts, 120).splitlines() == [
        f"{'userName':{len(NAME)}}  state   id",
        f"{'ann@acme.example':{len(NAME)}}  linked  {ID}",
        f"{NAME}  local   {ID}",
    ]


def test_where_there_is_none_each_row_is_a_block(accounts: Listing) -> None:
    assert printed(accounts, 80).splitlines() == [
        "ann@acme.example",
        "  state  linked",
        f"  id     {ID}",
        "",
        NAME,
        "  state  local",
        f"  id     {ID}",
    ]
    assert printed(accounts, 40).splitlines() == [
        "ann@acme.example",
        "  state  linked",
        "  id",
        f"    {ID}",
        "",
        NAME,
        "  state  local",
        "  id",
        f"    {ID}",
    ]


def test_a_cell_that_is_empty_takes_no_line_of_a_block() -> None:
    rows = Listing("user", "role", "id")
    rows.add(NAME, "", ID)

    assert printed(rows, 80).splitlines() == [NAME, f"  id    {ID}"]


def test_a_sentence_in_the_last_column_is_broken_between_words() -> None:
    rows = Listing("line", "rejected because")
    rows.add("17", Prose(f"the userName {NAME} is the name of another account already"))

    assert printed(rows, 72).splitlines() == [
        "line  rejected because",
        "17    the userName",
        f"      {NAME} is the",
        "      name of another account already",
    ]


def test_several_lines_of_a_cell_stand_below_one_another() -> None:
    rows = Listing("finding", "accounts", "since")
    rows.add("f1", "ann@a.example\nann@b.example", "2026-01-31")

    assert printed(rows, ENDLESS).splitlines() == [
        "finding  accounts       since",
        "f1       ann@a.example  2026-01-31",
        "         ann@b.example",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200, ENDLESS])
def test_a_command_is_on_one_line_at_any_width(width: int, accounts: Listing) -> None:
    accounts.add("x", "y", "z", below=f"→ one person: `{COMMAND}`")
    said = [each.plain for each in lines(Prose(f"See it: `{COMMAND}`, today"), width)]

    assert any(COMMAND in each for each in printed(accounts, width).splitlines())
    assert any(COMMAND in each for each in said)


def test_a_step_goes_on_below_its_first_word() -> None:
    assert [each.plain for each in lines(Prose("- pause the provisioning of it"), 16)] == [
        "- pause the",
        "  provisioning",
        "  of it",
    ]


def test_markup_in_a_name_is_text(accounts: Listing) -> None:
    accounts.add("[bold]:key:[/] `x`", "local", ID)

    assert "[bold]:key:[/] `x`" in printed(accounts, 120)


def test_what_a_terminal_would_obey_is_written_out(accounts: Listing) -> None:
    accounts.add("ann\x1b[2J\x07\udc80", "local", ID)

    assert r"ann\x1b[2J\x07\udc80" in printed(accounts, 120)


def test_wide_characters_are_counted_as_terminals_do() -> None:
    rows = Listing("name", "id")
    rows.add("山田太郎", "1")
    rows.add("ann", "2")

    assert printed(rows, 80).splitlines() == ["name      id", "山田太郎  1", "ann       2"]


def test_a_row_has_a_cell_for_each_heading() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 headings"):
        Listing("a", "b").add("c")
