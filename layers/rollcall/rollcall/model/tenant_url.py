"""The Tenant URL: where the SCIM service of one tenant is, as an identity provider is told."""

from __future__ import annotations


def tenant_url(base: str, tenant: str) -> str:
    """Return the Tenant URL below the URL of a deployment."""
    return f"{base.rstrip('/')}/scim/{tenant}/v2"
