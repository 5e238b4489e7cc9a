"""Trusts: clients of a tenant that sign in by assertions of an issuer, without a secret."""

from __future__ import annotations

from rollcall.federation import pasted_trust
from rollcall.federation.entra_issuer import KEY_HOSTS
from rollcall.federation.pasted_trust import OPTIONS, PastedTrust, ValueNames
from rollcall.federation.trust import Trust
from rollcall.operations.operator import Operator
from rollcall.operations.tokens import Scope
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import Unavailable
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenant_clients import TenantClients

__all__ = ["OAuthClient", "PastedTrust", "Scope", "ValueNames"]


def read(
    operator: Operator,
    issuer: str,
    jwks: str,
    subject: str,
    audience: str,
    *,
    single_use: bool = False,
    names: ValueNames = OPTIONS,
) -> PastedTrust:
    """Read the values that an administrator copied; nothing is stored. Raises TrustError."""
    settings = operator.services.settings
    return pasted_trust.read(
        issuer,
        jwks,
        subject,
        audience,
        single_use=single_use,
        names=names,
        hosts=KEY_HOSTS | settings.issuer_hosts,
        loopback=settings.trust_loopback_issuer,
    )


def try_assertion(operator: Operator, trust: Trust, assertion: str) -> None:
    """Verify an assertion as the token endpoint would; its use is not noted.

    Raises OperatorError with a sentence for each thing that is wrong, and when the keys of the
    issuer cannot be read.
    """
    from rollcall.runtime.assertion_verifier import assertion_verifier  # noqa: PLC0415  # large

    try:
        problems = list(assertion_verifier(operator.services).problems(assertion, trust))
    except Unavailable as error:
        raise OperatorError(f"{error.detail} at {trust.jwks}: {error.__cause__}") from error
    if problems:
        sentences = [f"the assertion is refused: {problem.shown}" for problem in problems]
        raise OperatorError("\n".join(sentences))


def create(
    operator: Operator, tenant: str, trust: Trust, label: str, scope: Scope, *, identifier: str = ""
) -> OAuthClient:
    """Add a client that signs in by a trust, in the place of one with its `identifier`.

    Raises TenantError.
    """
    services = operator.services
    clients = TenantClients(services.tenants, tenant)
    client = clients.create_trusted(label, trust, scope.value, identifier=identifier)
    detail = f"{scope.value}, trusts {trust.issuer} with the subject {trust.subject}"
    operator.audit_log(tenant).write("trust", f"Client/{client.id}", detail)
    return client
