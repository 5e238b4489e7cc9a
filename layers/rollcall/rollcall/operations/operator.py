"""Who operates a deployment: every act takes an operator first.

An act is a function of values that returns values; it knows no terminal and no request. An act that
takes long is a generator: it yields `Progress` (of `model`), and returns its result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollcall.model.actor import Actor
from rollcall.model.tenant_url import tenant_url
from rollcall.operator_error import OperatorError

if TYPE_CHECKING:  # the command shows progress before it needs any service
    from rollcall.directory.context import Context
    from rollcall.runtime.services import Services
    from rollcall.storage.audit_log import AuditLog

MAX_REASON = 200
"""The maximum number of characters of a reason."""


class ReasonError(OperatorError):
    """A reason is missing, or is none that the log keeps."""


@dataclass(frozen=True)
class Operator:
    """A person who works on a deployment.

    `name` is the actor in logs: `operator:` and the ARN that AWS knows the person by, or the name
    of the user where there is no AWS. `user` is the user's name beside an ARN, and `reason` is why
    the person acts, where that was asked.
    """

    services: Services
    name: str
    reason: str = ""
    user: str = ""

    def because(self, reason: str) -> Operator:
        """Return the operator, who acts for this reason. Raises ReasonError."""
        reason = reason.strip()
        if not reason:
            raise ReasonError("say why: the log keeps the reason")
        if len(reason) > MAX_REASON or not reason.isprintable():
            raise ReasonError(f"a reason is one line of at most {MAX_REASON} printable characters")
        return replace(self, reason=reason)

    @property
    def actor(self) -> Actor:
        """The actor of what the operator writes."""
        return Actor(actor=self.name, user=self.user, reason=self.reason)

    def context(self, tenant: str, closed_by: str = "") -> Context:
        """Return the context of an act on a tenant. Raises TenantError for an unknown tenant.

        `closed_by` is the act that may work on the tenant although it is closed.
        """
        return self.services.context(tenant, self.actor, closed_by)

    def contexts(self, tenant: str, closed_by: str = "") -> Callable[[], Context]:
        """Return a function that makes these contexts, one for each of many parallel writes."""
        return self.services.contexts(tenant, self.actor, closed_by)

    def audit_log(self, tenant: str) -> AuditLog:
        """Return the log of what the operator does to a tenant in one run of a command."""
        return self.services.audit_log(tenant, self.actor)

    def record(self, act: str, target: str = "") -> None:
        """Write what the operator is about to do to the log of the deployment.

        It is for what concerns all tenants, or ends one. A failure to write ends the act.
        """
        services = self.services
        services.deployment_log().write(self.actor, act, target, services.clock())

    def tenant_url(self, tenant: str) -> str:
        """Return the Tenant URL of a tenant of this deployment."""
        return tenant_url(self.services.settings.url, tenant)
