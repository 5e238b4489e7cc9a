"""The seed scenario of New User Templates: a hundred users arrive in a cycle of Entra's."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from demo.entra import Group, Job, Run, Source, User
from rollcall.scim.resource_type import ROLLCALL
from tests.command import rollcall
from tests.conftest import Server, Tenant
from tests.storage import consistency

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "everybody",
        "users": "all",
        "workAreas": {"induction": "read", "policies": "comment"},
        "role": "occasional",
        "attributes": {"locale": "en-GB"},
    },
    {
        "name": "engineering",
        "group": {"displayName": "Engineering"},
        "workAreas": {"policies": "edit", "code": "manage"},
        "role": "regular",
    },
    {
        "name": "sales",
        "group": {"displayName": "Sales"},
        "workAreas": {"induction": "comment", "crm": "edit"},
    },
]
NEITHER = {"induction": "read", "policies": "comment"}, "occasional"
ENGINEER = {"induction": "read", "policies": "edit", "code": "manage"}, "regular"
SELLER = {"induction": "comment", "policies": "comment", "crm": "edit"}, "occasional"
BOTH = {"induction": "comment", "policies": "edit", "code": "manage", "crm": "edit"}, "regular"


def person(number: int) -> User:
    name = f"user{number:03d}"
    return User(
        str(UUID(int=number + 1, version=4)), f"{name}@contoso.example", name, display_name=name
    )


def expected(number: int) -> tuple[dict[str, str], str]:
    """Say what a user gets: the first 60 are engineers, those from 45 to 80 sell."""
    engineer, seller = number < 60, 45 <= number < 80
    return BOTH if engineer and seller else ENGINEER if engineer else SELLER if seller else NEITHER


def held(api: httpx.Client) -> dict[str, tuple[dict[str, str], str]]:
    """Return what every user is shown to have, by name."""
    found = {}
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/Users", params={"cursor": cursor, "count": 200}).json()
        for user in page["Resources"]:
            shown = user.get(ROLLCALL, {})
            areas = {each["value"]: each["level"] for each in shown.get("workAreas", ())}
            found[user["userName"].partition("@")[0]] = areas, shown.get("role", "")
        cursor = page.get("nextCursor")
    return found


def set_templates(server: Server, tenant: Tenant, path: Path, templates: list[Any]) -> None:
    path.write_text(json.dumps(templates))
    done = rollcall(server.state, "templates", "set", tenant.name, str(path))
    assert done.returncode == 0, done.stderr


def test_a_hundred_users_get_exactly_what_the_templates_of_their_time_give(
    server: Server, tenant: Tenant, api: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "templates.json"
    set_templates(server, tenant, path, TEMPLATES)
    people = [person(number) for number in range(100)]
    source = Source()
    source.add(
        *people,
        Group(str(UUID(int=901)), "Engineering", frozenset(e.object_id for e in people[:60])),
        Group(str(UUID(int=902)), "Sales", frozenset(e.object_id for e in people[45:80])),
    )
    job = Job(source, api)
    assert job.run().good

    wanted = {f"user{number:03d}": expected(number) for number in range(100)}
    assert held(api) == wanted
    assert Counter(role for _, role in wanted.values()) == {"regular": 60, "occasional": 40}

    changed = [
        {**TEMPLATES[0], "workAreas": {"induction": "manage"}},
        {**TEMPLATES[1], "workAreas": {"code": "read"}},
    ]
    set_templates(server, tenant, path, changed)
    assert job.run(Run.PORTAL_RESTART).good
    assert held(api) == wanted

    late = [person(number) for number in range(100, 104)]
    joining = people[80]  # created under the first version, and a member under the second
    members = frozenset(each.object_id for each in (*people[:60], joining, *late[:2]))
    source.add(*late, Group(str(UUID(int=901)), "Engineering", members))
    assert job.run().good
    found = held(api)
    assert wanted["user080"] == NEITHER
    wanted["user080"] = ENGINEER
    assert {name: found[name] for name in wanted} == wanted
    assert consistency.verified(server.services, tenant.name) == []
    assert [found[f"user{number}"] for number in range(100, 104)] == [
        *[({"induction": "manage", "code": "read"}, "regular")] * 2,
        *[({"induction": "manage"}, "occasional")] * 2,
    ]
