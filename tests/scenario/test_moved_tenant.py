"""A tenant moves to another deployment under a provisioning job, which is told another URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from demo.entra import Group, Job, Outcome, Run, Source, User, connect
from rollcall.model.tenant_url import tenant_url
from rollcall.operations import tenant_move
from rollcall.runtime.services import Services
from tests.conftest import Server
from tests.operations.moving import NEW, Deployments, deployments, end_of, items_of, unwaited
from tests.serving import serving
from tests.tenants.conftest import Clock, clock

__all__ = ["clock"]

PEOPLE = [f"{number}1111111-2222-4333-8444-555555555555" for number in range(8)]
TEAM = "91111111-2222-4333-8444-555555555555"


@pytest.fixture
def both(server: Server, clock: Clock) -> Deployments:
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return deployments(server, clock)


@pytest.fixture
def source() -> Source:
    made = Source()
    people = [
        User(each, f"u{number}@example.com", f"u{number}", display_name=f"User {number}")
        for number, each in enumerate(PEOPLE)
    ]
    made.add(*people, Group(TEAM, "Team", members=frozenset(PEOPLE[:5])))
    return made


@contextmanager
def reaching(job: Job, services: Services, token: str) -> Iterator[None]:
    """Let a job reach a deployment whose containers have just begun."""
    with serving(services) as url, connect(tenant_url(url, "acme"), token) as client:
        job.target.client = client
        yield


def test_the_job_waits_while_its_tenant_moves_and_then_changes_nothing(
    both: Deployments, source: Source
) -> None:
    token = both.source.tenants.create("acme")
    job = Job(source, connect("http://127.0.0.1:9", token))
    with reaching(job, both.source, token):
        assert job.run().good
    ids, before = dict(job.ids), items_of(both.source, "acme")

    moving = tenant_move.move(*both.operators, "acme", wait=False, sleep=unwaited)
    while "copying" not in str(next(moving)):
        pass
    source.change(PEOPLE[0], display_name="Countess")
    with reaching(job, both.source, token):
        meanwhile = job.run()
    end_of(moving)
    with reaching(job, both.source, token):
        afterwards = job.run()

    for cycle in (meanwhile, afterwards):
        assert {each.status for each in cycle.exchanges} == {503}
        assert {each.outcome for each in cycle.problems} == {Outcome.RETRY}
        assert not cycle.quarantined
    assert NEW in afterwards.problems[0].detail, "the administrator reads where it is"
    there = items_of(both.target, "acme")
    assert {key: there[key] for key in before} == before
    with reaching(job, both.target, token):
        held_back, quiet = job.run(), job.run()
        again = [job.run(run) for run in (Run.PORTAL_RESTART, Run.FULL_RESET)]

    assert [each.method for each in held_back.exchanges] == ["GET", "PATCH"]
    assert held_back.good
    assert quiet.exchanges == []
    assert [each.writes for each in again] == [[], []]
    assert all(each.good for each in again)
    assert job.ids == ids
