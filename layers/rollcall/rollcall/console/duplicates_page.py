"""People with several accounts: findings, and one with its accounts in columns."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import HTMLResponse

from rollcall.console import duplicate_acts
from rollcall.console.act import chosen
from rollcall.console.view import PageRoute, View
from rollcall.operations import finding_pages
from rollcall.operations.duplicates import CaseState, FindingKind, FindingRow, reason_sentences

KINDS = {
    FindingKind.DUPLICATE: "One person has several accounts.",
    FindingKind.RECREATED: "The identity provider deleted a person and created the person again; "
    "the old account goes 30 days later.",
    FindingKind.POSSIBLE: "Nothing but the same name, or a value that many share.",
    FindingKind.UNMANAGED: "Inactive for long, and never deleted.",
}
"""The kinds of findings in the order of the list, and what each means."""


def show(view: View) -> HTMLResponse:
    """Show the findings in a state, the open ones by kind."""
    filters = {"state": view.value("state") or "open", "kind": view.value("kind") or "duplicate"}
    state, kind = chosen(filters, "state", CaseState), chosen(filters, "kind", FindingKind)
    if state is CaseState.OPEN:
        page = finding_pages.open_page(view.operator, view.tenant, kind, view.value("after"))
    else:
        page = finding_pages.closed_page(view.operator, view.tenant, state, view.value("after"))
    values = {
        "page": page,
        "state": state.value,
        "kind": kind,
        "kinds": KINDS,
        "states": [each.value for each in CaseState],
        "reasons": {row["finding"]: reason_sentences(row) for row in page.rows},
    }
    return view.page("duplicates.html", "Duplicates", values)


def show_one(view: View) -> HTMLResponse:
    """Show a finding with its accounts in columns."""
    finding = view.request.path_params["finding"]
    compared = finding_pages.compare(view.operator, view.tenant, finding)
    reasons = reason_sentences(compared.row)
    values = {
        "compared": compared,
        "row": compared.row,
        "reasons": reasons,
        "meaning": KINDS[FindingKind(compared.row["kind"])],
        "ticket": ticket(view.tenant, compared.row, reasons, compared.entra),
        "synchronization": view.synchronization(view.tenant),
        "linked": [each for each in compared.records if not each.link.local],
    }
    return view.page("finding.html", "Duplicates", values)


def ticket(tenant: str, row: FindingRow, reasons: list[str], entra: Iterable[str]) -> str:
    """Return a finding as text for a ticket, without the words of operators."""
    lines = [f"{tenant}: {KINDS[FindingKind(row['kind'])]}", ""]
    for account in row["accounts"]:
        state = "inactive" if account["active"] is False else "active"
        name = account["userName"] or "an account that is gone"
        lines.append(f"- {name} ({account['name'] or 'no name'}), {state}, id {account['id']}")
    why = [f"Why: {each}" for each in reasons]
    return "\n".join([*lines, "", *why, "", *(each.replace("`", "") for each in entra)])


ROUTES = [
    PageRoute("/t/{tenant}/duplicates", show),
    PageRoute("/t/{tenant}/duplicates/{finding}", show_one),
]
ACTS = duplicate_acts.ACTS
