"""The administrator's guide is true: mappings are the demo's, errors are answered so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from demo.mappings import ENTERPRISE, USER, group_values
from demo.source import Group
from rollcall.aws.secrets import Content
from rollcall.model.account_link import LOCAL, AccountLink, LinkState
from rollcall.tenants.tenants import READ_ONLY
from tests.conftest import Server, Tenant
from tests.exchanges.client import PATCH

GUIDE = (Path(__file__).parents[1] / "docs" / "entra.md").read_text()

NAMES = {
    "userName": "ann@acme.example",
    "displayName": "Ann",
}


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading, without its head."""
    section = re.split(r"\n##+ ", GUIDE.partition(f"## {heading}\n")[2])[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return rows[2:]


def mapped(heading: str) -> list[tuple[str, str]]:
    """Return the sources and targets of a table of mappings."""
    return [(source.strip("`"), target.strip("`")) for source, target, _ in table(heading)]


def test_the_mappings_of_users_are_those_of_the_demo() -> None:
    expected = [(attribute.source, target) for target, attribute in USER.items()]

    expected.insert(2, ("objectId", "externalId"))
    assert mapped("Users") == [*expected, ("manager", f"{ENTERPRISE}:manager")]


def test_the_mappings_of_groups_are_those_of_the_demo() -> None:
    targets = [target for _, target in mapped("Groups")]

    assert targets == [*group_values(Group("id", "name")), "members"]


class Provoked:
    """A tenant in which each error of the guide is provoked."""

    def __init__(self, server: Server, tenant: Tenant) -> None:
        self.server = server
        self.tenant = tenant
        self.directory = server.services.directory(tenant.name)
        self.user = self.directory.users.create(NAMES).record.id
        self.group = self.directory.groups.create({"displayName": "Team"}).record.id

    def send(self, method: str, path: str, token: str = "", **body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.tenant.token}"}
        url = path if path.startswith("http") else self.tenant.url + path
        return httpx.request(method, url, headers=headers, json=body or None, timeout=30)

    def replace(self, path: str, value: object, at: str = "") -> httpx.Response:
        operation = {"op": "Replace", "path": path, "value": value}
        where = at or f"/Users/{self.user}"
        return self.send("PATCH", where, schemas=[PATCH], Operations=[operation])

    def policy(self, **linking: object) -> None:
        def edit(content: Content) -> Content:
            return {**content, "linking": linking}

        self.server.services.tenants.change(self.tenant.name, edit)

    def account(self, link: AccountLink) -> str:
        created = self.directory.users.create({"userName": "b@b.example"}, link=link)
        return f"/Users/{created.record.id}"

    def strict(self) -> httpx.Response:
        self.policy(policy="strict")
        return self.replace("title", "x", self.account(LOCAL))

    def outside(self) -> httpx.Response:
        self.policy(domains=["acme.example"])
        return self.replace("title", "x", self.account(LOCAL))

    def protected(self) -> httpx.Response:
        link = AccountLink(LinkState.LINKED, protected=True)
        return self.replace("title", "x", self.account(link))

    def read_only(self) -> httpx.Response:
        issued = self.server.services.tokens(self.tenant.name).issue("reads", scope=READ_ONLY)
        return self.send("POST", "/Users", issued.plain, userName="c@c.example")


PROVOKED: dict[str, Callable[[Provoked], httpx.Response]] = {
    "the tenant or the token is not known here": lambda at: at.send("GET", "/Users", "lost"),
    "there is no such endpoint": lambda at: at.send("GET", at.tenant.url[:-3] + "/Users"),
    "userName is taken by another user": lambda at: at.send(
        "POST", "/Users", userName=NAMES["userName"].upper()
    ),
    "displayName is taken by another group": lambda at: at.send(
        "POST", "/Groups", displayName="TEAM"
    ),
    "the account is the product's own until an operator links it": Provoked.strict,
    "the account's address is in no domain that the tenant may link accounts of": Provoked.outside,
    "the account is protected: an operator keeps it as it is": Provoked.protected,
    "Field 'userName' is required but value is missing, null or empty": lambda at: at.send(
        "POST", "/Users", displayName="Bob"
    ),
    "userName is required and cannot be cleared": lambda at: at.replace("userName", ""),
    "userName holds U+200B ZERO WIDTH SPACE, which cannot be seen": lambda at: at.send(
        "POST", "/Users", userName="bob\u200b@acme.example"
    ),
    "active takes true or false": lambda at: at.replace("active", "perhaps"),
    "members: there is no user or group with the id …": lambda at: at.replace(
        "members", [{"value": "nobody"}], f"/Groups/{at.group}"
    ),
    "this token is read-only: it reads and searches, and no more": Provoked.read_only,
    "there is no User …": lambda at: at.send("GET", "/Users/nobody"),
}
"""What makes Rollcall answer with each sentence of the guide."""

ANSWERED = re.compile(r"(\d{3})(?: `(\w+)`)? `([^`]* [^`]*)`")
"""A status, a scimType and a sentence in the guide's table of errors."""


def answers() -> dict[str, tuple[str, str]]:
    """Return the status and scimType of each sentence in the table of errors."""
    rows = [ANSWERED.fullmatch(answered) for _, answered, _ in table("Errors")]
    return {row[3]: (row[1], row[2] or "") for row in rows if row}


def test_every_sentence_in_the_table_of_errors_is_provoked() -> None:
    assert list(answers()) == list(PROVOKED)


def test_the_token_endpoint_refuses_as_the_guide_says(tenant: Tenant) -> None:
    form = {"grant_type": "client_credentials", "client_id": "lost", "client_secret": "lost"}
    answer = httpx.post(tenant.url.replace("/v2", "/oauth2/token"), data=form)

    assert f"{answer.status_code} `{answer.json()['error']}`, by the token endpoint" in GUIDE


@pytest.mark.parametrize("sentence", PROVOKED)
def test_an_error_is_answered_as_the_guide_says(
    sentence: str, server: Server, tenant: Tenant
) -> None:
    answer = PROVOKED[sentence](Provoked(server, tenant))

    error = answer.json()
    assert (error["status"], error.get("scimType", "")) == answers()[sentence]
    assert re.fullmatch(re.escape(sentence).replace("…", r"[\w-]+"), error["detail"])
