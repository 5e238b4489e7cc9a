"""The functions of a deployment in one process: a transport that hands them requests."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx

from bench.month.clock import Clock
from bench.month.usage import Log, Usage, metered
from rollcall.http.routes import FUNCTIONS
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services

CONTAINERS = 2
"""The containers of each function, in turn: 25 requests a second at 50 ms keep two busy."""

COLD_AFTER = 600.0
"""The seconds after which an unused container is gone, an assumption: AWS names no number."""

_PATH = re.compile(r"/scim/[a-z0-9-]+/v2/(?P<type>Users|Groups)?(?P<id>/[^/]+)?")


class _Context:
    """The context of an invocation: its time does not run out."""

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class Functions(httpx.BaseTransport):
    """Sends requests to the handlers of the functions, and counts what each takes.

    `kinds` has a sum for each kind of request, `starts` how often a function had no container;
    `each_second` is called when another second of the clock begins.
    """

    def __init__(
        self, services: Services, clock: Clock, each_second: Callable[[], None] = lambda: None
    ) -> None:
        self._services = services
        self._clock = clock
        self._log = Log()
        self._handlers = {
            name: [
                behind_gateway(application(services, FUNCTIONS[name], logger(self._log)))  # type: ignore[arg-type]
                for _ in range(CONTAINERS)
            ]
            for name in ("users", "groups", "discovery")
        }
        self._each_second = each_second
        self._used: dict[str, float] = {}
        self._sent = 0
        self.gap = 0.04
        self.kinds: dict[str, Usage] = {}
        self.starts: dict[str, int] = {}

    def begin(self, gap: float) -> None:
        """Count from nothing, with so many seconds between two requests from now on."""
        self.gap, self.kinds, self.starts = gap, {}, {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to its function."""
        second = int(self._clock.now.timestamp())
        self._clock.pass_by(self.gap)
        if int(self._clock.now.timestamp()) != second:
            self._each_second()
        self._sent += 1
        if self._sent % 50 == 0:
            gc.freeze()  # what the client keeps is no load of the functions' collector
        function = self._function(request)
        handler: Any = self._handlers[function][self._sent % CONTAINERS]
        event, usage = _event(request, self._sent), Usage(requests=1)
        lines, size = self._log.lines, self._log.bytes
        with metered(self._services.clients, usage):
            begun = time.process_time()
            answer = handler(event, _Context())
            usage.cpu = time.process_time() - begun
        usage.log_lines, usage.log_bytes = self._log.lines - lines, self._log.bytes - size
        body = answer["body"].encode()
        usage.answer_bytes = len(body)
        self.kinds.setdefault(_kind(request, function), Usage()).add(usage)
        return httpx.Response(answer["statusCode"], headers=answer.get("headers"), content=body)

    def _function(self, request: httpx.Request) -> str:
        path = _PATH.search(request.url.path)
        name = (path["type"] or "discovery").lower() if path else "discovery"
        now = self._clock.now.timestamp()
        if now - self._used.get(name, float("-inf")) > COLD_AFTER:
            self.starts[name] = self.starts.get(name, 0) + 1
        self._used[name] = now
        return name


def _kind(request: httpx.Request, function: str) -> str:
    """Return the kind of a request, without values: `users PATCH /Users/{id}`."""
    path = _PATH.search(request.url.path)
    if path is None or path["type"] is None:
        return f"{function} {request.method}"
    suffix = "/{id}" if path["id"] else "?filter" if request.url.query else ""
    return f"{function} {request.method} /{path['type']}{suffix}"


def _event(request: httpx.Request, number: int) -> dict[str, Any]:
    """Return a request as the event of a REST API."""
    queries: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.url.query.decode(), keep_blank_values=True):
        queries.setdefault(name, []).append(value)
    headers = dict(request.headers)
    body = request.content.decode()
    path = request.url.path
    return {
        "resource": "/scim/{tenant}/v2/{proxy+}",
        "path": path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": queries,
        "requestContext": {"path": path, "stage": "live", "requestId": f"month-{number}"},
        "body": body or None,
        "isBase64Encoded": False,
    }
