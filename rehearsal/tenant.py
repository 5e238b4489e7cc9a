"""A tenant from its first request to its deletion, through the gateway and the command."""

from __future__ import annotations

import json
from typing import Any

import httpx

from demo.directory import read as read_directory
from demo.entra import Job, Source, connect
from demo.first_day import FirstDay
from rehearsal import handover
from rehearsal.mailbox import Mailbox
from rehearsal.rows import DifferenceError, expect
from rehearsal.stack import Stack

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_ACCESS = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:User"
_GONE = {"urn:ietf:params:scim:event:prov:delete", "urn:rollcall:scim:event:account:held"}
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

_ACCOUNTS = """userName,emails.value,displayName
ann.lee@acme.example,ann.lee@acme.example,Ann Lee
bob@acme.example,bob@acme.example,Bob Ray
"""

_EXPORT = """id,userPrincipalName,mail,displayName,accountEnabled
11111111-1111-4111-8111-111111111111,bob@acme.example,bob@acme.example,Bob Ray,true
22222222-2222-4222-8222-222222222222,alice.lee@acme.example,ann.lee@acme.example,Ann Lee,true
"""
"""Bob is linked; Ann has another name in the export, and would get a second account."""

_TEMPLATES = """
- name: everybody
  users: all
  workAreas: {induction: read}
- name: engineering
  group: {displayName: Engineering}
  workAreas: {code: manage}
"""


