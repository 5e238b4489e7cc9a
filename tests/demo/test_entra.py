"""The job's memory: cache, watermark, escrow, and what each kind of run keeps of them."""

from datetime import date, timedelta

import httpx
import pytest

from demo.entra import Dialect, Group, Job, Outcome, Run, Source, User
from tests.demo.stand_in import Fault, StandIn, error

ANN = "11111111-2222-4333-8444-555555555555"
BOB = "21111111-2222-4333-8444-555555555555"
TEAM = "91111111-2222-4333-8444-555555555555"
DAY = date(2026, 3, 2)


@pytest.fixture
def service() -> StandIn:
    return StandIn()


@pytest.fixture
def source() -> Source:
    made = Source()
    made.add(
        User(ANN, "ann@example.com", "ann", display_name="Ann Lee", mail="ann@example.com"),
        User(BOB, "bob@example.com", "bob", display_name="Bob Roe", manager=ANN),
        Group(TEAM, "Team", members=frozenset({ANN, BOB})),
    )
    return made


@pytest.fixture
def job(service: StandIn, source: Source) -> Job:
    return Job(source, service.client())


def requests(exchanges: list[object]) -> list[str]:
    return [f"{one.method} {one.route}" for one in exchanges]  # type: ignore[attr-defined]


def refusing(method: str, response: httpx.Response) -> Fault:
    return lambda request: response if request.method == method else None


FIND_USER = "GET /Users?filter=userName eq …"
FIND_GROUP = "GET /Groups?excludedAttributes=members&filter=displayName eq …"
READ_GROUP = "GET /Groups/{id}?excludedAttributes=members"
IS_MEMBER = "GET /Groups?excludedAttributes=members&filter=id eq … and members eq …"
IS_MANAGER = "GET /Users?attributes=id&filter=id eq … and manager eq …"


def test_the_connection_is_tested_without_a_user_agent(job: Job, service: StandIn) -> None:
    cycle = job.test_connection()
    assert requests([*cycle.exchanges]) == [FIND_USER, FIND_GROUP]
    assert cycle.good
    assert all("user-agent" not in request.headers for request in service.requests)


def test_the_initial_cycle_takes_users_groups_members_managers(job: Job) -> None:
    cycle = job.run()
    assert requests([*cycle.exchanges]) == [
        FIND_USER,
        "POST /Users",
        FIND_USER,
        "POST /Users",
        FIND_GROUP,
        "POST /Groups",
        "PATCH /Groups/{id}",
        "PATCH /Users/{id}",
    ]
    assert set(job.ids) == {ANN, BOB, TEAM}


def test_nothing_is_sent_when_nothing_changed(job: Job) -> None:
    job.run()
    assert job.run().exchanges == []


def test_a_changed_user_is_read_by_its_id_and_only_differences_are_sent(
    job: Job, source: Source, service: StandIn
) -> None:
    job.run()
    source.change(ANN, user_principal_name="lee@example.com")
    cycle = job.run()
    assert requests([*cycle.exchanges]) == ["GET /Users/{id}", "PATCH /Users/{id}"]
    assert service.sent("PATCH")[-1]["Operations"] == [
        {"op": "Replace", "path": "userName", "value": "lee@example.com"}
    ]


def test_a_change_of_what_is_not_mapped_is_read_and_not_written(job: Job, source: Source) -> None:
    job.run()
    source.change(ANN, mail_nickname="annie")
    assert requests([*job.run().exchanges]) == ["GET /Users/{id}"]


def test_an_existing_account_is_matched_by_filter_and_adjusted(
    job: Job, service: StandIn, source: Source
) -> None:
    service.answer(
        httpx.Request(
            "POST",
            "https://scim.example.com/scim/acme/v2/Users",
            json={
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "ANN@example.com",
            },
        )
    )
    source.unassign(BOB, TEAM)
    cycle = job.run()
    assert requests([*cycle.exchanges]) == [FIND_USER, "PATCH /Users/{id}"]
    assert [*service.stored["Users"]] == [job.ids[ANN]]


