"""A cycle of fifty users, one of whom an operator protects."""

from __future__ import annotations

import httpx

from demo import people
from demo.entra import Job, Outcome, Run, Source
from rollcall.model.account_link import AccountLink, LinkState
from tests.command import rollcall
from tests.conftest import Server, Tenant

ROOT = AccountLink(LinkState.LOCAL, protected=True)


def test_fifty_users_one_of_whom_is_protected(
    server: Server, tenant: Tenant, api: httpx.Client
) -> None:
    staff = people.staff(3, 50)
    boss, source = staff[0], Source()
    directory = server.services.directory(tenant.name)
    payload = {"userName": boss.user_principal_name, "displayName": "Break Glass", "active": True}
    kept = directory.users.create(payload, link=ROOT).record
    source.add(*staff, *people.groups(3, staff))
    job = Job(source, api)

    cycles = [job.run(), job.run(), job.run(Run.PORTAL_RESTART), job.run(Run.FULL_RESET)]

    statuses = {one.status for each in cycles for one in each.exchanges}
    assert not statuses & {401, 403, 404, 409}
    assert not any(each.quarantined for each in cycles)
    for each in cycles:
        assert {problem.object_id for problem in each.problems} <= {boss.object_id}
        assert {problem.outcome for problem in each.problems} <= {Outcome.ESCROW}
    made = [one for one in cycles[0].exchanges if one.method == "POST" and one.route == "/Users"]
    assert [one.status for one in made] == [201] * 49
    after = directory.users.read(kept.id)
    assert (after.record.document, after.record.link) == (kept.document, ROOT)
    assert len(after.resource["groups"]) == 1

    log = rollcall(server.state, "log", tenant.name, "--status", "400", "--json").stdout
    assert log.count('"mutability"') >= 1
    assert kept.id in log
    assert "Break Glass" not in log


def test_a_protected_account_is_not_disabled_renamed_or_deleted(
    server: Server, tenant: Tenant, api: httpx.Client
) -> None:
    directory = server.services.directory(tenant.name)
    root = directory.users.create({"userName": "root@x.test", "active": True}, link=ROOT).record
    requests = [
        ("PATCH", {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}),
        ("PATCH", {"Operations": [{"op": "Replace", "path": "userName", "value": "x"}]}),
        ("PUT", {"userName": "root@x.test", "active": False}),
        ("DELETE", None),
    ]

    answers = [api.request(method, f"/Users/{root.id}", json=body) for method, body in requests]

    assert [each.status_code for each in answers] == [400] * 4
    assert {each.json()["scimType"] for each in answers} == {"mutability"}
    assert api.get(f"/Users/{root.id}").json()["active"] is True
