"""A link is cleared: what Entra does then, and what its administrator has to do."""

from __future__ import annotations

import httpx
import pytest

from demo import people
from demo.entra import Job, Run, Source
from rollcall.model.account_link import LINKED, LOCAL
from tests.command import rollcall
from tests.conftest import Server, Tenant


@pytest.fixture
def source() -> Source:
    """Three people in a group."""
    made, staff = Source(), people.staff(5, 3)
    made.add(*staff, people.groups(5, staff)[0])
    return made


@pytest.mark.parametrize("connection_is_deleted", [False, True])
def test_an_unlinked_account_is_linked_anew_by_the_next_write(
    connection_is_deleted: bool, server: Server, tenant: Tenant, api: httpx.Client, source: Source
) -> None:
    job = Job(source, api)
    assert job.run().good
    person = list(source.users)[1]
    identifier = job.ids[person]
    directory = server.services.directory(tenant.name)
    before = directory.users.read(identifier).resource

    said = rollcall(server.state, "accounts", "unlink", tenant.name, identifier, "--yes").stdout

    assert f"source anchor `{person}`, target anchor `{identifier}`" in said
    unlinked = directory.users.read(identifier)
    assert unlinked.record.link == LOCAL
    assert unlinked.resource["groups"] == before["groups"]
    assert job.run().exchanges == []  # Entra does not notice

    if connection_is_deleted:
        del job.ids[person]
        job.links.forget()
        cycle = job.provision_on_demand(person)
        assert cycle.exchanges[0].route == "/Users?filter=userName eq …"
    else:
        cycle = job.run(Run.PORTAL_RESTART)
    assert cycle.good
    assert [one.method for one in cycle.writes] == ["PATCH"]
    linked = directory.users.read(identifier)
    assert (linked.record.link, linked.resource["externalId"]) == (LINKED, person)
    assert job.ids[person] == identifier
    assert directory.counts() == {"User": 3, "Group": 1}


def test_under_strict_an_unlinked_account_waits_for_the_operator(
    server: Server, tenant: Tenant, api: httpx.Client, source: Source
) -> None:
    rollcall(server.state, "tenants", "policy", tenant.name, "strict")
    job = Job(source, api)
    assert job.run().good
    person = list(source.users)[1]
    rollcall(server.state, "accounts", "unlink", tenant.name, job.ids[person], "--yes")

    refused = job.run(Run.PORTAL_RESTART)
    rollcall(
        server.state, "accounts", "relink", tenant.name, job.ids[person], "--external-id", person
    )
    accepted = job.run()

    assert [one.status for one in refused.writes] == [409]
    assert not refused.quarantined
    assert accepted.good
