"""The extensions of Rollcall's own: access in the product, and when a resource was deleted.

They are the one thing here that is not true for any SCIM server: the models are bound to them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import scim2_models as engine
from scim2_models import CaseExact, Mutability

from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP


class WorkArea(engine.ComplexAttribute):
    """A work area of the product that the user has access to."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The name of the work area."""

    level: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The access level, the highest that was granted."""


class RollcallUser(engine.Extension):
    """What the user may do in the product, by New User Templates; clients do not write it."""

    __schema__ = engine.URN(ROLLCALL)

    work_areas: Annotated[list[WorkArea] | None, Mutability.read_only] = None
    """The work areas that the user has access to."""

    role: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The role in the product, the highest that was granted."""

    deleted: Annotated[datetime | None, Mutability.read_only] = None
    """When the user was deleted; only searches that compare it show who was."""


class RollcallGroup(engine.Extension):
    """What is left of a group that was deleted."""

    __schema__ = engine.URN(ROLLCALL_GROUP)

    deleted: Annotated[datetime | None, Mutability.read_only] = None
    """When the group was deleted; only searches that compare it show which were."""
