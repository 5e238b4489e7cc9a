"""The SCIM endpoint of a tenant; every request to it is recorded and judged."""

import time
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

import httpx

from demo.dialect import FLAG, Dialect, patch
from demo.mappings import Document
from demo.sign_in import BearerToken
from demo.verdict import MEDIA_TYPE, Expectation, Kind, Outcome, judge

METHOD = {Kind.CREATE: "POST", Kind.PATCH: "PATCH", Kind.DELETE: "DELETE"}


@dataclass(frozen=True)
class Exchange:
    """One request, its answer, and the outcome for Entra."""

    method: str
    path: str
    """Path and query below the tenant's base URL, readable rather than encoded."""
    route: str
    """The path without ids and values: equal for requests of one kind."""
    status: int
    """0 when no answer came."""
    milliseconds: float
    outcome: Outcome
    meaning: str
    flaws: tuple[str, ...] = ()
    resources: tuple[Document, ...] = ()
    sent: Document | None = None
    answer: Document | None = None

    @property
    def write(self) -> bool:
        """Whether the request writes."""
        return self.method != "GET"

    @property
    def good(self) -> bool:
        """Whether the answer is exactly what Entra needs."""
        return self.outcome is Outcome.FINE and not self.flaws

    @property
    def trouble(self) -> str:
        """What went wrong, as text."""
        detail = str((self.answer or {}).get("detail", "")) if self.status >= 400 else ""
        return "; ".join(filter(None, (*self.flaws, detail)))


