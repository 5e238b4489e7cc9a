"""A server in this process, over storage of a test's own."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from threading import Thread

import uvicorn

from rollcall.http.routes import EVERYTHING
from rollcall.runtime import Services, logger


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """Serve everything, pages for people too, and yield the URL."""
    pages = chain.from_iterable(services.pages().values())
    app = services.application(EVERYTHING, logger(io.StringIO()), pages)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
