"""Who operates a deployment: every act takes an operator first.

An act is a function of values that returns values; it knows no terminal and no request. An act that
takes long is a generator: it yields `Progress` (of `model`), and returns its result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.model.tenant_url import tenant_url

if TYPE_CHECKING:  # the command shows progress before it needs any service
    from rollcall.runtime.services import Services


@dataclass(frozen=True)
class Operator:
    """A person who works on a deployment; `name` is the actor in logs and events."""

    services: Services
    name: str

    def tenant_url(self, tenant: str) -> str:
        """Return the Tenant URL of a tenant of this deployment."""
        return tenant_url(self.services.settings.url, tenant)