class Refused(Exception):  # noqa: N818 - it is an answer, not an error of this program
    """An answer that is no success for Entra."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(f"{exchange.outcome}: {exchange.trouble}")
        self.exchange = exchange


def connect(url: str, sign_in: str | httpx.Auth) -> httpx.Client:
    """Return an HTTP client for a Tenant URL, and a Secret Token or another way to sign in."""
    auth = BearerToken(sign_in) if isinstance(sign_in, str) else sign_in
    return httpx.Client(base_url=url, auth=auth, headers={"Accept": MEDIA_TYPE}, timeout=30)


def quoted(value: str) -> str:
    """Return a string as a filter literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Target:
    """Sends requests as Entra does, and records each in `exchanges`."""

    def __init__(self, client: httpx.Client, dialect: Dialect = Dialect.LEGACY) -> None:
        self.client = client
        self.dialect = dialect
        self.exchanges: list[Exchange] = []

    def find(
        self,
        resource_type: str,
        condition: str,
        *,
        shape: str,
        none: str,
        one: str,
        id_only: bool = False,
        anonymous: bool = False,
    ) -> Document | None:
        """Find the one resource that matches a filter.

        `shape` is the condition without its values; `none` and `one` say what either result means.
        `anonymous` leaves the User-Agent out, as Test Connection does. Raises Refused, for more
        than one match too.
        """
        query = {"excludedAttributes": "members"} if resource_type == "Group" else {}
        if id_only:
            query["attributes"] = "id"
        asked = Expectation(
            Kind.LIST, resource_type, without_members=resource_type == "Group", id_only=id_only
        )
        prefix = "".join(f"{name}={value}&" for name, value in query.items())
        exchange = self._send(
            asked,
            f"/{resource_type}s",
            query | {"filter": condition},
            route=f"/{resource_type}s?{prefix}filter={shape}",
            anonymous=anonymous,
        )
        if exchange.outcome is Outcome.FINE and len(exchange.resources) > 1:
            exchange = replace(exchange, outcome=Outcome.DUPLICATE)
        found = self._take(exchange, one if exchange.resources else none).resources
        return found[0] if found else None

    def page(self, resource_type: str, start: int, count: int, meaning: str) -> Exchange:
        """Read one page of the whole collection; groups come without members."""
        query = {"excludedAttributes": "members"} if resource_type == "Group" else {}
        asked = Expectation(Kind.LIST, resource_type, without_members=resource_type == "Group")
        prefix = "".join(f"{name}={value}&" for name, value in query.items())
        exchange = self._send(
            asked,
            f"/{resource_type}s",
            query | {"startIndex": str(start), "count": str(count)},
            route=f"/{resource_type}s?{prefix}startIndex=N&count={count}",
        )
        return self._take(exchange, meaning)

    def document(self, path: str, meaning: str) -> Document:
        """Read a discovery document."""
        asked = Expectation(Kind.DOCUMENT)
        return self._take(self._send(asked, path, {}, route=path), meaning).answer or {}

    def read(
        self, resource_type: str, resource_id: str, meaning: str, *, members: bool = False
    ) -> Document:
        """Read one resource by id; a group with its members only when asked."""
        bare = resource_type == "Group" and not members
        query = {"excludedAttributes": "members"} if bare else {}
        asked = Expectation(Kind.READ, resource_type, resource_id, without_members=bare)
        suffix = "?excludedAttributes=members" if bare else ""
        exchange = self._send(
            asked,
            f"/{resource_type}s/{resource_id}",
            query,
            route=f"/{resource_type}s/{{id}}{suffix}",
        )
        return self._take(exchange, meaning).resources[0]

    def create(self, resource_type: str, body: Document, meaning: str) -> Document:
        """Create a resource and return it as the service stored it."""
        path = f"/{resource_type}s"
        asked = Expectation(Kind.CREATE, resource_type)
        return self._take(self._send(asked, path, {}, body, route=path), meaning).resources[0]

    def patch(
        self, resource_type: str, resource_id: str, operations: list[Document], meaning: str
    ) -> None:
        """Change a resource by operations in either dialect."""
        asked = Expectation(Kind.PATCH, resource_type, resource_id)
        path, route = f"/{resource_type}s/{resource_id}", f"/{resource_type}s/{{id}}"
        self._take(self._send(asked, path, {}, patch(operations), route=route), meaning)

    def delete(self, resource_type: str, resource_id: str, meaning: str) -> None:
        """Delete a resource; one that does not exist is a success."""
        asked = Expectation(Kind.DELETE, resource_type, resource_id)
        path, route = f"/{resource_type}s/{resource_id}", f"/{resource_type}s/{{id}}"
        self._take(self._send(asked, path, {}, route=route), meaning)

    def _take(self, exchange: Exchange, meaning: str) -> Exchange:
        if exchange.outcome is not Outcome.FINE:
            meaning = exchange.outcome.value
        exchange = replace(exchange, meaning=meaning)
        self.exchanges.append(exchange)
        if exchange.outcome is not Outcome.FINE:
            raise Refused(exchange)
        return exchange

    def _send(
        self,
        asked: Expectation,
        path: str,
        query: dict[str, str],
        body: Document | None = None,
        *,
        route: str,
        anonymous: bool = False,
    ) -> Exchange:
        method = METHOD.get(asked.kind, "GET")
        encoded = [f"{name}={quote_plus(value, safe=',')}" for name, value in query.items()]
        if self.dialect is Dialect.STANDARD:
            # The flag stays in the Tenant URL and so reaches the service with every request.
            encoded.insert(0, FLAG)
        url = path + ("?" + "&".join(encoded) if encoded else "")
        readable = path + ("?" + "&".join(map("=".join, query.items())) if query else "")
        request = self.client.build_request(method, url, json=body)
        if body is not None:
            request.headers["Content-Type"] = f"{MEDIA_TYPE}; charset=utf-8"
        if anonymous:
            del request.headers["User-Agent"]
        started = time.perf_counter()
        try:
            response = self.client.send(request)
        except httpx.TransportError as error:
            spent = (time.perf_counter() - started) * 1000
            trouble = (f"no answer: {error}",)
            return Exchange(method, readable, route, 0, spent, Outcome.RETRY, "", trouble, (), body)
        spent = (time.perf_counter() - started) * 1000
        verdict = judge(asked, response)
        return Exchange(
            method,
            readable,
            route,
            response.status_code,
            spent,
            verdict.outcome,
            "",
            verdict.flaws,
            verdict.resources,
            body,
            verdict.body,
        )
