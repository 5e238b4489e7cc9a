"""What an operator can put right, as OperatorErrors: AWS that cannot be used, refused changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rollcall.aws.access_errors import translated_access_errors
from rollcall.operator_error import OperatorError
from rollcall.scim.errors import SCIMException


@contextmanager
def translated() -> Iterator[None]:
    """Raise as OperatorError what AWS or SCIM refuses; let every fault of Rollcall through."""
    try:
        with translated_access_errors():
            yield
    except SCIMException as error:
        raise OperatorError(str(error.detail)) from error
