"""Extensions of our own: what the product gives to users, and when what is gone was deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import scim2_models as engine
from scim2_models import CaseExact, Mutability


class WorkArea(engine.ComplexAttribute):
    """A work area of the product that the user has access to."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The name of the work area."""

    level: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The access level, the highest that was granted."""


class RollcallUser(engine.Extension):
    """What the user may do in the product, by New User Templates; clients do not write it."""

    __schema__ = engine.URN("urn:ietf:params:scim:schemas:extension:rollcall:2.0:User")

    work_areas: Annotated[list[WorkArea] | None, Mutability.read_only] = None
    """The work areas that the user has access to."""

    role: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The role in the product, the highest that was granted."""

    deleted: Annotated[datetime | None, Mutability.read_only] = None
    """When the user was deleted; only searches that compare it show who was."""


class RollcallGroup(engine.Extension):
    """What is left of a group that was deleted."""

    __schema__ = engine.URN("urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group")

    deleted: Annotated[datetime | None, Mutability.read_only] = None
    """When the group was deleted; only searches that compare it show which were."""