def test_who_is_disabled_and_not_linked_is_neither_looked_for_nor_created(
    job: Job, source: Source
) -> None:
    source.change(BOB, account_enabled=False)
    cycle = job.run()
    assert requests([*cycle.exchanges]).count("POST /Users") == 1
    assert BOB not in job.ids


def test_a_soft_delete_renames_and_disables_in_one_request(
    job: Job, source: Source, service: StandIn
) -> None:
    job.run()
    source.soft_delete(ANN, DAY)
    job.run()
    assert service.sent("PATCH")[-1]["Operations"] == [
        {
            "op": "Replace",
            "path": "userName",
            "value": "11111111222243338444555555555555ann@example.com",
        },
        {"op": "Replace", "path": "active", "value": "False"},
    ]
    source.restore(ANN)
    job.run()
    assert service.sent("PATCH")[-1]["Operations"] == [
        {"op": "Replace", "path": "userName", "value": "ann@example.com"},
        {"op": "Replace", "path": "active", "value": "True"},
    ]


def test_a_purged_user_is_deleted_and_forgotten(job: Job, source: Source) -> None:
    job.run()
    source.soft_delete(BOB, DAY)
    job.run()
    source.purge(DAY + timedelta(days=30))
    cycle = job.run()
    assert requests([*cycle.exchanges]) == ["DELETE /Users/{id}", READ_GROUP]
    assert set(job.ids) == {ANN, TEAM}


def test_a_group_out_of_scope_is_deleted(job: Job, source: Source) -> None:
    job.run()
    source.unassign(TEAM)
    assert requests([*job.run().exchanges]) == ["DELETE /Groups/{id}"]


def test_a_group_deleted_after_a_restart_is_still_known_as_a_group(
    job: Job, source: Source
) -> None:
    job.run()
    source.delete_group(TEAM)
    assert "DELETE /Groups/{id}" in requests([*job.run(Run.PORTAL_RESTART).exchanges])


def test_members_go_in_batches(service: StandIn, source: Source) -> None:
    job = Job(source, service.client(), batch=1)
    cycle = job.run()
    assert [one.route for one in cycle.writes].count("/Groups/{id}") == 2


def test_a_member_who_gets_an_account_later_joins_then(job: Job, source: Source) -> None:
    source.unassign(BOB)
    job.run()
    source.assign(BOB)
    cycle = job.run()
    assert requests([*cycle.exchanges]) == [
        FIND_USER,
        "POST /Users",
        "PATCH /Groups/{id}",
        "PATCH /Users/{id}",
    ]


def test_a_portal_restart_reads_everything_by_id_and_asks_for_every_reference(job: Job) -> None:
    job.run()
    ids = dict(job.ids)
    cycle = job.run(Run.PORTAL_RESTART)
    assert requests([*cycle.exchanges]) == [
        "GET /Users/{id}",
        "GET /Users/{id}",
        READ_GROUP,
        IS_MEMBER,
        IS_MEMBER,
        IS_MANAGER,
    ]
    assert job.ids == ids


def test_a_full_reset_matches_everything_anew(job: Job) -> None:
    job.run()
    ids = dict(job.ids)
    cycle = job.run(Run.FULL_RESET)
    assert requests([*cycle.exchanges]) == [
        FIND_USER,
        FIND_USER,
        FIND_GROUP,
        IS_MEMBER,
        IS_MEMBER,
        IS_MANAGER,
    ]
    assert job.ids == ids


def test_a_restart_repairs_what_was_changed_on_the_other_side(job: Job, service: StandIn) -> None:
    job.run()
    service.stored["Users"][job.ids[ANN]]["displayName"] = "Somebody"
    service.stored["Groups"][job.ids[TEAM]]["members"] = []
    assert job.run().exchanges == []
    assert [one.meaning for one in job.run(Run.PORTAL_RESTART).writes] == [
        "displayName",
        "members: 2 in",
    ]


def test_a_manager_cleared_across_a_restart_is_cleared_on_the_other_side(
    job: Job, source: Source
) -> None:
    job.run()
    source.change(BOB, manager=None)
    assert [one.meaning for one in job.run(Run.PORTAL_RESTART).writes] == ["manager cleared"]


