"""A person is erased: while Entra still sends the person, and after Entra has stopped."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from demo import people
from demo.entra import Cycle, Job, Run, Source, User
from tests import traces
from tests.command import rollcall
from tests.conftest import Server, Tenant

WHY = ("--yes", "--reason", "the customer asks for it")


@pytest.fixture
def words() -> tuple[str, ...]:
    """What stands in every value of the person, and nowhere else."""
    return tuple(f"{each}{uuid4().hex[:8]}" for each in ("zaphira", "quellworth", "no"))


@pytest.fixture
def person(words: tuple[str, ...]) -> User:
    given, family, number = words
    name = f"{given}.{family}"
    return User(
        str(uuid4()), f"{name}@corp.test", name, f"{given} {family}", given, family,
        employee_id=number, mail=f"{name}@mail.corp.test", mobile=f"+49 {number}",
    )  # fmt: skip


def test_what_entra_still_sends_creates_the_person_again_and_after_it_stopped_nothing_comes(
    server: Server, tenant: Tenant, api: httpx.Client, person: User, words: tuple[str, ...]
) -> None:
    source, staff = Source(), people.staff(5, 3)
    (group, *_) = people.groups(5, [*staff, person])
    source.add(*staff, person, group)
    source.join(group.object_id, [person.object_id])
    job = Job(source, api)
    assert job.run().good
    first = job.ids[person.object_id]
    searched = (person.object_id, *words)
    assert traces.found(server.services, searched, server.log)

    refused = rollcall(server.state, "person", "erase", tenant.name, first, *WHY)
    assert refused.returncode == 2
    assert "the account is active and the identity provider last wrote it" in refused.stderr
    assert "Delete permanently" in refused.stderr
    erase = ("person", "erase", tenant.name, first, "--force", *WHY)
    done = rollcall(server.state, *erase)
    assert done.returncode == 0, done.stderr
    assert f"{first} is erased. What remains:" in done.stdout

    # Entra ID does not notice, and what it sends of others is answered.
    assert traces.found(server.services, searched, server.log) == []
    assert job.run().exchanges == []
    source.leave(group.object_id, [person.object_id])
    assert job.run().good
    assert traces.found(server.services, searched, server.log) == []

    # It still sends the person: to the id that it remembers, until the link is forgotten.
    source.change(person.object_id, job_title="Chief")
    for _ in range(2):
        assert routes(job.run()) == [("GET", "/Users/{id}", 404)]
    assert traces.found(server.services, searched, server.log) == []
    reset = routes(job.run(Run.FULL_RESET))
    created = reset.index(("POST", "/Users", 201))
    assert reset[created - 1] == ("GET", "/Users?filter=userName eq …", 200)
    assert [method for method, _, _ in reset].count("POST") == 1
    second = job.ids[person.object_id]
    assert second != first
    found = rollcall(server.state, "person", "find", tenant.name, words[2], "--json").stdout
    assert [(each["id"], each["state"]) for each in json.loads(found)] == [(second, "active")]
    assert traces.found(server.services, searched, server.log)

    # Out of the scope it is switched off; erased then, it does not come back.
    source.unassign(person.object_id)
    assert [each for each in routes(job.run()) if each[0] != "GET"] == [
        ("PATCH", "/Users/{id}", 200)
    ]
    again = rollcall(server.state, *erase[:3], person.user_principal_name, *erase[4:])
    assert again.returncode == 0, again.stderr
    for run in Run:
        assert "POST" not in {method for method, _, _ in routes(job.run(run))}
    assert traces.found(server.services, searched, server.log) == []
    assert server.services.directory(tenant.name).counts() == {"User": 3, "Group": 1}


def routes(cycle: Cycle) -> list[tuple[str, str, int]]:
    return [(each.method, each.route, each.status) for each in cycle.exchanges]


def test_a_file_is_for_its_owner_alone_and_a_dry_run_changes_nothing(
    server: Server, tenant: Tenant, api: httpx.Client, tmp_path: Path
) -> None:
    made = api.post("/Users", json={"userName": "ann@x.test", "externalId": "E-1"}).json()
    file = tmp_path / "ann.json"

    said = rollcall(server.state, "person", "export", tenant.name, "ann@x.test", str(file))
    assert said.returncode == 0, said.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    printed = rollcall(server.state, "person", "export", tenant.name, made["id"], "--json").stdout
    for content in (json.loads(file.read_text()), json.loads(printed)):
        assert content["directory"] == made
        assert [each["status"] for each in content["log"]] == [201]
    neither = rollcall(server.state, "person", "export", tenant.name, "ann@x.test")
    assert (neither.returncode, "say where to" in neither.stderr) == (2, True)

    dry = rollcall(server.state, "person", "erase", tenant.name, "ann@x.test", "--dry-run")
    assert (dry.returncode, "account: 1" in dry.stdout) == (0, True)
    assert api.get(f"/Users/{made['id']}").status_code == 200

    api.delete(f"/Users/{made['id']}")
    found = rollcall(server.state, "person", "find", tenant.name, "E-1").stdout
    assert "externalId" in found
    assert " held " in found
    nobody = rollcall(server.state, "person", "find", tenant.name, "nobody").stdout
    assert nobody.startswith("There is no such account")
