"""Notes about a tenant: kept once, shown in pages, removed for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.operations import tenant_notes
from rollcall.operations.operator import Operator
from rollcall.operations.tenant_notes import MAX_CHARACTERS, NoteError
from rollcall.tenants import closure
from rollcall.tenants.tenants import TenantError
from tests.conftest import Server


@pytest.fixture
def operator(server: Server) -> Operator:
    return Operator(server.services, "operator:ann")


@pytest.fixture
def acme(server: Server) -> str:
    return server.tenant().name


def logged(operator: Operator, tenant: str) -> list[str]:
    """Return the details of the log about notes."""
    now = datetime.now(UTC)
    entries = operator.services.log(tenant).read(now - timedelta(hours=1), now + timedelta(hours=1))
    return [each.detail for each in entries if each.method == "notes"]


def test_a_note_that_is_added_twice_is_there_once(operator: Operator, acme: str) -> None:
    note = tenant_notes.new(operator, "They begin on Monday.")

    first = tenant_notes.add(operator, acme, note)
    again = tenant_notes.add(operator, acme, note)

    assert again == first
    assert tenant_notes.page(operator, acme).notes == (first,)
    assert logged(operator, acme) == ["added"]


def test_notes_are_shown_in_pages_the_latest_first(operator: Operator, acme: str) -> None:
    texts = [f"note {number}" for number in range(5)]
    for each in texts:
        tenant_notes.add(operator, acme, tenant_notes.new(operator, each))

    shown, before, pages = list[str](), "", 0
    while True:
        page = tenant_notes.page(operator, acme, before, size=2)
        shown += [each.text for each in page.notes]
        before, pages = page.before, pages + 1
        if not before:
            break

    assert shown == texts[::-1]
    assert pages == 3


def test_who_removes_a_note_is_logged_and_a_second_time_is_told(
    operator: Operator, acme: str
) -> None:
    note = tenant_notes.add(operator, acme, tenant_notes.new(operator, "wrong"))

    tenant_notes.remove(operator.because("a mistake"), acme, note.id)

    with pytest.raises(NoteError, match="there is no note"):
        tenant_notes.remove(operator, acme, note.id)
    assert tenant_notes.page(operator, acme).notes == ()
    assert logged(operator, acme) == ["added", "removed"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has a text"),
        (" \n\t ", "has a text"),
        ("x" * (MAX_CHARACTERS + 1), "2,000 characters at most, not 2,001"),
        ("a\x1b[2Jb", "cannot be shown"),
        ("a\u202eb", "cannot be shown"),
        ("a\udcffb", "cannot be shown"),
    ],
)
def test_what_is_no_note_is_said(operator: Operator, text: str, sentence: str) -> None:
    with pytest.raises(NoteError, match=sentence):
        tenant_notes.new(operator, text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("one\r\ntwo  \r\n", "one\ntwo"),
        ("x" * MAX_CHARACTERS, "x" * MAX_CHARACTERS),
        ("👩\u200d💻 क्\u200dष", "👩\u200d💻 क्\u200dष"),
    ],
)
def test_what_is_a_note_is_kept(operator: Operator, text: str, kept: str) -> None:
    assert tenant_notes.new(operator, text).text == kept


def test_a_tenant_that_is_closed_gets_no_note_that_its_move_would_lose(
    operator: Operator, acme: str
) -> None:
    note = tenant_notes.new(operator, "late")
    closure.close(operator.services.tenants, acme, "move 1", "it is moved")

    with pytest.raises(TenantError, match="it is moved"):
        tenant_notes.add(operator, acme, note)
