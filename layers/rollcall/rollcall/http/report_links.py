"""Links to reports: a secret code leads to a URL that is signed when the link is followed.

The code opens the report, so no log line holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from rollcall.http import worker
from rollcall.http.paths import REPORTS

Follow = Callable[[str, str], str | None]
"""Returns the URL of the report for a code and a format, None for an unknown code."""

FORMS = ("html", "csv", "json")

_CODE = re.compile(r"[A-Za-z0-9_-]{32}")
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'",
}
_NOWHERE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>No report here</title>
<h1>No report here</h1>
<p>The link is not complete, or it is older than seven days. The next report comes with a new
link.</p>
</html>
"""


def route(follow: Follow) -> Route:
    """Return the route of the links: GET /reports/{code}, with ?format= in another format."""

    async def answer(request: Request) -> Response:
        request.state.log["path"] = REPORTS
        code, form = request.path_params["code"], request.query_params.get("format", FORMS[0])
        url = None
        if _CODE.fullmatch(code) and form in FORMS:
            url = await worker.run(request.scope, follow, code, form)
        if url is None:
            return HTMLResponse(_NOWHERE, 404, _PRIVATE)
        return RedirectResponse(url, 302, _PRIVATE)

    return Route(f"{REPORTS}/{{code}}", answer, methods=["GET"])
