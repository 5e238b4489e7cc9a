"""The requests that are played to a new version of a function before clients reach it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from rollcall.model.release_tenant import release_tenant
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, TenantError, Tenants, new_token

LIFETIME = timedelta(minutes=15)
"""How long the token of a probe is valid, longer than a probe takes."""

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


class ProbeFailed(Exception):  # noqa: N818
    """A version did not answer as it has to; the message says which request."""


@contextmanager
def probe_tenant(tenants: Tenants, function: str) -> Iterator[tuple[str, str]]:
    """Yield the name and a token of a tenant for one probe, which then is deleted.

    The token for questions about access is read-only, as theirs have to be.

    What a probe left that was killed is replaced: its secret has a token that nobody knows.
    """
    name = release_tenant(function)
    scope = READ_ONLY if function == "access" else READ_WRITE
    plain, token = new_token("release", tenants.clock(), LIFETIME, scope)
    try:
        tenants.add_for_release(name, token)
    except TenantError:
        tenants.delete(name)
        tenants.add_for_release(name, token)
    try:
        yield name, plain
    finally:
        tenants.delete(name)


@dataclass(frozen=True)
class Probe:
    """A client of one version of a function: `invoke` gives it an event of the gateway."""

    invoke: Callable[[dict[str, Any]], Any]
    tenant: str
    token: str

    def play(self, function: str) -> None:
        """Play the requests for a function, by its name. Raises ProbeFailed."""
        requests = {
            "users": self._users,
            "groups": self._groups,
            "bulk": self._bulk,
            "discovery": self._discovery,
            "token": self._token_endpoint,
            "handover": self._handover_page,
            "reports": self._report_links,
            "access": self._sign_ins,
        }
        requests[function]()

    def _users(self) -> None:
        name = f"{uuid4()}@release.invalid"
        disable = _patch("active", False)
        self._resource("/Users", {"schemas": [_USER], "userName": name}, disable)

    def _groups(self) -> None:
        name = str(uuid4())
        rename = _patch("displayName", f"{name} renamed")
        self._resource("/Groups", {"schemas": [_GROUP], "displayName": name}, rename)

    def _discovery(self) -> None:
        for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
            self._scim("GET", path, 200)
        self._users()

    def _bulk(self) -> None:
        user = {"schemas": [_USER], "userName": f"{uuid4()}@release.invalid"}
        create = {"method": "POST", "path": "/Users", "bulkId": "new", "data": user}
        made = self._in_bulk(create, "201")
        path = f"/Users/{made['location'].rpartition('/')[2]}"
        self._in_bulk({"method": "PATCH", "path": path, "data": _patch("active", False)}, "200")
        self._in_bulk({"method": "DELETE", "path": path}, "204")

    def _token_endpoint(self) -> None:
        """Be refused with a client that does not exist: that reads the tenant's secret."""
        form = "grant_type=client_credentials&client_id=rollcall-client-0&client_secret=x"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._ask("POST", f"/scim/{self.tenant}/oauth2/token", 401, headers, form)

    def _handover_page(self) -> None:
        """Open the page, and be refused with a code that does not exist."""
        self._ask("GET", "/handover", 200)
        headers = {"Content-Type": "application/json"}
        self._ask("POST", "/handover/token", 404, headers, '{"code": "x"}')

    def _report_links(self) -> None:
        """Follow a link that does not exist."""
        self._ask("GET", f"/reports/{uuid4()}", 404)

    def _sign_ins(self) -> None:
        """Ask about somebody whom nobody knows, in each way of finding."""
        someone = {"externalId": str(uuid4()), "userName": f"{uuid4()}@release.invalid"}
        for question in (someone, {"email": someone["userName"]}, {"id": str(uuid4())}):
            path = f"/scim/{self.tenant}/access"
            answer = json.loads(self._ask("POST", path, 200, self._headers, json.dumps(question)))
            if answer["active"] or answer["reason"] != "unknown":
                raise ProbeFailed(f"POST {path} knows somebody who does not exist")

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/scim+json",
        }

    def _resource(self, path: str, body: Any, change: Any) -> None:
        """Test the connection, create, change and delete; delete what a failed probe left."""
        ((attribute, name),) = [(key, body[key]) for key in body if key != "schemas"]
        found = self._scim("GET", path, 200, query={"filter": f'{attribute} eq "{name}"'})
        if found["totalResults"]:
            raise ProbeFailed(f"GET {path} finds what does not exist")
        created = self._scim("POST", path, 201, body)["id"]
        changed = 204 if path == "/Groups" else 200
        self._scim("PATCH", f"{path}/{created}", changed, change)
        self._scim("DELETE", f"{path}/{created}", 204)
        for left in self._scim("GET", path, 200).get("Resources", ()):
            self._scim("DELETE", f"{path}/{left['id']}", 204)

    def _in_bulk(self, operation: dict[str, Any], status: str) -> Any:
        body = {"schemas": [_BULK], "Operations": [operation]}
        (done,) = self._scim("POST", "/Bulk", 200, body)["Operations"]
        if done["status"] != status:
            raise ProbeFailed(f"a {operation['method']} in bulk was answered {done['status']}")
        return done

    def _scim(
        self, method: str, path: str, status: int, body: Any = None, query: Any = None
    ) -> Any:
        text = None if body is None else json.dumps(body)
        full = f"/scim/{self.tenant}/v2{path}"
        return json.loads(self._ask(method, full, status, self._headers, text, query) or "null")

    def _ask(  # noqa: PLR0917  # a request and its status
        self,
        method: str,
        path: str,
        status: int,
        headers: dict[str, str] | None = None,
        body: str | None = None,
        query: dict[str, str] | None = None,
    ) -> str:
        answer = self.invoke(_event(method, path, headers or {}, body, query or {}))
        found = answer.get("statusCode") if isinstance(answer, dict) else None
        if found != status:
            raise ProbeFailed(f"{method} {path} was answered {found}, not {status}")
        text: str = answer["body"]
        return text


def _patch(path: str, value: Any) -> dict[str, Any]:
    operation = {"op": "replace", "path": path, "value": value}
    return {"schemas": [_PATCH], "Operations": [operation]}


def _event(
    method: str, path: str, headers: dict[str, str], body: str | None, query: dict[str, str]
) -> dict[str, Any]:
    """Return a request as API Gateway hands it on."""
    headers = {"Host": "release.invalid", "X-Forwarded-Proto": "https", **headers}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"path": path, "httpMethod": method, "requestId": str(uuid4())},
        "body": body,
        "isBase64Encoded": False,
    }
