"""Clients at work while calls to AWS fail in every way: what they were told is true.

`ROLLCALL_LONG=1` makes thousands of requests, each kind of fault by itself first, and prints a
table.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from rollcall.directory.sweep import Sweep
from rollcall.model.tenant_url import tenant_url
from rollcall.runtime.services import Services
from rollcall.storage import large_change_items
from rollcall.storage.table import Table
from rollcall.templates.template import Template
from rollcall.tenants.handover import HandoverService
from tests.conftest import Server
from tests.faults.actor import Actor
from tests.faults.proxy import Choose, Fault, Proxy
from tests.faults.tally import BUSY, COLUMNS, WRONG, Tally
from tests.long import LONG
from tests.operations.operators import Templates, operator_of
from tests.serving import serving
from tests.storage import consistency

ACTORS = 8 if LONG else 4
SMALL = 12
"""The actions of a transaction, so that changes of several members take several."""

EVERY = tuple(Fault)
SHORT = {"cut": (Fault.CUT_BODY, Fault.CUT_HEADERS, Fault.CUT_REFUSAL), "every kind": EVERY}
LONG_RUNS = {**{each.value: (each,) for each in Fault}, "every kind": EVERY}
REQUESTS = {"every kind": 2_500} if LONG else {}
"""How many requests a run makes, where it is not FEW."""

FEW = 350 if LONG else 80
RATE = 0.3
"""How many tries suffer a fault."""

_table: list[str] = []


@pytest.fixture
def direct(proxied: Services, server: Server) -> Services:
    """Services that nothing happens to."""
    return Services(replace(proxied.settings, endpoint_url=server.running.endpoint_url))


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print what the runs came to."""
    yield
    if LONG:
        width = max(map(len, LONG_RUNS))
        lines = [f"{'fault':{width}} faults {' '.join(COLUMNS)}", *_table]
        print("\n".join(["", *lines]))


@pytest.mark.parametrize("kind", LONG_RUNS if LONG else SHORT)
def test_what_clients_were_told_is_true_whatever_happens_to_calls(
    proxied: Services,
    direct: Services,
    proxy: Proxy,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large_change_items, "PART_MEMBERS", 4)
    name, tally = f"a{uuid4().hex[:10]}", Tally()
    token = direct.tenants.create(name)
    everyone = Template("everyone", areas={"induction": "read"})
    Templates(operator_of(direct, name), name).set([everyone])
    unreliable = Services(proxied.settings)
    unreliable.table = Table(unreliable.clients.dynamodb, direct.table.name, max_actions=SMALL)
    chosen = (LONG_RUNS if LONG else SHORT)[kind]

    with serving(unreliable) as url:
        base = tenant_url(url, name)
        clients = [
            httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60)
            for _ in range(ACTORS)
        ]
        shared = clients[0].post("/Groups", json={"displayName": "shared"}).json()["id"]
        actors = [
            Actor(f"actor{number}", client, shared, tally) for number, client in enumerate(clients)
        ]
        requests = REQUESTS.get(kind, FEW) // ACTORS
        with proxy.faults(some_of(chosen)) as counted, ThreadPoolExecutor(ACTORS) as pool:
            list(pool.map(lambda actor: actor.act(requests), actors))
            hand_over(direct, url, tally)
        settle(direct)
        for actor in actors:
            actor.compare_all()
        known = {user for actor in actors for user in actor.users}
        joined = {user for actor in actors for user in actor.joined}
        everybody(clients[0], shared, known, joined, tally)
        for client in clients:
            client.close()

    for fault in [*consistency.faults(consistency.items(direct, name), name)]:
        tally.note("half-applied", fault)
    for found in consistency.verified(direct, name):
        tally.note("half-applied", found.sentence)
    width = max(map(len, LONG_RUNS))
    _table.append(f"{kind:{width}} {sum(counted.values()):6} {tally.row()}")
    assert tally.wrong == []
    assert set(counted) == set(chosen)
    assert not any(tally.counts[each] for each in WRONG)


def some_of(kinds: tuple[Fault, ...]) -> Choose:
    """Return what lets some tries suffer one of these faults."""
    chance = random.Random(len(kinds))

    def choose(_: str) -> Fault | None:
        return chance.choice(kinds) if chance.random() < RATE else None

    return choose


def hand_over(direct: Services, url: str, tally: Tally) -> None:
    """Press the button of a link until it answers; the token has to work and be the only one."""
    direct.tenants.add(name := f"h{uuid4().hex[:10]}")
    code = HandoverService(direct.table, direct.tenants).offer(name, timedelta(hours=1)).code
    answer = httpx.Response(503)
    refused = 0
    while answer.status_code in BUSY and refused < 20:
        answer = httpx.post(f"{url}/handover/token", json={"code": code}, timeout=60)
        tally.answered(answer, writes=True)
        refused += answer.status_code in BUSY
    tokens = direct.tenants.show(name).tokens
    if answer.is_success:
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        used = httpx.Response(503)
        while used.status_code in BUSY:
            used = httpx.get(f"{tenant_url(url, name)}/Users", headers=bearer, timeout=60)
            tally.answered(used, writes=False)
        if used.status_code != 200:
            tally.note('false "not found"', f"a token that was shown: {used.status_code}")
    elif not refused:
        tally.note("lost", f"a link that was never refused: {answer.status_code}")
    if len(tokens) > 1:
        tally.note("doubled", f"{len(tokens)} tokens of one link")


def settle(direct: Services) -> None:
    """Finish what is unfinished."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for _ in Sweep(direct.table, direct.directory, lambda: later).run():
        pass
    assert list(large_change_items.unfinished_changes(direct.table, "9")) == []


def everybody(
    api: httpx.Client, shared: str, known: set[str], joined: set[str], tally: Tally
) -> None:
    """Compare all users, and all members of the shared group, with what all actors know."""
    listed = api.get("/Users", params={"count": 1000}).json()
    found = [each["id"] for each in listed["Resources"]]
    members = {each["value"] for each in api.get(f"/Groups/{shared}").json().get("members", ())}
    for each in known - set(found):
        tally.note("lost", f"the user {each}")
    for each in set(found) - known:
        tally.note("doubled", f"the user {each}, whom nobody knows")
    if listed["totalResults"] != len(known):
        tally.note("other", f"{listed['totalResults']} users are counted, {len(known)} known")
    groups = api.get("/Groups", params={"excludedAttributes": "members"}).json()["totalResults"]
    if groups != ACTORS + 1:
        tally.note("doubled" if groups > ACTORS + 1 else "lost", f"{groups} groups")
    for each in members ^ joined:
        tally.note("lost" if each in joined else "doubled", f"the membership of {each}")
