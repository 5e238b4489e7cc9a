"""The end of a command that serves: it deletes what it has to delete, however it is ended."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let SIGTERM, and the end of the terminal (SIGHUP), end a block as an exception does.

    uvicorn shuts down on SIGTERM and then raises it again: with the default handler the process
    would end there, and leave its files behind. SIGHUP stays ignored below `nohup`.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGTERM, _end)
    if before[signal.SIGHUP] is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _terminate)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _terminate(_: int, __: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)
