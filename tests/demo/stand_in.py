"""A tiny SCIM service in memory, for what the client itself is to be tested on.

It knows the shapes that the client sends and no others; `faults` answers the next matching request
with something else.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx

BASE = "https://scim.example.com/scim/acme/v2"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"

Document = dict[str, Any]
Fault = Callable[[httpx.Request], httpx.Response | None]


class StandIn:
    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Document]] = {"Users": {}, "Groups": {}}
        self.requests: list[httpx.Request] = []
        self.faults: list[Fault] = []

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer), base_url=BASE)

    def sent(self, method: str) -> list[Any]:
        return [json.loads(one.content) for one in self.requests if one.method == method]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        for fault in self.faults:
            if (response := fault(request)) is not None:
                self.faults.remove(fault)
                return response
        parts = request.url.path.removeprefix("/scim/acme/v2/").split("/")
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        if parts[0] not in self.stored:
            return _scim(200, _discovery(parts[0]))
        if len(parts) == 1:
            return (
                self._create(parts[0], json.loads(request.content))
                if request.method == "POST"
                else self._list(parts[0], query)
            )
        return self._one(request, parts[0], parts[1], query)

    def _create(self, kind: str, body: Document) -> httpx.Response:
        key = "userName" if kind == "Users" else "displayName"
        if self._taken(kind, key, body[key], ""):
            return error(409, "uniqueness")
        new = f"id-{len(self.requests)}"
        resource = body | {"id": new}
        resource["meta"] = {"resourceType": kind[:-1], "location": f"{BASE}/{kind}/{new}"}
        self.stored[kind][new] = resource
        return _scim(201, resource, {"Location": f"{BASE}/{kind}/{new}"})

    def _list(self, kind: str, query: dict[str, str]) -> httpx.Response:
        legs = re.findall(r'(\w+) eq "((?:[^"\\]|\\.)*)"', query.get("filter", ""))
        found = [
            _without(resource, query)
            for resource in self.stored[kind].values()
            if all(_holds(resource, name, value) for name, value in legs)
        ]
        start = int(query.get("startIndex", "1"))
        page = found[start - 1 :][: int(query.get("count", "100"))]
        if query.get("attributes") == "id":
            page = [{"schemas": one["schemas"], "id": one["id"]} for one in page]
        return _scim(200, _list_response(page, len(found), start))

    def _one(
        self, request: httpx.Request, kind: str, resource_id: str, query: dict[str, str]
    ) -> httpx.Response:
        resource = self.stored[kind].get(resource_id)
        if resource is None:
            return error(404)
        if request.method == "DELETE":
            del self.stored[kind][resource_id]
            for group in self.stored["Groups"].values():
                _leave(group, resource_id)
            return httpx.Response(204)
        if request.method == "PATCH":
            changed = json.loads(json.dumps(resource))
            for operation in json.loads(request.content)["Operations"]:
                _apply(changed, operation)
            key = "userName" if kind == "Users" else "displayName"
            if self._taken(kind, key, changed[key], resource_id):
                return error(409, "uniqueness")
            self.stored[kind][resource_id] = resource = changed
            return httpx.Response(204) if kind == "Groups" else _scim(200, resource)
        return _scim(200, _without(resource, query))

    def _taken(self, kind: str, key: str, value: str, by_other_than: str) -> bool:
        return any(
            one[key].lower() == value.lower() and one["id"] != by_other_than
            for one in self.stored[kind].values()
        )


def error(status: int, scim_type: str | None = None) -> httpx.Response:
    body = {"schemas": [ERROR], "status": str(status), "detail": "no"}
    return _scim(status, body | ({"scimType": scim_type} if scim_type else {}))


def _scim(status: int, body: Document, headers: dict[str, str] | None = None) -> httpx.Response:
    headers = {"Content-Type": "application/scim+json"} | (headers or {})
    return httpx.Response(status, content=json.dumps(body), headers=headers)


def _list_response(resources: list[Document], total: int, start: int) -> Document:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _discovery(name: str) -> Document:
    if name == "ServiceProviderConfig":
        return {"patch": {"supported": True}, "filter": {"supported": True}}
    schemas = [{"id": one} for one in (f"{CORE}User", f"{CORE}Group", ENTERPRISE)]
    return _list_response(schemas if name == "Schemas" else [], 3, 1)


def _without(resource: Document, query: dict[str, str]) -> Document:
    left_out = query.get("excludedAttributes")
    return {name: value for name, value in resource.items() if name != left_out}


def _holds(resource: Document, name: str, value: str) -> bool:
    if name == "members":
        return any(member["value"] == value for member in resource.get("members", ()))
    if name == "manager":
        held = resource.get(ENTERPRISE, {}).get("manager", {}).get("value")
    else:
        held = resource.get(name)
    return str(held).lower() == re.sub(r"\\(.)", r"\1", value).lower()


def _leave(group: Document, member_id: str) -> None:
    group["members"] = [one for one in group.get("members", ()) if one["value"] != member_id]


def _apply(resource: Document, operation: Document) -> None:
    op, path = operation["op"].lower(), operation.get("path")
    value: Any = operation.get("value")
    if path is None:
        for key, one in value.items():
            _set(resource, key, one)
    elif path == "members" and op == "remove":
        for member in value:
            _leave(resource, member["value"])
    elif path == "members":
        held = resource.setdefault("members", [])
        there = {member["value"] for member in held}
        held += [{"value": one["value"]} for one in value if one["value"] not in there]
    elif match := re.fullmatch(r'members\[value eq "(.+)"\]', path):
        _leave(resource, match[1])
    elif path.startswith("manager"):
        _set(resource, f"{ENTERPRISE}:manager", value[0]["value"] if op != "remove" else "")
    else:
        _set(resource, path, "" if op == "remove" else value)


def _set(resource: Document, path: str, value: Any) -> None:
    value = {"True": True, "False": False}.get(value, value) if path == "active" else value
    parent, key = resource, path
    if match := re.fullmatch(r'(\w+)\[type eq "(\w+)"\]\.(\w+)', path):
        elements = resource.setdefault(match[1], [])
        of_type = [element for element in elements if element["type"] == match[2]]
        parent, key = of_type[0] if of_type else {"type": match[2]}, match[3]
        if not of_type:
            elements.append(parent)
    elif path.startswith(f"{ENTERPRISE}:"):
        parent, key = resource.setdefault(ENTERPRISE, {}), path.removeprefix(f"{ENTERPRISE}:")
        value = {"value": value} if key == "manager" and value else value
    elif "." in path:
        first, key = path.split(".")
        parent = resource.setdefault(first, {})
    if value in ("", None):
        parent.pop(key, None)
    else:
        parent[key] = value
