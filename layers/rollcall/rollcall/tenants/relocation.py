"""A tenant on its way from one deployment to another: its two secrets say who serves it.

| source | target | who serves it |
|---|---|---|
| as before | none | the source |
| closed | none, or closed and arriving | nobody |
| closed, moved | closed and arriving | nobody |
| closed, moved | as the source was before | the target |

The source has moved before the target opens, and the target's secret is gone before the source
opens again, so two deployments never serve a tenant, wherever a move is interrupted.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from uuid import uuid4

from rollcall.aws.secrets import Content, SecretExists, SecretMissing, Secrets
from rollcall.tenants import closure
from rollcall.tenants.closure import CLOSED, Closure
from rollcall.tenants.tenants import Tenant, TenantError, Tenants

_ACT = "move "
_ARRIVED = "arrived"
_ABANDONED = ", abandoned"


class Stage(Enum):
    """How far a move is."""

    NOT_BEGUN = "not begun"
    CLOSED = "the source is closed"
    MOVED = "the source is closed for good"
    DONE = "the target serves the tenant"
    ABANDONED = "the move is taken back"


class Relocation:
    """The secrets of one tenant at both deployments, changed step by step."""

    def __init__(
        self, tenant: str, source: tuple[Tenants, Secrets], target: tuple[Tenants, Secrets]
    ) -> None:
        self._tenant = tenant
        self._source, self._source_secrets = source
        self._target, self._target_secrets = target

    def stage(self) -> Stage:
        """Return how far the move is.

        Raises TenantError where there is no such tenant, or the target has another one.
        """
        closed = self._source.show(self._tenant).closure
        content = self._arrival()
        if closed is None or not closed.act.startswith(_ACT) or closed.arriving:
            if content is not None:
                raise TenantError(f"there is a tenant {self._tenant} at the target already")
            if closed is not None:
                raise TenantError(closed.sentence(self._tenant))
            return Stage.NOT_BEGUN
        if content is not None and not _is_of(content, closed.act):
            raise TenantError(f"another tenant {self._tenant} is at the target")
        if content is not None and content.get(_ARRIVED) == closed.act:
            return Stage.DONE
        if content is not None and content["closure"]["act"] != closed.act:
            return Stage.ABANDONED
        return Stage.MOVED if closed.moved_to else Stage.CLOSED

    def act(self) -> str:
        """Return the act that moves the tenant, a new one where no move has begun."""
        closed = self._source.show(self._tenant).closure
        return f"{_ACT}{uuid4().hex[:12]}" if closed is None else closed.act

    def announce(self, act: str, origin: str) -> bool:
        """Make the tenant known at the target, closed, with its tokens and settings.

        Returns whether it was not known there before.
        """
        content = self._source_secrets.read(self._tenant)
        closed = Closure.of(content)
        if closed is None or closed.act != act:
            raise TenantError(f"{self._tenant} is not closed any more, the move was abandoned")
        arriving = replace(closed, arriving=True, reason=f"it arrives from {origin}")
        arrival = {**content, "closure": arriving.content}
        arrival.pop(_ARRIVED, None)
        try:
            self._target_secrets.create(self._tenant, arrival)
        except SecretExists as error:
            there = self._arrival()
            if there is None or not _is_of(there, act):
                raise TenantError(
                    f"there is a tenant {self._tenant} at the target already"
                ) from error
            return False
        return True

    def depart(self, act: str, url: str) -> None:
        """Close the tenant at the source for good; it is at another Tenant URL from now on."""

        def moved(content: Content) -> Content:
            closed = Closure.of(content)
            if closed is None:
                raise TenantError(f"{self._tenant} is not closed any more, the move was abandoned")
            reason = f"it has moved to {url}; `rollcall tenants delete` removes what is left of it"
            return {**content, "closure": replace(closed, moved_to=url, reason=reason).content}

        self._source.change(self._tenant, moved, act=act)

    def arrive(self, act: str) -> Tenant:
        """Open the tenant at the target, in the state that it had at the source."""

        def arrived(content: Content) -> Content:
            others = dict(content)
            closed = others.pop("closure", None)
            if closed is None:
                return content
            return {**others, "state": closed["before"], _ARRIVED: act}

        return self._target.change(self._tenant, arrived, act=act)

    def forget(self, act: str) -> None:
        """Delete the secret of a tenant that has not arrived, so that it cannot open any more.

        Raises TenantError where it has arrived.
        """

        def abandoned(content: Content) -> Content:
            closed = Closure.of(content)
            if closed is None or not _is_of(content, act):
                raise TenantError(f"{self._tenant} is served at the target already")
            return {**content, "closure": replace(closed, act=f"{act}{_ABANDONED}").content}

        content = self._arrival()
        if content is not None:
            # As another act first: whoever opens it now is refused, and is not overtaken.
            closed = Closure.of(content)
            before = "" if closed is None else closed.act
            self._target.change(self._tenant, abandoned, act=before)
            self._target.delete(self._tenant)

    def reopen(self, act: str) -> None:
        """Open the tenant at the source again."""
        closure.reopen(self._source, self._tenant, act)

    def _arrival(self) -> Content | None:
        try:
            return self._target_secrets.read(self._tenant)
        except SecretMissing:
            return None


def _is_of(content: Content, act: str) -> bool:
    """Tell whether the secret at the target came there by an act."""
    closed = Closure.of(content)
    if closed is None:
        return content.get(_ARRIVED) == act and content["state"] != CLOSED
    return closed.arriving and closed.act in (act, f"{act}{_ABANDONED}")
