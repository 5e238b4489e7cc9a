"""The base URL of a tenant, as the client addressed us."""

from __future__ import annotations

from starlette.requests import Request

from rollcall.scim.errors import InvalidSyntaxException

ROOT = "root"
"""The state that holds what precedes /scim, or the path of a page, in the client's URL.

Not ASGI's `root_path`: the router would take it off a path again that begins with the same word.
"""

_MAX_HOST = 261
"""The characters of a domain's name (RFC 1035 section 2.3.4), a colon and a port."""


def base_url(request: Request, tenant: str) -> str:
    """Return a tenant's base URL as the client addressed us.

    It stands in each resource and each member of an answer. Raises InvalidSyntaxException for a
    host that is longer than hosts are.
    """
    host = request.headers.get("host") or request.url.netloc
    if len(host) > _MAX_HOST:
        raise InvalidSyntaxException(detail=f"Host has at most {_MAX_HOST} characters")
    root = getattr(request.state, ROOT, "")
    return f"{request.url.scheme}://{host}{root}/scim/{tenant}/v2"
