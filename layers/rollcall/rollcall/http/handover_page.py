"""The hand-over page: makes what a sign-in method needs, and shows the steps with its values.

The code is in the fragment of the link and is sent in a body, so that it reaches no log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from string import Template
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from rollcall.federation import pasted_trust
from rollcall.federation.entra_issuer import KEY_HOSTS
from rollcall.federation.pasted_trust import PastedTrust, TrustError, ValueNames
from rollcall.federation.trust import Trust
from rollcall.http import request_body, worker
from rollcall.http.paths import HANDOVER
from rollcall.http.request_url import base_url, tenant_root
from rollcall.scim.errors import InvalidSyntaxException, NotFoundException, Unavailable
from rollcall.tenants.handover import HandoverService, HandoverStatus
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenants import TenantError
from rollcall.web_page import WebPage, asset, escaped

MAX_BODY, MAX_TRUST_BODY = 1024, 8192

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The headers of every answer: nobody may cache, frame or index it, or name it as a referrer."""

MAX_FLAGS = 1_000
"""How many flags are read to count duplicates, each of which flags two accounts or more."""


_Made = TypeVar("_Made")


@dataclass(frozen=True)
class DirectoryFacts:
    """The state of a tenant's directory, as the page shows it.

    `has_template` says that a New User Template applies to all users. `users` are those whom the
    identity provider has created or linked, `duplicates` the open findings of people with several
    accounts, among the first MAX_FLAGS flags. `last_request` is known to the minute.
    """

    has_template: bool
    users: int
    groups: int
    duplicates: int = 0
    last_request: str = ""


ENTRIES = {
    "issuer": "the issuer",
    "jwks": "the JWKS URL",
    "subject": "the subject",
    "audience": "the audience",
}
"""The values of a trust by the names of their fields, and what they are called in sentences."""

FactsOf = Callable[[str], DirectoryFacts]


def routes(
    handovers: HandoverService,
    facts_of: FactsOf,
    product: str,
    support: str,
    *,
    hosts: Collection[str] = KEY_HOSTS,
    loopback: bool = False,
) -> list[Route]:
    """Return the routes of the page: document, status, token and client.

    `product` is what the administrator calls the application, `support` where to ask for help.
    The keys of a trusted issuer may be at `hosts`, with `loopback` on this machine too.
    """
    page = _page(product)
    html = "".join(page.document([_body(product, support)]))
    headers = {**HEADERS, "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'"}

    async def document(request: Request) -> Response:
        return HTMLResponse(html, headers=headers)

    async def read_status(request: Request) -> Response:
        code = await _code(request)
        status = await worker.run(request.scope, handovers.status, code)
        if status is None:
            raise _unknown()
        request.state.log["tenant"] = status.tenant
        facts = await worker.run(request.scope, facts_of, status.tenant)
        return _answer(_status(request, status, facts))

    async def reveal_token(request: Request) -> Response:
        code = await _code(request)
        issued = await _handed_over(request, handovers.reveal, code)
        tenant = _log_made(request, code, issued.token.id)
        url, expires = base_url(request, tenant), issued.token.expires
        return _answer({"url": url, "token": issued.plain, "expires": expires})

    async def create_client(request: Request) -> Response:
        payload = await request_body.read(request, MAX_TRUST_BODY)
        code, entries = _code_of(payload), _entries(payload)
        if entries is None:
            issued = await _handed_over(request, handovers.create_client, code)
            tenant = _log_made(request, code, issued.client.id)
            secret = {"clientSecret": issued.plain, "expires": issued.secret.expires}
            return _answer({**_client(request, tenant, issued.client), **secret})
        try:
            pasted = pasted_trust.read(
                *entries, hosts=hosts, loopback=loopback, names=ValueNames(**ENTRIES)
            )
        except TrustError as error:
            return _mistaken(error)
        client = await _handed_over(request, handovers.create_trusted, code, pasted.trust)
        tenant = _log_made(request, code, client.id)
        return _answer({**_client(request, tenant, client), **_notes(pasted)})

    return [
        Route(HANDOVER, document, methods=["GET"]),
        Route(f"{HANDOVER}/status", read_status, methods=["POST"]),
        Route(f"{HANDOVER}/token", reveal_token, methods=["POST"]),
        Route(f"{HANDOVER}/client", create_client, methods=["POST"]),
    ]


