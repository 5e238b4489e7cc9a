"""Something of everything that can happen to a tenant."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from rollcall.directory import held_deletion
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.model.actor import Actor
from rollcall.operations import account_merge
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.storage.handover_items import Handover, HandoverItems
from rollcall.storage.outbox import Outbox
from rollcall.templates.template import Selector, Template
from rollcall.tenants.token_format import digest
from tests.operations import operators

OPERATOR = "operator:ann"
MANY = 34
"""More members than one transaction takes."""

TOLD = Counter(
    {
        "user.created": 7 + MANY,
        "user.updated": 2,
        "user.disabled": 2,
        "user.enabled": 1,
        "user.deleted": 1,
        "membership.added": 3 + MANY,
        "membership.removed": 3 + MANY,
        "access.granted": 8 + 2 * MANY,
        "access.revoked": 1,
        "account.linked": 1,
        "account.unlinked": 1,
        "account.merged": 1,
        "token.rotated": 1,
        "tenant.moved": 1,
        "duplicates.found": 2,
    }
)
"""How many events of each type that is."""


def everything(services: Services, api: httpx.Client) -> None:
    """Let happen to acme what clients, templates, operators and schedules do."""
    templates = operators.Templates(Operator(services, OPERATOR))
    engineering = Selector("displayName", "Engineering")
    templates.set(
        [
            Template("everybody", areas={"induction": "read"}),
            Template("engineering", engineering, {"code": "edit"}),
        ]
    )
    _clients(api)
    context = services.directory("acme").context
    for held in list(context.held_accounts.all()):
        assert held_deletion.purge(context, held)
    _operators(services, services.directory("acme", actor=OPERATOR), api)


def _clients(api: httpx.Client) -> None:
    ada, eve = (_create(api, name) for name in ("ada", "eve"))
    group = _group(api, "Engineering", ada, eve)
    everyone = _group(api, "All", group)
    for change in ({"active": False}, {"active": True}, {"title": "Countess"}):
        _patch(api, f"/Users/{ada}", {"op": "replace", "value": change})
    _patch(api, f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{ada}"]'})
    assert api.delete(f"/Users/{eve}").status_code == 204
    many = [_create(api, f"user{number}") for number in range(MANY)]
    members = [{"value": each} for each in many]
    _patch(api, f"/Groups/{group}", {"op": "add", "path": "members", "value": members})
    _patch(api, f"/Groups/{group}", {"op": "remove", "path": "members", "value": members})
    assert api.delete(f"/Groups/{everyone}").status_code == 204
    assert len(api.get("/Users", params={"count": 5}).json()["Resources"]) == 5


def _operators(services: Services, directory: Directory, api: httpx.Client) -> None:
    kay, gone = (_create(api, name, "kay@x.test") for name in ("kay", "mcnulty"))
    directory.users.create({"userName": "bob"}, "bob", LOCAL)
    directory.users.create({"userName": "dot", "displayName": "Dot Lee"}, "dot", LOCAL)
    _create(api, "dlee", name="Dot Lee")
    _patch(api, "/Users/bob", {"op": "replace", "value": {"title": "Baker"}})
    run = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    duplicate_run(services, "acme").advance(run, lambda _: False)
    operator = Operator(services, OPERATOR)
    operators.finished(
        account_merge.finish_merge(
            operator, "acme", operators.merge(operator, "acme", kay, gone, idp_deletes=gone)
        )
    )
    operators.unlink(operator, "acme", kay)
    accesses = operators.UserAccesses(operator)
    accesses.grant(kay, {"risk register": "edit"})
    accesses.revoke(kay, ["induction"])
    replaced = services.tokens("acme").rotate(None, timedelta(hours=1)).replaced
    assert replaced is not None
    change = {"successor": replaced.successor, "until": replaced.expires}
    Outbox(services.table, "acme").write(
        "token.rotated", replaced.id, change, Actor(actor=OPERATOR)
    )
    urls = {"from": "https://old.test/scim/acme/v2", "to": "https://scim.test/scim/acme/v2"}
    Outbox(services.table, "acme").write("tenant.moved", "acme", urls, Actor(actor=OPERATOR))
    offered = Handover(digest("x"), "2026-01-01", "2999-01-01", 365, expires=32_472_144_000)
    HandoverItems(services.table, "acme").create(offered)


def _create(api: httpx.Client, user_name: str, address: str = "", name: str = "") -> str:
    emails = [{"value": address}] if address else []
    user = {"userName": user_name, "active": True, "emails": emails, "displayName": name}
    made = api.post("/Users", json=user)
    return str(made.json()["id"])


def _group(api: httpx.Client, name: str, *members: str) -> str:
    listed = [{"value": each} for each in members]
    made = api.post("/Groups", json={"displayName": name, "members": listed})
    return str(made.json()["id"])


def _patch(api: httpx.Client, path: str, operation: dict[str, Any]) -> None:
    answer = api.patch(path, json={"Operations": [operation]})
    assert answer.status_code in (200, 204), answer.text
