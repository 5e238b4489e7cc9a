"""The base URL of a tenant, as the client addressed us."""

from __future__ import annotations

from starlette.requests import Request

from rollcall.scim.errors import InvalidSyntaxException

ROOT = "root"
"""The name of the state with the part of the client's path before /scim or the path of a page.

Not ASGI's `root_path`: the router would remove it from a path that begins with the same word.
"""

_MAX_HOST = 261
"""The characters of a domain's name (RFC 1035 section 2.3.4), a colon and a port."""


def base_url(request: Request, tenant: str) -> str:
    """Return a tenant's base URL as the client addressed us.

    Each resource and each member of an answer contains it. Raises InvalidSyntaxException for a
    host that is too long.
    """
    return f"{tenant_root(request, tenant)}/v2"


def tenant_root(request: Request, tenant: str) -> str:
    """Return the URL below which all paths of a tenant are. Raises as `base_url` does."""
    host = request.headers.get("host") or request.url.netloc
    if len(host) > _MAX_HOST:
        raise InvalidSyntaxException(detail=f"Host has at most {_MAX_HOST} characters")
    root = getattr(request.state, ROOT, "")
    return f"{request.url.scheme}://{host}{root}/scim/{tenant}"
