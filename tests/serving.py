"""A server in this process, over storage of a test's own."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from rollcall.http.routes import EVERYTHING
from rollcall.runtime import access_function, pages_function
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """Serve everything but the token endpoint, and yield the URL."""
    log = logger(io.StringIO())
    pages = [*pages_function.routes(services), *access_function.routes(services, log)]
    app = application(services, EVERYTHING, log, pages)
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
