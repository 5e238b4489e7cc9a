"""One URL for two engines: DynamoDB's, and the emulator for everything else of AWS."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

_BYTES = 1 << 16


@contextmanager
def joined(dynamodb: str, others: str) -> Iterator[str]:
    """Serve both on one URL, and yield it.

    The first call of a connection decides for all: a client of the SDK keeps its connections to
    itself, and is of one service.
    """

    async def connected(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # whoever has gone
            head = await reader.readuntil(b"\r\n\r\n")
            engine = dynamodb if b"x-amz-target: dynamodb" in head.lower() else others
            answers, calls = await asyncio.open_connection("127.0.0.1", urlsplit(engine).port)
            calls.write(head)
            await asyncio.gather(_copy(reader, calls), _copy(answers, writer))
        writer.close()

    async def serve(listening: Future[str], ended: Future[None]) -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        listening.set_result(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await asyncio.wrap_future(ended)
        server.close()

    listening: Future[str] = Future()
    ended: Future[None] = Future()
    thread = Thread(target=lambda: asyncio.run(serve(listening, ended)))
    thread.start()
    try:
        yield listening.result()
    finally:
        ended.set_result(None)
        thread.join()


async def _copy(source: StreamReader, target: StreamWriter) -> None:
    """Pass on what comes, and the end of it."""
    try:
        while data := await source.read(_BYTES):
            target.write(data)
            await target.drain()
    finally:
        target.close()
