"""People: found by what they are called, also when they are gone, or by a part; one account."""

from __future__ import annotations

import json
from collections.abc import Generator
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from rollcall.console import people_acts
from rollcall.console.kept_files import KeptFile, private
from rollcall.console.view import PageRoute, View
from rollcall.console.work import WorkResult
from rollcall.model.progress import Progress
from rollcall.operations import (
    account_attributes,
    log_explanation,
    person_file,
    person_overview,
    person_search,
)
from rollcall.operations.operator import Operator
from rollcall.operations.person_search import AccountPage
from rollcall.operations.text_search import TextSearch
from rollcall.operations.user_access import BY_HAND

ENTRIES = 10
"""How many entries of the log the page of a person shows."""


def show(view: View) -> HTMLResponse:
    """Show the accounts that a text leads to, and searches in all accounts."""
    return _page(view, view.value("search"))


def begin_search(view: View) -> Response:
    """Begin to look for a text in all accounts, and lead to the page that shows what is found."""
    search = TextSearch(view.tenant, view.form.get("q", "").strip())
    back = f"{view.root}/t/{view.tenant}/people"
    work = view.begin(f"A search in all accounts of {view.tenant}", back, search.run)
    view.console.searches[work.id] = search
    return Response(headers={"HX-Redirect": f"{back}?search={work.id}"})


def stop_search(view: View) -> HTMLResponse:
    """Stop a search; what was found stays."""
    name = view.form.get("search", "")
    if name in view.console.searches:
        view.console.searches[name].stop()
    return _page(view, name)


def _page(view: View, search: str) -> HTMLResponse:
    text, after = view.value("q"), view.value("after")
    found = AccountPage([])
    if text:
        found = person_search.search(view.operator, view.tenant, text, after)
    searches = {
        work.id: (work, view.console.searches[work.id])
        for work in view.console.works.all()
        if work.id in view.console.searches
        and work.choice == view.console.workplace.choice
        and view.console.searches[work.id].tenant == view.tenant
    }
    values = {
        "q": text,
        "found": found.accounts,
        "after": after,
        "rest": urlencode({"q": text, "after": found.rest}) if found.rest else "",
        "shown": searches.pop(search, None),
        "searches": searches.values(),
    }
    return view.page("people.html", "People", values)


def show_one(view: View) -> HTMLResponse:
    """Show an account with its groups, its access and why, its latest log, its events."""
    identifier = view.request.path_params["person"]
    found = person_overview.read(view.operator, view.tenant, identifier)
    entries = found.log.entries[:ENTRIES]
    values = {
        "access": found.access,
        "record": found.access.record,
        "holding": found.access.holding,
        "attributes": account_attributes.attributes(found.access.record),
        "by_hand": BY_HAND,
        "log": [(each, log_explanation.explain(each)) for each in entries],
        "looked_at": found.log.looked_at,
        "events": found.events,
        "published": person_overview.published(entries, found.events),
    }
    return view.page("person.html", "People", values)


def begin_export(view: View) -> HTMLResponse:
    """Begin to write everything that is kept of a person into a file, which reads the whole log."""
    tenant, identifier = view.tenant, view.request.path_params["person"]
    view.operator.context(tenant)  # an unknown tenant is refused at once

    def steps(operator: Operator) -> Generator[Progress, None, WorkResult]:
        content = yield from person_file.read(operator, tenant, identifier)
        file = private(view.console.files.new_folder() / "person.json")
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
        told = f"everything that is kept of `{content['id']}` is in a file until the console ends"
        return WorkResult([told], file=KeptFile(file, f"{tenant}-person.json", "application/json"))

    return view.begun(f"The file of a person of {tenant}", steps)


ROUTES = [
    PageRoute("/t/{tenant}/people", show),
    PageRoute("/t/{tenant}/people/search", begin_search, "POST"),
    PageRoute("/t/{tenant}/people/search/stop", stop_search, "POST"),
    PageRoute("/t/{tenant}/people/{person}", show_one),
    PageRoute("/t/{tenant}/people/{person}/file", begin_export, "POST"),
]
ACTS = {**people_acts.ACTS, **people_acts.LONG_ACTS}