class Tenant:
    """A tenant of a stack, and a client of its endpoint."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack = stack
        self.name = name
        self.url = self.token = ""

    def create(self) -> str:
        """Create it with the command, and check answers of the gateway and the functions."""
        answer = self.stack.json("tenants", "create", self.name)
        self.url, self.token = self.stack.local_url(answer["url"]), answer["token"]
        # While the emulator exchanges functions, requests wait in it and then come all at once.
        self.stack.rollcall("tenants", "rate", self.name, "1000")
        expect(self.status("GET", "/Users"), 200, "a list")
        expect(self.status("GET", "/Users", token="rollcall_x"), 401, "another token")  # noqa: S106
        expect(self.status("PUT", "/Schemas"), 405, "another method")
        nowhere = httpx.get(f"{self.stack.url}/nowhere", timeout=60)
        expect(nowhere.status_code, 404, "a path that the gateway answers")
        expect(nowhere.json()["schemas"], [_ERROR], "what the gateway answers by itself")
        return f"{self.url}: 200, 401, 405, and SCIM from the gateway itself"

    def status(self, method: str, path: str, *, token: str = "", body: Any = None) -> int:
        """Send a request and return the status of the answer."""
        return self._send(method, path, token=token, body=body).status_code

    def first_day(self) -> str:
        """Play the whole first day of `make demo`."""
        with connect(self.url, self.token) as client:
            source = Source()
            phases = list(FirstDay(source, Job(source, client), seed=1).play())
        failures = [each for phase in phases for each in phase.failures]
        if failures:
            raise DifferenceError("\n".join(map(str, failures)))
        requests = sum(len(each.exchanges) for each in phases)
        return f"{requests} requests in {len(phases)} phases as Entra needs them"

    def events(self, product: Mailbox) -> str:
        """Compare the events in the queue of the product with the directory."""
        with connect(self.url, self.token) as client:
            directory = read_directory(Job(Source(), client).target)
        ids = {each["id"] for each in directory.users.values()}

        def told() -> set[str]:
            """Return who is there by the latest event: neither deleted nor held."""
            latest: dict[str, dict[str, Any]] = {}
            for each in (each["detail"] for each in product.messages):
                if each["tenant"] != self.name or "version" not in each:
                    continue
                who = each["sub_id"]["uri"].rpartition("/")[2]
                if who not in latest or latest[who]["version"] <= each["version"]:
                    latest[who] = each
            return {who for who, each in latest.items() if not _GONE & each["events"].keys()}

        def created() -> set[str]:
            return {
                each["detail"]["sub_id"]["uri"].rpartition("/")[2]
                for each in product.messages
                if each["detail-type"] == "user.created" and each["detail"]["tenant"] == self.name
            }

        product.until(lambda _: ids <= created(), "user.created")
        product.rest()
        expect(told() & created(), ids, "users by their events")
        kinds = sorted({each["detail-type"] for each in product.messages})
        return f"{len(product.messages)} on the bus and in the queue: {', '.join(kinds)}"

    def import_and_check(self) -> str:
        """Import accounts before provisioning, and check an export against them."""
        folder = self.stack.cloud.folder
        accounts, export = folder / "accounts.csv", folder / "export.csv"
        accounts.write_text(_ACCOUNTS)
        export.write_text(_EXPORT)
        self.stack.rollcall("tenants", "create", self.name, "--no-token")
        put = self.stack.json("accounts", "import", self.name, str(accounts))
        expect((put["created"], put["rejected"]), (2, []), "the import")
        check = ("conflicts", "check", self.name, "--idp-export", str(export), "--json")
        found = self.stack.rollcall(*check, expected=1)
        if "ann.lee@acme.example" not in found or "22222222-2222" not in found:
            raise DifferenceError(f"the check does not name the conflict: {found[:500]}")
        return "2 accounts put in; the check finds the one that would come twice, exit code 1"

    def hand_over(self) -> str:
        """Use the hand-over page, and test the connection with the values that it shows."""
        link = self.stack.local_url(self.stack.json("handover", self.name)["link"])
        url, self.token = handover.show_details(link)
        self.url = url.replace("https://", "http://", 1)  # TLS is all that the gateway here lacks
        expect(self.status("GET", "/Users?count=1"), 200, "the first request")
        return f"shown in a browser; the page then tells: {handover.connection_status(link)}"

    def templates(self) -> str:
        """Set templates, and check the access that they give to a new user and to a group."""
        file = self.stack.cloud.folder / "templates.yaml"
        file.write_text(_TEMPLATES)
        self.stack.rollcall("templates", "set", self.name, str(file))
        answer = self._send(
            "POST", "/Users", body={"schemas": [_USER], "userName": "new@acme.example"}
        )
        user = answer.json()["id"]
        group = {"displayName": "Engineering", "members": [{"value": user}]}
        expect(self.status("POST", "/Groups", body={"schemas": [_GROUP], **group}), 201, "a group")
        given = self._send("GET", f"/Users/{user}").json()[_ACCESS]["workAreas"]
        areas = {each["value"]: each.get("level", each.get("display")) for each in given}
        shown = json.dumps(self.stack.json("access", "show", self.name, "new@acme.example"))
        for area in ("induction", "code"):
            if area not in areas or area not in shown:
                raise DifferenceError(f"{area} was not given: {given}, {shown}")
        return f"a new user, then a member, has {', '.join(sorted(areas))}"

    def log_and_tokens(self) -> str:
        """Read the log, export everything, and rotate the token."""
        entries = self.stack.rollcall("log", self.name, "--since", "1h", "--json").splitlines()
        if not entries:
            raise DifferenceError("the provisioning log is empty")
        file = self.stack.cloud.folder / "export.jsonl"
        self.stack.rollcall("tenants", "export", self.name, str(file))
        lines = file.read_text().splitlines()
        old = self.token
        self.token = self.stack.json("tokens", "rotate", self.name)["token"]
        for each in (old, self.token):
            expect(self.status("GET", "/Users?count=1", token=each), 200, "a token")
        return f"{len(entries)} entries, {len(lines)} lines exported, both tokens work"

    def sign_in(self) -> str:
        """Sign in with a client's secret, before and after a rotation of the signing key."""
        client = self.stack.json("oauth", "create", self.name)
        form = {name: client[name] for name in ("client_id", "client_secret")}
        endpoint = self.stack.local_url(client["token_url"])

        def ask(**form: str) -> httpx.Response:
            form = {"grant_type": "client_credentials", **form}
            return httpx.post(endpoint, data=form, timeout=60)

        tokens = [ask(**form).json()["access_token"]]
        self.stack.rollcall("oauth", "rotate-signing-key")
        tokens.append(ask(**form).json()["access_token"])
        for token in tokens:
            for path in ("/Users?count=1", "/Groups?count=1", "?count=1", "/Schemas"):
                expect(self.status("GET", path, token=token), 200, f"{path}, by an access token")
        wrong = ask(client_id=client["client_id"], client_secret=self.token)
        expect(wrong.status_code, 401, "another secret")
        return "access tokens work everywhere, also after the signing key was rotated"

    def end(self) -> str:
        """Delete it, and check that no item is left."""
        self.stack.rollcall(
            "tenants",
            "delete",
            self.name,
            "--yes",
            "--no-wait",
            "--reason",
            "the end of a rehearsal",
        )
        table = self.stack.outputs()["TableName"]
        pages = self.stack.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        left = {
            item["pk"]["S"]
            for page in pages
            for item in page["Items"]
            if item["pk"]["S"].startswith(f"{self.name}#")
        }
        expect(left, set(), "what is left in the table")
        names = {each["tenant"] for each in self.stack.json("tenants", "list")}
        expect(self.name in names, False, "it is still listed")
        return "nothing of it is left"

    def _send(self, method: str, path: str, *, token: str = "", body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return httpx.request(method, f"{self.url}{path}", headers=headers, json=body, timeout=60)

    def duplicate(self) -> None:
        """Create two accounts of one person, with two spellings of one address."""
        for name, address in (("kay@acme.example", "kay@acme.example"), ("k2", "Kay@ACME.example")):
            email = {"value": address, "type": "work"}
            body = {"schemas": [_USER], "userName": name, "emails": [email]}
            expect(self.status("POST", "/Users", body=body), 201, name)

    def grants_nothing_to(self, token: str) -> None:
        """Check that a token of another stack is refused."""
        expect(self.status("GET", "/Users", token=token), 401, "the other stack's token")