def test_a_deleted_account_is_an_invalid_anchor_until_a_full_reset(
    job: Job, service: StandIn
) -> None:
    job.run()
    del service.stored["Users"][job.ids[BOB]]
    assert job.run().exchanges == []
    for _ in range(2):
        cycle = job.run(Run.PORTAL_RESTART)
        assert [(one.object_id, one.outcome) for one in cycle.problems] == [(BOB, Outcome.ANCHOR)]
    assert job.run(Run.FULL_RESET).good
    assert len(service.stored["Users"]) == 2


def test_a_refused_user_waits_in_escrow_and_others_go_on(job: Job, service: StandIn) -> None:
    service.faults.append(refusing("POST", error(409, "uniqueness")))
    cycle = job.run()
    assert [*job.escrow] == [ANN]
    assert set(job.ids) == {BOB, TEAM}
    assert not cycle.quarantined
    cycle = job.run()
    assert job.escrow == {}
    assert requests([*cycle.exchanges]) == [
        FIND_USER,
        "POST /Users",
        "PATCH /Groups/{id}",
        "PATCH /Users/{id}",
    ]


def test_escrow_is_retried_after_what_is_new(job: Job, source: Source, service: StandIn) -> None:
    job.run()
    source.unassign(BOB)
    source.change(BOB, user_principal_name="bob.roe@example.com")
    source.change(ANN, user_principal_name="bob@example.com")
    assert [one.outcome for one in job.run().problems] == [Outcome.ESCROW]
    source.assign(BOB)
    assert job.run().good
    names = {user["userName"] for user in service.stored["Users"].values()}
    assert names == {"bob@example.com", "bob.roe@example.com"}


def test_a_refused_member_change_is_sent_again(job: Job, source: Source, service: StandIn) -> None:
    job.run()
    source.leave(TEAM, [BOB])
    service.faults.append(refusing("PATCH", error(503)))
    assert [one.outcome for one in job.run().problems] == [Outcome.RETRY]
    assert [one.meaning for one in job.run().writes] == ["members: 1 out"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_quarantine_stops_the_job_and_loses_nothing(
    job: Job, service: StandIn, status: int
) -> None:
    service.faults.append(refusing("GET", error(status)))
    cycle = job.run()
    assert cycle.quarantined
    assert job.quarantined
    assert len(cycle.exchanges) == 1
    assert job.run().good
    assert set(job.ids) == {ANN, BOB, TEAM}
    assert not job.quarantined


def test_two_matches_are_never_written_to(job: Job, service: StandIn) -> None:
    job.run()
    twin = dict(service.stored["Users"][job.ids[ANN]])
    service.stored["Users"]["twin"] = twin
    cycle = job.run(Run.FULL_RESET)
    assert [(one.object_id, one.outcome) for one in cycle.problems] == [(ANN, Outcome.DUPLICATE)]
    assert ANN not in job.ids


def test_on_demand_speaks_the_newer_dialect_and_leaves_the_watermark(
    job: Job, service: StandIn
) -> None:
    job.provision_on_demand(ANN)
    job.provision_on_demand(BOB)
    assert service.sent("PATCH")[-1]["Operations"][0]["op"] == "add"
    cycle = job.provision_on_demand(TEAM, [ANN])
    assert cycle.writes[-1].meaning == "members: 1 in"
    assert [one.meaning for one in job.run().writes] == ["members: 1 in"]
    assert service.sent("PATCH")[-1]["Operations"][0]["op"] == "Add"


def test_the_flag_goes_with_every_request(service: StandIn, source: Source) -> None:
    Job(source, service.client(), dialect=Dialect.STANDARD).run()
    assert all("aadOptscim062020" in str(request.url) for request in service.requests)


def test_no_answer_is_tried_again(job: Job) -> None:
    def silence(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow")

    job.target.client = httpx.Client(
        transport=httpx.MockTransport(silence), base_url=job.target.client.base_url
    )
    assert {one.outcome for one in job.run().problems} == {Outcome.RETRY}
    assert set(job.escrow) == {ANN, BOB, TEAM}
