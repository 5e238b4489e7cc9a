"""Reads that are made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

MAX_THREADS = 8

T = TypeVar("T")


def at_once(reads: Sequence[Callable[[], T]]) -> list[T]:
    """Return what functions return that read, MAX_THREADS of them at the same time."""
    contexts = [copy_context() for _ in reads]  # with the deadline
    with ThreadPoolExecutor(min(len(reads), MAX_THREADS)) as readers:
        return list(readers.map(lambda context, read: context.run(read), contexts, reads))
