"""Where the work of a request is done that waits for AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

T = TypeVar("T")


async def run(scope: Scope, work: Callable[..., T], *arguments: object) -> T:
    """Do the work of a request.

    A server does it in a thread and answers other requests meanwhile. A Lambda function has one
    request at a time: there the way to a thread and back would be a third of the CPU of a read.
    """
    if "aws.context" in scope:
        return work(*arguments)
    return await run_in_threadpool(work, *arguments)
