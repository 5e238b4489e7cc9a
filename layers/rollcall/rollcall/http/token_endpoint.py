"""The token endpoint of each tenant, and its metadata (RFC 6749 section 3.2, RFC 8414)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rollcall.http import request_body, worker
from rollcall.http.paths import METADATA
from rollcall.http.request_url import tenant_root
from rollcall.scim.errors import SCIMException, TooManyRequests, Unavailable
from rollcall.tenants.client_grant import (
    GRANT_TYPE,
    SCOPES,
    ClientGrant,
    IssuedAccessToken,
    OAuthError,
)
from rollcall.tenants.closure import CLOSED_REASON, TenantClosed
from rollcall.tenants.failed_sign_ins import FailedSignIns
from rollcall.tenants.tenants import TENANT_NAME
from rollcall.tenants.usage_counter import UsageCounter

MAX_BODY = 16_384
"""The bytes of a form: an assertion of Entra ID has about two thousand."""

MAX_PARAMETERS = 50

_FORM = "application/x-www-form-urlencoded"

_PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(grant: ClientGrant, failed_sign_ins: FailedSignIns, usage: UsageCounter) -> list[Route]:
    """Return the routes of the token endpoint and of its metadata.

    What is refused counts as usage of the tenant: a client whose secret has expired sends nothing
    else.
    """

    def issue(
        tenant: str, parameters: dict[str, str], basic: tuple[str, str] | None
    ) -> IssuedAccessToken:
        try:
            return grant.issue(tenant, parameters, basic)
        except OAuthError as error:
            if error.status == 401 and grant.knows(tenant) and usage.count(tenant, 401):
                usage.write(tenant)
            if error.status == 401 and (too_many := failed_sign_ins.refusal(tenant)):
                raise too_many from error
            raise

    async def token(request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if TENANT_NAME.fullmatch(tenant):
            request.state.log["tenant"] = tenant
        if request.method != "POST":
            return _not_allowed("POST")
        try:
            parameters, basic = await _parameters(request), _basic(request)
            issued = await worker.run(request.scope, issue, tenant, parameters, basic)
        except (OAuthError, SCIMException) as error:
            return _failure(request, error)
        request.state.log["client_id"] = issued.client.id
        return _success(issued)

    async def metadata(request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if request.method not in ("GET", "HEAD"):
            return _not_allowed("GET, HEAD")
        if not TENANT_NAME.fullmatch(tenant):
            return JSONResponse({"error": "not_found"}, 404)
        issuer = f"{tenant_root(request, tenant)}/oauth2"
        return JSONResponse(_metadata(issuer), headers={"Cache-Control": "max-age=3600"})

    base = "/scim/{tenant}/oauth2"
    return [
        Route(f"{base}/token", token, methods=_ALL),
        Route(f"{base}{METADATA}", metadata, methods=_ALL),
        # The RFC's own place, which is ours only behind a domain name without a base path.
        Route(f"{METADATA}{base}", metadata, methods=_ALL),
    ]


async def _parameters(request: Request) -> dict[str, str]:
    """Read the form; parameters without a value count as omitted (RFC 6749 section 3.2)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise OAuthError("invalid_request", f"the body must be {_FORM}")
    raw = await request_body.read_bytes(request, MAX_BODY)
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError as error:
        raise OAuthError("invalid_request", "the form cannot be read") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise OAuthError("invalid_request", "a parameter occurs more than once")
    return {name: value for name, value in parameters.items() if value}


def _basic(request: Request) -> tuple[str, str] | None:
    """Return the client and the secret of HTTP Basic, each encoded as in a form."""
    scheme, _, encoded = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        return unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError as error:
        raise OAuthError("invalid_request", "Authorization cannot be read") from error


def _metadata(issuer: str) -> dict[str, Any]:
    """Return the metadata of the endpoint, the same whether there is such a tenant or not."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": [GRANT_TYPE],
        "response_types_supported": [],
        "scopes_supported": list(SCOPES),
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    }


def _success(issued: IssuedAccessToken) -> Response:
    content = {
        "access_token": issued.plain,
        "token_type": "Bearer",
        "expires_in": issued.client.token_seconds,
        "scope": issued.scope,
    }
    return JSONResponse(content, headers=_PRIVATE)


def _failure(request: Request, error: OAuthError | SCIMException) -> Response:
    """Log why a request failed, and return the answer."""
    log = request.state.log
    if isinstance(error, OAuthError):
        log |= {"oauth_error": error.error, "reason": error.reason}
        return _refusal(error.status, error.error, error.description)
    if isinstance(error, TooManyRequests):
        log["limit"] = error.limit
    if isinstance(error, TenantClosed):
        log["reason"] = CLOSED_REASON
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after)}
        return _refusal(error.status, "temporarily_unavailable", error.detail, headers)
    return _refusal(error.status, "invalid_request", error.detail)  # the body is too large


def _not_allowed(allowed: str) -> Response:
    return _refusal(405, "invalid_request", f"the method must be {allowed}", {"Allow": allowed})


def _refusal(
    status: int, error: str, description: str, headers: Mapping[str, str] | None = None
) -> Response:
    challenge = {"WWW-Authenticate": 'Basic realm="rollcall"'} if status == 401 else {}
    content = {"error": error, "error_description": description}
    return JSONResponse(content, status, headers={**_PRIVATE, **challenge, **(headers or {})})
