"""Notes about a tenant in the console: added, shown as text, removed with a reason."""

from __future__ import annotations

import pytest

from rollcall.operations import tenant_notes
from rollcall.runtime.services import Services
from tests.console.conftest import ARN
from tests.console.consoles import Visitor
from tests.console.test_tenants_page import acts
from tests.operations.operators import operator_of

HOSTILE = "<script>alert(1)</script>\n<b hx-get=/x hx-trigger=load>{{ 7 * 7 }}</b>\" onclick='x'"


@pytest.fixture(autouse=True)
def acme(deployed: Services) -> None:
    deployed.tenants.add("acme")


def texts(deployed: Services) -> list[str]:
    page = tenant_notes.page(operator_of(deployed, "acme"), "acme")
    return [each.text for each in page.notes]


def test_a_note_is_shown_before_it_is_added_and_stays_text(
    deployed: Services, ann: Visitor
) -> None:
    _, planned = ann.plan("add-note", tenant="acme", text=HOSTILE)
    assert texts(deployed) == []

    ann.act("add-note", tenant="acme", text=HOSTILE)

    assert texts(deployed) == [HOSTILE]
    for shown in (planned, ann.page("/t/acme/"), ann.page("/t/acme/notes")):
        assert "<script>alert" not in shown
        assert "hx-get=/x" not in shown.replace("<wbr>", "").replace("&lt;b hx-get=/x", "")
        assert "{{ 7 * 7 }}" in shown.replace("<wbr>", "")
    assert acts(deployed, "acme") == [("notes", ARN)]


def test_a_note_whose_answer_was_lost_is_added_once(deployed: Services, ann: Visitor) -> None:
    name, _ = ann.plan("add-note", tenant="acme", text="once")
    lost = [True]

    def lose(**_: object) -> None:
        if lost and lost.pop():
            raise ConnectionError("the answer broke off")

    events = deployed.clients.dynamodb.meta.events
    events.register("after-call.dynamodb.TransactWriteItems", lose)
    try:
        with pytest.raises(ConnectionError):
            ann.send(f"/plans/{name}")
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", lose)

    answer = ann.send(f"/plans/{name}")

    assert answer.status_code == 200
    assert texts(deployed) == ["once"]


def test_a_note_is_removed_with_a_reason(deployed: Services, ann: Visitor) -> None:
    ann.act("add-note", tenant="acme", text="old")
    (note,) = tenant_notes.page(operator_of(deployed, "acme"), "acme").notes
    name, _ = ann.plan("remove-note", tenant="acme", note=note.id)

    unreasoned = ann.send(f"/plans/{name}", {"reason": ""})
    assert "say why" in unreasoned.text.lower()
    assert texts(deployed) == ["old"]
    ann.send(f"/plans/{name}", {"reason": "settled"})

    assert texts(deployed) == []


def test_earlier_notes_are_a_link_away(deployed: Services, ann: Visitor) -> None:
    operator = operator_of(deployed, "acme")
    for number in range(22):
        tenant_notes.add(operator, "acme", tenant_notes.new(operator, f"note {number:02}"))

    overview, first = ann.page("/t/acme/"), ann.page("/t/acme/notes")
    before = first.split("notes?before=")[1].split('"')[0]
    earlier = ann.page("/t/acme/notes", before=before)

    assert overview.count('class="note"') == 3
    assert first.count('class="note"') == 20
    assert "All notes" in overview
    assert earlier.count('class="note"') == 2
    assert "note 02" not in earlier
    assert "note 01" in earlier
