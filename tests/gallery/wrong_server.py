"""A small SCIM server that is right but for one defect, on loopback.

It knows what the gallery check sends and nothing else: equality filters, PATCH in the forms of
Entra, pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0"
TOKEN, CLIENT, SECRET, ACCESS, ASSERTION = "bearer", "client", "secret", "access", "assertion"

Document = dict[str, Any]


class Defect(StrEnum):
    """What is wrong with the server."""

    NOTHING = "nothing"
    SCHEMAS_NOT_THERE = "GET /Schemas is 404"
    EXTERNAL_ID_NOT_LISTED = "the schemas lack externalId"
    TYPES_NOT_LISTED = "the type of phoneNumbers has no canonical values"
    DEPARTMENT_NOT_LISTED = "the extension lacks department"
    MEMBERS_NOT_LISTED = "the Group schema lacks members"
    GROUP_SCHEMA_NOT_LISTED = "there is no Group schema"
    RESOURCE_TYPES_NOT_THERE = "GET /ResourceTypes is 404"
    GROUP_TYPE_NOT_LISTED = "the resource types lack Group"
    CONFIGURATION_NOT_THERE = "GET /ServiceProviderConfig is 404"
    USER_NAME_IN_UPPER_CASE = "the answer to the POST of a user has another userName"
    USERS_WITHOUT_ID = "the answer to the POST of a user has no id"
    EMAILS_VALIDATED = "PATCH refuses an e-mail without @"
    DOTTED_KEYS_IGNORED = "PATCH ignores name.givenName as a key"
    URN_KEYS_IGNORED = "PATCH ignores keys with a URN"
    EMPTY_STRING_IGNORED = "PATCH ignores the empty string"
    NULL_REFUSED = "PATCH refuses null"
    NULL_IS_EMPTY_STRING = "PATCH stores null as an empty string"
    MANAGER_AS_TEXT = "the manager is a string"
    MANAGER_NOT_REMOVED = "PATCH does not remove the manager"
    MANAGER_AS_EMPTY_OBJECT = "the removed manager is an empty object"
    USER_COUNT_IGNORED = "a list of users ignores count"
    USER_START_NOT_RETURNED = "a list of users has no startIndex"
    GROUP_START_NOT_RETURNED = "a list of groups has no startIndex"
    USER_LOOKUP_IS_404 = "a search that finds no user is 404"
    USER_FILTER_IGNORED = "a search returns everybody"
    GROUP_LOOKUP_IS_404 = "a search that finds no group is 404"
    MEMBERS_NOT_EXCLUDED = "excludedAttributes is ignored"
    SECOND_USER_CREATED = "a second user of the same name is created"
    SECOND_GROUP_CREATED = "a second group of the same name is created"
    DISABLED_NOT_FOUND = "a search does not find a disabled user"
    FALSE_AS_TEXT = 'active is "False"'
    NOT_ENABLED_AGAIN = "PATCH ignores active true"
    DELETED_USER_READ = "a deleted user can be read"
    DELETED_NAME_TAKEN = "the name of a deleted user stays taken"
    DELETE_REFUSED = "DELETE of a user is 405"
    DELETED_GROUP_READ = "a deleted group can be read"
    GROUP_NAME_IN_UPPER_CASE = "the answer to the POST of a group has another displayName"
    GROUP_NAME_NOT_CHANGED = "PATCH ignores the displayName of a group"
    ONE_MEMBER_ADDED = "PATCH adds the first of several members"
    ALL_MEMBERS_REMOVED = "PATCH removes all members instead of those that are named"
    TOKEN_SHORT = "expires_in is 600"
    TOKEN_LONG = "expires_in is 86400"
    TOKEN_WITHOUT_LIFE = "there is no expires_in"
    TOKEN_NOT_THERE = "the token endpoint gives no access_token"
    CLIENT_REFUSED = "the token endpoint answers 401"
    ACCESS_REFUSED = "the endpoint refuses the access token"
    SIGN_IN_REFUSED = "the endpoint refuses every token"
    HTML = "every answer is a page"
    REDIRECT = "GET /Schemas is redirected"
    HUGE = "GET /Schemas has 5 MiB"
    CLOSED = "the server closes connections without an answer"
    STORED_NOT_ANSWERED = "the POST of a user is stored and not answered"


class WrongServer:
    """The state of the server, and how it answers."""

    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        self.users: dict[str, Document] = {}
        self.groups: dict[str, Document] = {}
        self.requests: list[str] = []
        self.on_request: Callable[[str], None] = lambda _: None
        self._ids = count(1)
        self._gone: dict[str, Document] = {}
        self._deleted: list[Document] = []

    def has(self, *defects: Defect) -> bool:
        return self.defect in defects

    def answer(self, method: str, target: str, token: str, text: str) -> tuple[int, Any]:
        """Return the status and the body of an answer; the status 0 closes the connection."""
        self.requests.append(f"{method} {target}")
        self.on_request(method)
        parts = urlsplit(target)
        if self.has(Defect.CLOSED):
            return 0, None
        if parts.path == "/token":
            return self._token(dict(parse_qsl(text)))
        refused = {ACCESS} if self.has(Defect.ACCESS_REFUSED) else set()
        if token not in {TOKEN, ACCESS} - refused or self.has(Defect.SIGN_IN_REFUSED):
            return 401, problem(f"the token {token} is not known")
        if self.has(Defect.HTML):
            return 200, "<html>Sign in</html>"
        _, endpoint, *rest = [unquote(each) for each in parts.path.split("/")]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = json.loads(text) if text else {}
        if endpoint in {"Users", "Groups"}:
            return self._resources(method, endpoint, rest, query, body)
        return self._discovery(endpoint)

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        presented = (form.get("client_secret"), form.get("client_assertion"))
        known = form.get("client_id") == CLIENT and presented in {(SECRET, None), (None, ASSERTION)}
        if not known or self.has(Defect.CLIENT_REFUSED):
            return 401, {"error": "invalid_client"}
        if self.has(Defect.TOKEN_NOT_THERE):
            return 200, {"token": ACCESS}
        seconds = {Defect.TOKEN_SHORT: 600, Defect.TOKEN_LONG: 86_400}.get(self.defect, 3_600)
        life = {} if self.has(Defect.TOKEN_WITHOUT_LIFE) else {"expires_in": seconds}
        return 200, {"access_token": ACCESS, "token_type": "Bearer", **life}

    def _discovery(self, endpoint: str) -> tuple[int, Any]:
        missing = {
            "Schemas": Defect.SCHEMAS_NOT_THERE,
            "ResourceTypes": Defect.RESOURCE_TYPES_NOT_THERE,
            "ServiceProviderConfig": Defect.CONFIGURATION_NOT_THERE,
        }
        if endpoint not in missing or self.has(missing[endpoint]):
            return 404, problem("not here")
        if endpoint == "ServiceProviderConfig":
            return 200, {"patch": {"supported": True}}
        if endpoint == "ResourceTypes":
            types = [
                {"endpoint": f"/{kind}s", "schema": f"{CORE}:{kind}"} for kind in ("User", "Group")
            ]
            return 200, listed(types[: 1 if self.has(Defect.GROUP_TYPE_NOT_LISTED) else 2])
        if self.has(Defect.REDIRECT):
            return 302, None
        if self.has(Defect.HUGE):
            return 200, " " * (5 * 1024 * 1024)
        return 200, listed(self._schemas())

    def _schemas(self) -> list[Document]:
        left_out = {
            Defect.EXTERNAL_ID_NOT_LISTED: "externalId",
            Defect.DEPARTMENT_NOT_LISTED: "department",
            Defect.MEMBERS_NOT_LISTED: "members",
        }.get(self.defect)
        kinds = () if self.has(Defect.TYPES_NOT_LISTED) else ("work", "mobile", "fax")
        address = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
        schemas = {
            f"{CORE}:User": [
                simple("userName") | {"required": True},
                *map(simple, ("displayName", "title", "preferredLanguage", "externalId")),
                simple("active") | {"type": "boolean"},
                {**parts("name", "formatted", "givenName", "familyName"), "multiValued": False},
                several("emails", ("work",), "value"),
                several("phoneNumbers", kinds, "value"),
                several("addresses", ("work",), *address),
            ],
            f"{CORE}:Group": [
                *map(simple, ("displayName", "externalId")),
                parts("members", "value"),
            ],
            ENTERPRISE: [*map(simple, ("employeeNumber", "department")), parts("manager", "value")],
        }
        if self.has(Defect.GROUP_SCHEMA_NOT_LISTED):
            del schemas[f"{CORE}:Group"]
        return [
            {"id": urn, "attributes": [each for each in attributes if each["name"] != left_out]}
            for urn, attributes in schemas.items()
        ]

    def _resources(
        self, method: str, endpoint: str, rest: list[str], query: dict[str, str], body: Document
    ) -> tuple[int, Any]:
        stored = self.users if endpoint == "Users" else self.groups
        if method == "POST":
            return self._create(endpoint, stored, body)
        if not rest:
            return self._list(endpoint, stored, query)
        resource = stored.get(rest[0])
        if resource is None:
            gone = self._gone.get(rest[0])
            return (404, problem("not found")) if gone is None else (200, gone)
        if method == "PATCH":
            return self._patch(endpoint, resource, body["Operations"])
        if method == "DELETE":
            return self._delete(endpoint, stored, rest[0])
        return 200, resource

    def _create(
        self, endpoint: str, stored: dict[str, Document], body: Document
    ) -> tuple[int, Any]:
        users = endpoint == "Users"
        name = "userName" if users else "displayName"
        again = Defect.SECOND_USER_CREATED if users else Defect.SECOND_GROUP_CREATED
        taken = [*stored.values()]
        if self.has(Defect.DELETED_NAME_TAKEN):
            taken += [each for each in self._deleted if name in each]
        if any(each[name] == body[name] for each in taken) and not self.has(again):
            return 409, problem("taken", "uniqueness")
        id_ = str(next(self._ids))
        stored[id_] = {**body, "id": id_}
        if users and self.has(Defect.STORED_NOT_ANSWERED):
            return 0, None
        upper = Defect.USER_NAME_IN_UPPER_CASE if users else Defect.GROUP_NAME_IN_UPPER_CASE
        answer = stored[id_] | ({name: body[name].upper()} if self.has(upper) else {})
        if users and self.has(Defect.USERS_WITHOUT_ID):
            del answer["id"]
        return 201, answer

    def _list(
        self, endpoint: str, stored: dict[str, Document], query: dict[str, str]
    ) -> tuple[int, Any]:
        users = endpoint == "Users"
        found = list(stored.values())
        if filter_ := query.get("filter"):
            match = re.fullmatch('(\\w+) eq "(.*)"', filter_)
            assert match, filter_
            if not (users and self.has(Defect.USER_FILTER_IGNORED)):
                found = [each for each in found if each.get(match[1]) == match[2]]
            if self.has(Defect.DISABLED_NOT_FOUND):
                found = [each for each in found if each.get("active", True)]
            if not found and self.has(
                Defect.USER_LOOKUP_IS_404 if users else Defect.GROUP_LOOKUP_IS_404
            ):
                return 404, problem("nobody")
        if "excludedAttributes" in query and not self.has(Defect.MEMBERS_NOT_EXCLUDED):
            found = [{k: v for k, v in each.items() if k != "members"} for each in found]
        start, size = int(query.get("startIndex", 1)), int(query.get("count", 100))
        if users and self.has(Defect.USER_COUNT_IGNORED):
            size = len(found)
        page = listed(found[start - 1 : start - 1 + size]) | {"totalResults": len(found)}
        without = Defect.USER_START_NOT_RETURNED if users else Defect.GROUP_START_NOT_RETURNED
        return 200, page if self.has(without) else page | {"startIndex": start}

    def _delete(self, endpoint: str, stored: dict[str, Document], id_: str) -> tuple[int, Any]:
        users = endpoint == "Users"
        if users and self.has(Defect.DELETE_REFUSED):
            return 405, problem("users stay")
        gone = stored.pop(id_)
        self._deleted.append(gone)
        if self.has(Defect.DELETED_USER_READ if users else Defect.DELETED_GROUP_READ):
            self._gone[id_] = gone
        return 204, None

    def _patch(
        self, endpoint: str, resource: Document, operations: list[Document]
    ) -> tuple[int, Any]:
        for each in operations:
            pairs = each["value"].items() if "path" not in each else [(each["path"], each["value"])]
            for path, value in pairs:
                if value is None and self.has(Defect.NULL_REFUSED):
                    return 400, problem("null", "invalidValue")
                no_email = "emails" in path and bool(value) and "@" not in value
                if no_email and self.has(Defect.EMAILS_VALIDATED):
                    return 400, problem("no e-mail", "invalidValue")
                if path == "members":
                    self._members(resource, each["op"].lower(), value)
                elif path.endswith(":manager"):
                    self._manager(resource, value)
                elif not self._ignored(endpoint, path, value):
                    self._set(resource, path, value)
        return 204, None

    def _ignored(self, endpoint: str, path: str, value: Any) -> bool:
        return (
            (path == "name.givenName" and bool(value) and self.has(Defect.DOTTED_KEYS_IGNORED))
            or (path.startswith("urn:") and bool(value) and self.has(Defect.URN_KEYS_IGNORED))
            or (value == "" and self.has(Defect.EMPTY_STRING_IGNORED))
            or (path == "active" and value is True and self.has(Defect.NOT_ENABLED_AGAIN))
            or (endpoint == "Groups" and self.has(Defect.GROUP_NAME_NOT_CHANGED))
        )

    def _set(self, resource: Document, path: str, value: Any) -> None:
        if value == "":
            value = None
        elif value is None and self.has(Defect.NULL_IS_EMPTY_STRING):
            value = ""
        elif value is False and self.has(Defect.FALSE_AS_TEXT):
            value = "False"
        if match := re.fullmatch(r'(\w+)\[type eq "(\w+)"\]\.(\w+)', path):
            for element in resource.get(match[1], []):
                if element["type"] == match[2]:
                    element[match[3]] = value
            return
        parent, _, name = path.rpartition(":" if path.startswith("urn:") else ".")
        (resource.setdefault(parent, {}) if parent else resource)[name] = value

    def _manager(self, resource: Document, value: str) -> None:
        extension = resource.setdefault(ENTERPRISE, {})
        if value:
            as_text = self.has(Defect.MANAGER_AS_TEXT)
            extension["manager"] = value if as_text else {"value": value}
        elif self.has(Defect.MANAGER_AS_EMPTY_OBJECT):
            extension["manager"] = {}
        elif not self.has(Defect.MANAGER_NOT_REMOVED):
            del extension["manager"]

    def _members(self, group: Document, operation: str, value: list[Document]) -> None:
        named = [each["value"] for each in value]
        members = [each["value"] for each in group.get("members", [])]
        if operation == "add":
            members += named[:1] if self.has(Defect.ONE_MEMBER_ADDED) else named
        elif self.has(Defect.ALL_MEMBERS_REMOVED):
            members = []
        else:
            members = [each for each in members if each not in named]
        group["members"] = [{"value": each} for each in members]


def problem(detail: str, kind: str = "") -> Document:
    return {"detail": detail, **({"scimType": kind} if kind else {})}


def listed(resources: list[Document]) -> Document:
    return {"totalResults": len(resources), "Resources": resources}


def simple(name: str) -> Document:
    return {"name": name, "type": "string", "multiValued": False}


def parts(name: str, *inner: str) -> Document:
    subs = [simple(each) for each in inner]
    return {"name": name, "type": "complex", "multiValued": True, "subAttributes": subs}


def several(name: str, kinds: tuple[str, ...], *inner: str) -> Document:
    attribute = parts(name, *inner)
    attribute["subAttributes"] += [
        simple("type") | {"canonicalValues": [*kinds]},
        simple("primary"),
    ]
    return attribute


@contextmanager
def serving(defect: Defect = Defect.NOTHING) -> Iterator[tuple[str, WrongServer]]:
    """Serve with one defect, and yield the URL and the state."""
    state = WrongServer(defect)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length).decode()
            status, body = state.answer(self.command, self.path, token, text)
            if not status:
                self.close_connection = True
                return
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            content = b"" if body is None else content
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  # the library's names

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
