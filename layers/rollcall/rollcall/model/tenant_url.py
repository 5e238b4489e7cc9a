"""The URLs of one tenant that an identity provider is told: of its SCIM service, and for tokens."""

from __future__ import annotations


def tenant_url(base: str, tenant: str) -> str:
    """Return the Tenant URL below the URL of a deployment."""
    return f"{base.rstrip('/')}/scim/{tenant}/v2"


def token_url(base: str, tenant: str) -> str:
    """Return the URL of a tenant's token endpoint below the URL of a deployment."""
    return f"{base.rstrip('/')}/scim/{tenant}/oauth2/token"
