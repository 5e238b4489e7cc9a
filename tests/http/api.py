"""The application itself as its clients see it, over a table and secrets in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
from starlette.applications import Starlette

from rollcall.federation.trust import Verifier
from rollcall.http.routes import FUNCTIONS
from rollcall.runtime import access_function, pages_function, token_function
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings

EVERYTHING = [each for function in FUNCTIONS.values() for each in function]
BASE = "/scim/acme/v2"


class Api:
    """A client of the application itself, and what the application logs."""

    def __init__(
        self, services: Services, settings: Settings | None = None, token: str = ""
    ) -> None:
        self.token = token or services.tenants.create("acme")
        self.log = io.StringIO()
        self.verifier: Verifier | None = None
        self._services = Services(settings, services.clients) if settings else services
        self.restart()

    def restart(self) -> None:
        """Serve by a process that has just begun and knows nobody."""
        log = logger()
        log.registered_handler.setStream(self.log)  # type: ignore[attr-defined]  # one per process
        pages = [
            *pages_function.routes(self._services),
            *token_function.routes(self._services, self.verifier),
            *access_function.routes(self._services, log),
        ]
        self.app: Starlette = application(self._services, EVERYTHING, log, pages)

    def send(self, method: str, path: str, *, base: str = BASE, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://scim.test") as http:
                return await http.request(method, f"{base}{path}", headers=headers, **options)

        return anyio.run(exchange)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def user(self, **attributes: Any) -> dict[str, Any]:
        created: dict[str, Any] = self.send(
            "POST", "/Users", json={"userName": "ann@example.com", **attributes}
        ).json()
        return created


def until_refused(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send a request again and again, as fast as this machine can, until it is refused."""
    answers = (send() for _ in range(500))
    return next(answer for answer in answers if answer.status_code == 429)
