"""Templates: edited as their file, previewed for a person or a group, and one with its versions."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from rollcall.console import template_acts
from rollcall.console.act import ActError, changed
from rollcall.console.template_acts import facts
from rollcall.console.view import PageRoute, View
from rollcall.operations import template_overview
from rollcall.operations.template_changes import source

EXAMPLE = """name: everybody
users: all
workAreas:
  induction: read
role: regular
"""


def show(view: View) -> HTMLResponse:
    """Show the templates of a tenant, and what they would give to a person or in a group."""
    user, group = view.value("user"), view.value("group")
    groups = [group] if group else []
    found = template_overview.read(view.operator, view.tenant, user or None, groups)
    values = {"found": found, "user": user, "group": group, "text": "", "example": EXAMPLE}
    return view.page("templates.html", "Templates", values)


def show_one(view: View) -> HTMLResponse:
    """Show a template with its versions, and what each has changed."""
    name, before = view.request.path_params["template"], view.value("before") or "0"
    if not before.isascii() or not before.isdigit() or len(before) > 9:
        raise ActError(f"before is the number of a version, not {before}")
    found = template_overview.read_history(view.operator, view.tenant, name, int(before))
    versions = [
        (version, changed(facts(earlier), facts(version.template)))
        for version, earlier in found.versions
    ]
    text = source(found.current or found.versions[0][0].template) if found.versions else ""
    values = {"found": found, "versions": versions, "text": text, "example": EXAMPLE}
    return view.page("template.html", "Templates", values)


ROUTES = [
    PageRoute("/t/{tenant}/templates", show),
    PageRoute("/t/{tenant}/templates/{template}", show_one),
]
ACTS = template_acts.ACTS
