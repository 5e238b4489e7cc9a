"""The page on which a deployment is chosen."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from rollcall.console.view import PageRoute, View
from rollcall.console.workplace import DeploymentChoice


def show(view: View) -> HTMLResponse:
    """Show the deployments that were opened before, and a form for another."""
    remembered = view.console.workplace.remembered()
    return view.page("deployments.html", "deployments", {"remembered": remembered})


def choose(view: View) -> HTMLResponse:
    """Work on a deployment from now on, and go to its tenants."""
    names = ("stack", "profile", "region")
    view.console.workplace.choose(
        DeploymentChoice(*(view.form.get(name, "").strip() for name in names))
    )
    answer = view.fragment("chosen.html", {"bar": view.console.workplace.bar()})
    answer.headers["HX-Redirect"] = f"{view.root}/"
    return answer


ROUTES = [PageRoute("/deployments", show), PageRoute("/deployments", choose, "POST", chooses=True)]
