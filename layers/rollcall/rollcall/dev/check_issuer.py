"""The gallery check's own issuer, which a local server trusts for the time of the check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from rollcall.operations import deployment, running_server, trusts
from rollcall.operations.gallery_check import FederatedClient
from rollcall.operations.selection import Selection
from rollcall.operations.trusts import Scope

LABEL = "gallery check"


@contextmanager
def own_client(user: str, selection: Selection, url: str) -> Iterator[FederatedClient | None]:
    """Yield a client of the tenant that the URL is of, and remove it again.

    It is None unless the URL is that of the local server and that trusts issuers on this machine.
    `user` is the user of this machine, for the tenant's log.
    """
    server = running_server.find(selection.state)
    tenant = "" if server is None else _tenant(url, server.url)
    if server is None or not server.trusts_loopback or not tenant:
        yield None
        return
    from rollcall.dev.loopback_issuer import LoopbackIssuer  # noqa: PLC0415  # an extra's libraries

    local = replace(selection, stack=None, endpoint_url=None, environment={})
    operator = deployment.connect(user, local)
    subject, audience = str(uuid4()), f"api://{uuid4()}"
    with LoopbackIssuer() as issuer:
        pasted = trusts.read(operator, issuer.issuer, issuer.jwks, subject, audience)
        client = trusts.create(operator, tenant, pasted.trust, LABEL, Scope.READ_WRITE)
        try:
            token_url = f"{server.url}/scim/{tenant}/oauth2/token"
            yield FederatedClient(token_url, client.id, issuer.assertion(subject, audience))
        finally:
            operator.services.oauth_clients(tenant).revoke(client.id)


def _tenant(url: str, server: str) -> str:
    """Return the tenant whose URL it is, empty where it is no URL of the server."""
    before, _, rest = url.rstrip("/").partition(f"{server}/scim/")
    tenant, _, version = rest.partition("/")
    return tenant if not before and version == "v2" else ""
