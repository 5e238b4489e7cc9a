"""Work that no request waits for: its failures are logged, and it is retried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rollcall.scim.errors import Unavailable

if TYPE_CHECKING:
    from rollcall.http.middleware import RequestLogger


@contextmanager
def logged(work: str, log: RequestLogger) -> Iterator[None]:
    """Log a failure of the block, and continue."""
    try:
        yield
    except Unavailable as error:
        log.warning("not done, tried again", extra={"work": work, "reason": str(error.detail)})
    except Exception:  # the server continues to answer requests
        log.exception("failed, tried again", extra={"work": work})