async def _handed_over(
    request: Request, make: Callable[..., _Made | None], code: str, *more: Trust
) -> _Made:
    """Return what a hand-over makes. Raises NotFoundException, and Unavailable."""
    try:
        made = await worker.run(request.scope, make, code, *more)
    except TenantError as error:
        request.state.log["reason"] = str(error)
        raise Unavailable("the token cannot be made, ask for help") from error
    if made is None:
        raise _unknown()
    return made


def _log_made(request: Request, code: str, identifier: str) -> str:
    """Log what was made, and return the tenant of a code that was right."""
    tenant = code.partition(".")[0]
    request.state.log |= {"tenant": tenant, "token_id": identifier}
    return tenant


async def _code(request: Request) -> str:
    return _code_of(await request_body.read(request, MAX_BODY))


def _code_of(payload: Any) -> str:
    code = payload.get("code") if isinstance(payload, dict) else None
    if not isinstance(code, str):
        raise InvalidSyntaxException(detail="the body must be an object with a code")
    return code


def _entries(payload: dict[str, Any]) -> tuple[str, str, str, str] | None:
    """Return issuer, JWKS URL, subject and audience as they were pasted, None without a trust."""
    trust = payload.get("trust")
    if trust is None:
        return None
    if not isinstance(trust, dict) or not all(isinstance(trust.get(name), str) for name in ENTRIES):
        raise InvalidSyntaxException(detail=f"trust must be an object with {', '.join(ENTRIES)}")
    return trust["issuer"], trust["jwks"], trust["subject"], trust["audience"]


def _mistaken(error: TrustError) -> Response:
    """Answer with the sentence of a mistake under the name of its field."""
    field = next(name for name, words in ENTRIES.items() if str(error).startswith(words))
    sentence = _sentence(str(error))
    content = {"status": "400", "detail": sentence, "mistakes": {field: sentence}}
    return JSONResponse(content, 400, headers=HEADERS)


def _notes(pasted: PastedTrust) -> dict[str, list[str]]:
    """Return what was read differently from what was pasted, and what looks wrong."""
    return {
        "notes": [_sentence(note) for note in pasted.notes],
        "warnings": [_sentence(warning) for warning in pasted.warnings],
    }


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")


def _client(request: Request, tenant: str, client: OAuthClient) -> dict[str, Any]:
    """Return what is not secret of a client."""
    trust = client.trust
    trusted = {name: getattr(trust, name) for name in ENTRIES} if trust else None
    return {
        "url": base_url(request, tenant),
        "tokenUrl": f"{tenant_root(request, tenant)}/oauth2/token",
        "clientId": client.id,
        "trust": trusted,
    }


def _status(request: Request, status: HandoverStatus, facts: DirectoryFacts) -> dict[str, Any]:
    content: dict[str, Any] = {
        "tenant": status.tenant,
        "opensUntil": status.opens_until,
        "open": status.tenant_is_active,
        "template": facts.has_template,
    }
    if status.shown:
        use = status.use
        content |= {
            "url": base_url(request, status.tenant),
            "way": status.way,
            "shown": status.shown,
            "toldUntil": status.status_until,
            "live": status.token_is_live,
            "firstUse": use.first if use else None,
            "lastUse": use.last if use else None,
            "lastRequest": facts.last_request or None,
            "users": facts.users,
            "groups": facts.groups,
            "duplicates": facts.duplicates,
        }
        if status.client is not None:
            content |= _client(request, status.tenant, status.client)
    return content


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=HEADERS)


def _unknown() -> NotFoundException:
    return NotFoundException(detail="the link is not complete, or it has expired")


def _page(product: str) -> WebPage:
    return WebPage(
        f"Connect Microsoft Entra ID to {product}",
        style=_asset("handover.css"),
        script=_asset("handover_document.js") + _asset("handover.js"),
        head=_asset("handover_head.html"),
        allowed=("img-src data:", "connect-src 'self'"),
    )


def _body(product: str, support: str) -> str:
    values = {"product": product, "support": support, "help": _help(support)}
    template = Template(_asset("handover.html"))
    return template.substitute({name: escaped(value) for name, value in values.items()})


def _asset(name: str) -> str:
    return asset("rollcall.http", f"pages/{name}")


def _help(support: str) -> str:
    """Return the URL of the support."""
    return support if "://" in support else f"mailto:{support}"
