"""Work as a person begins it on a page: the check of an export of all users, and any other."""

from __future__ import annotations

import csv
import io
import re
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from bench.console.filling import TENANT
from bench.partitions.requests import user
from rollcall.console.view import DEPLOYMENT
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor
from tests.storage.units import metered

COLUMNS = ("id", "userPrincipalName", "mail", "displayName", "accountEnabled", "employeeId")


@dataclass(frozen=True)
class LongWork:
    """Work that a page began: its id, what it ended with, and what it took."""

    id: str
    told: str
    seconds: float
    calls: int
    reads: float
    megabytes: float


def export(number: int) -> bytes:
    """Return an export of so many people, of whom one in three has another name here."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for each in range(number):
        address = user(each)["userName"]
        name = address if each % 3 else f"new.{address}"
        rows.writerow((f"oid-{each}", name, address, f"Given{each} Family{each}", "true", each))
    return text.getvalue().encode()


def check(services: Services, person: Visitor, people: int) -> LongWork:
    """Drop an export onto the page, and wait until it is checked."""
    path = f"/t/{TENANT}/first-cycle/upload"

    return follow(
        services,
        person,
        person.client.post,
        person.root + path,
        data={"match": ""},
        files={"export": ("users.csv", export(people))},
    )


def begun(services: Services, person: Visitor, path: str, form: Mapping[str, str]) -> LongWork:
    """Send a form that begins work, and wait for its end."""
    return follow(services, person, person.client.post, person.root + path, data=dict(form))


def follow(services: Services, person: Visitor, send: Any, path: str, **sent: Any) -> LongWork:
    """Send what begins work, and wait for its end."""
    before = _memory()
    headers = {**OURS, "HX-Request": "true", DEPLOYMENT: "0"}
    with metered(services.clients.dynamodb) as cost:
        begun = time.perf_counter()
        shown = send(path, headers=headers, **sent).text
        found = re.search(r'id="work-([\w-]+)"', shown)
        if found is None:
            raise RuntimeError(f"no work was begun: {shown[-500:]}")
        for wait in chain((0.02, 0.05, 0.1, 0.2, 0.5), repeat(2)):
            if "at work" not in shown:
                break
            time.sleep(wait)
            shown = person.page(f"/work/{found[1]}")
        seconds = time.perf_counter() - begun
    told = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    calls, reads, _ = cost.total
    return LongWork(found[1], told, seconds, calls, reads, _memory() - before)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
