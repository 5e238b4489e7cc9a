"""The engine's errors, and the validation errors of its models, as SCIM errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import scim2_models as engine
from pydantic import ValidationError

from rollcall.scim import errors
from rollcall.scim.errors import InvalidValueException, SCIMException

_BY_TYPE: dict[str, type[SCIMException]] = {
    each.scim_type: each
    for each in (
        errors.InvalidFilterException,
        errors.InvalidPathException,
        errors.InvalidSyntaxException,
        errors.InvalidValueException,
        errors.MutabilityException,
        errors.NoTargetException,
        errors.TooManyException,
        errors.UniquenessException,
    )
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise the protocol's error in the place of one of the engine's."""
    try:
        yield
    except engine.SCIMException as error:
        raise from_engine(error) from error


def from_engine(error: engine.SCIMException) -> SCIMException:
    """Return the protocol's error for one that the engine raised."""
    return _error(error.status, error.scim_type, error.detail)


def from_validation(error: ValidationError, path: str = "") -> SCIMException:
    """Return the protocol's error for the first mistake that the engine's models found.

    `path` names the attribute when the engine was given the value alone.
    """
    first: Any = error.errors(include_url=False, include_input=False)[0]
    if path:
        return InvalidValueException(detail=f"{path}: {first['msg']}")
    found = engine.Error.from_validation_error(first)
    return _error(found.status or 400, found.scim_type or "", found.detail or first["msg"])


def _error(status: int, scim_type: str, detail: str) -> SCIMException:
    error = _BY_TYPE.get(scim_type, SCIMException)(detail=detail)
    error.status, error.scim_type = status, scim_type
    return error
