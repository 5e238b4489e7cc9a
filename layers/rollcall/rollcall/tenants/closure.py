"""Closures: a tenant is closed for its clients while an act moves or restores its data.

Its requests are answered with 503 and `Retry-After`: a client tries again later, and takes nothing
for deleted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rollcall.aws.secrets import Content
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant

if TYPE_CHECKING:
    from rollcall.tenants.tenants import Tenant, Tenants

CLOSED = "closed"
"""The state of a closed tenant."""

CLOSED_REASON = "the tenant is closed"
"""Why a request is refused, in the log."""

RETRY_AFTER, RETRY_MOVED_AFTER = 120, 3600
"""After how many seconds a client is asked to try again; where the tenant has moved, it has to be
told the new URL first."""


class TenantClosed(Unavailable):
    """A tenant is closed for its clients; the request was not applied."""


@dataclass(frozen=True)
class Closure:
    """Why a tenant is closed, and since when.

    `act` names the act that closed it, which alone changes or opens it again; `before` is the state
    that it had. `moved_to` is the Tenant URL at which another deployment serves it. `arriving` says
    that it comes from another deployment, which this one has not served yet.
    """

    act: str
    reason: str
    since: str
    before: str
    moved_to: str = ""
    arriving: bool = False

    @classmethod
    def of(cls, content: Content) -> Closure | None:
        """Read the closure in a tenant's secret, None where there is none."""
        raw = content.get("closure")
        return None if raw is None else cls(**raw)

    @property
    def content(self) -> Content:
        """The closure as it is stored in a tenant's secret."""
        return asdict(self)

    @property
    def refusal(self) -> TenantClosed:
        """The answer to a request of a client."""
        if self.moved_to:
            sentence = f"this tenant has moved: its Tenant URL is {self.moved_to}"
            return TenantClosed(sentence, retry_after=RETRY_MOVED_AFTER)
        sentence = "this tenant is closed for maintenance, try again later"
        return TenantClosed(sentence, retry_after=RETRY_AFTER)

    def sentence(self, tenant: str) -> str:
        """Return the refusal of another act, for operators."""
        return f"{tenant} is closed since {self.since}: {self.reason}"


def close(tenants: Tenants, name: str, act: str, reason: str) -> Tenant:
    """Close a tenant for its clients, within a minute, until the same act opens it.

    Raises TenantError where another act has closed it.
    """
    now = instant(tenants.clock())

    def closed(content: Content) -> Content:
        if "closure" in content:
            return content
        closure = Closure(act, reason, now, content["state"])
        return {**content, "state": CLOSED, "closure": closure.content}

    return tenants.change(name, closed, act=act)


def reopen(tenants: Tenants, name: str, act: str) -> Tenant:
    """Give a tenant that an act has closed the state that it had before.

    Raises TenantError where another act has closed it.
    """

    def reopened(content: Content) -> Content:
        others = dict(content)
        closure = others.pop("closure", None)
        return content if closure is None else {**others, "state": closure["before"]}

    return tenants.change(name, reopened, act=act)
