"""The notes about a tenant: shown, added, removed."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from rollcall.console.act import Act, ActResult, Change, Form, Plan, required
from rollcall.console.view import PageRoute, View
from rollcall.operations import tenant_notes
from rollcall.operations.operator import Operator


def show(view: View) -> HTMLResponse:
    """Show the notes about a tenant, the latest first, from a cursor on."""
    before = view.value("before")
    page = tenant_notes.page(view.operator, view.tenant, before)
    return view.page("notes.html", "Overview", {"page": page, "earlier": bool(before)})


def plan_add(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a note: tried again after its answer was lost, it is the same note."""
    note = tenant_notes.new(operator, form.get("text", ""))
    tenant_notes.page(operator, tenant, size=1)

    def carry_out(operator: Operator) -> ActResult:
        tenant_notes.add(operator, tenant, note)
        return ActResult(["the note is added; the log says so, without what it says"])

    changes = [Change("note", "", note.text)]
    return Plan(f"Add a note about {tenant}", "Add", carry_out, changes)


def plan_remove(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that a note is removed for good."""
    note = tenant_notes.read(operator, tenant, required(form, "note", "the note"))

    def carry_out(operator: Operator) -> ActResult:
        tenant_notes.remove(operator, tenant, note.id)
        return ActResult(["the note is removed"])

    changes = [Change("note", note.text, "removed for good")]
    return Plan(
        f"Remove a note about {tenant}",
        "Remove",
        carry_out,
        changes,
        [f"by {note.actor}, {note.at}"],
        asks_why=True,
    )


ROUTES = [PageRoute("/t/{tenant}/notes", show)]
ACTS: dict[str, Act] = {"add-note": plan_add, "remove-note": plan_remove}
