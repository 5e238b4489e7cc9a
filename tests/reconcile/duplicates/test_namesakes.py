"""A person who has an account, and gets another: found when the identity provider creates it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.aws.attribute_values import encoded
from rollcall.aws.clients import Channels
from rollcall.changes.change_events import OURS, Event, change_events
from rollcall.directory.request_log import RequestInfo
from rollcall.model.account_link import LOCAL, LinkPolicy, LinkRule
from rollcall.reconcile.duplicates.case_store import Case, CaseState, OperatorNote
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind, Ground, Reason
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun, Phase, RunProgress
from rollcall.reconcile.duplicates.namesakes import MAX_NAMESAKES
from rollcall.runtime.services import Services
from rollcall.storage import item_changes
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.table import MAX_BATCH
from rollcall.tenants.authentication import Caller
from tests.changes.schemas import faults
from tests.directory.people import ENTERPRISE, USER, patch
from tests.http.api import Api
from tests.operations import operators
from tests.operations.operators import operator_of
from tests.reconcile.duplicates.conftest import deployed
from tests.reconcile.duplicates.people import MONDAY, TUESDAY, WEDNESDAY, done, findings, numbered
from tests.storage import consistency
from tests.storage.faults import answering, counted, refusal

Json = dict[str, Any]

ALICE = {
    "schemas": [USER],
    "userName": "alice.smith@acme.example",
    "externalId": "A-1",
    "active": True,
    "displayName": "Alice Smith",
    "name": {"givenName": "Alice", "familyName": "Smith"},
}
"""What the identity provider sends of somebody whom the product knows as asmith@acme.example."""


@pytest.fixture
def services(in_memory: Services, channels: Channels) -> Services:
    """A deployment whose tenant acme is made with the application."""
    return deployed(in_memory, channels)


@pytest.fixture
def api(services: Services) -> Api:
    """The application as the identity provider of the tenant acme reaches it."""
    return Api(services)


def local(services: Services, name: str = "Alice Smith", user_name: str = "", **more: Any) -> str:
    """Create an account of the product's own and return its id."""
    user_name = user_name or "asmith@acme.example"
    document = {"schemas": [USER], "userName": user_name, "displayName": name, **more}
    return services.directory("acme").users.create(document, link=LOCAL).record.id


def posted(api: Api, **more: Any) -> str:
    """Create Alice Smith as the identity provider does, and return her id."""
    addressed = {**ALICE, **more}
    addressed["emails"] = [{"value": addressed["userName"], "type": "work"}]
    answer = api.send("POST", "/Users", json=addressed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def cases(run: DuplicateRun) -> list[Case]:
    return list(run.cases.all())


def announced(services: Services) -> list[Event]:
    """Return the events that the items of the tenant mean, as they are now."""
    found = []
    for number, ((pk, sk), item) in enumerate(consistency.items(services, "acme").items()):
        keys = {"pk": f"acme#{pk}", "sk": sk}
        body = {
            "Keys": encoded(keys),
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": 1_800_000_000.0,
            "NewImage": encoded(item),
        }
        for change in item_changes.changes([{"eventID": str(number), "dynamodb": body}]):
            found += list(change_events(change, "https://scim.test"))
    told = [each for each in found if each.type == "duplicates.found"]
    assert [faults(each) for each in told] == [[]] * len(told)
    return told


def logged(services: Services) -> list[LogEntry]:
    now = datetime.now(UTC)
    return list(services.log("acme").read(now - timedelta(hours=1), now + timedelta(minutes=1)))


def messages(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """Return where the content of messages will be, from now on."""
    sent: list[Json] = []
    monkeypatch.setattr(
        type(services.topic), "publish", lambda _, __, ___, content: sent.append(dict(content))
    )
    return sent


def test_a_post_beside_a_local_account_of_the_same_name_is_a_duplicate(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    old = local(services)
    new = posted(api)

    (case,) = cases(run)
    assert set(case.finding.accounts) == {old, new}
    assert (case.kind, case.state) == (FindingKind.DUPLICATE, CaseState.OPEN)
    assert case.finding.grounds == {Ground(Reason.FULL_NAME, "alice smith")}
    flagged = {(kind, user) for kind, user, _ in run.cases.findings.flags()}
    assert flagged == {("duplicate", old), ("duplicate", new)}
    consistency.check(services, "acme")


def test_it_links_nothing_and_changes_nothing_of_the_account(services: Services, api: Api) -> None:
    old = local(services)
    before = services.directory("acme").users.read(old)
    posted(api)

    after = services.directory("acme").users.read(old)
    assert (after.resource, after.record) == (before.resource, before.record)
    assert after.record.link == LOCAL


def test_the_log_says_so_without_a_name(services: Services, api: Api, run: DuplicateRun) -> None:
    old = local(services)
    new = posted(api)

    (case,) = cases(run)
    (entry,) = logged(services)
    assert (entry.method, entry.status, entry.target) == ("POST", 201, f"User/{new}")
    assert entry.detail == f"has the full name of the local account User/{old}: finding {case.id}"
    assert "smith" not in str(entry).lower()


def test_one_event_says_so_by_ids(services: Services, api: Api, run: DuplicateRun) -> None:
    old = local(services)
    new = posted(api)

    (case,) = cases(run)
    (event,) = announced(services)
    assert event.claims["sub_id"] == {"format": "opaque", "id": case.id}
    assert event.claims["actor"].startswith("token:")
    (payload,) = event.claims["events"].values()
    assert sorted(payload.pop("accounts")) == sorted([f"/Users/{old}", f"/Users/{new}"])
    assert payload == {"new": 1, "finding": case.id}
    assert "smith" not in event.detail.lower()


def test_the_run_of_the_night_counts_it_as_new_and_makes_no_second_event(
    services: Services, api: Api, run: DuplicateRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = messages(services, monkeypatch)
    local(services)
    posted(api)
    (before,) = cases(run)
    assert sent == []

    counts = done(run, MONDAY)

    assert (counts.new, counts.open, counts.hints, counts.announced) == (1, 0, 0, 1)
    assert [each["new"] for each in sent] == [1]
    (case,) = cases(run)
    assert (case.id, case.first, case.run) == (before.id, MONDAY, MONDAY)
    assert len(announced(services)) == 1
    (row,) = findings(services, MONDAY)
    assert (row["status"], row["kind"]) == ("new", "duplicate")
    assert [each["reason"] for each in row["reasons"]] == ["fullName"]

    counts = done(run, TUESDAY)
    assert (counts.new, counts.open) == (0, 1)
    assert len(sent) == 1
    assert len(announced(services)) == 1


def test_the_run_finds_by_itself_what_no_post_could(
    services: Services, api: Api, run: DuplicateRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = messages(services, monkeypatch)
    local(services)
    new = posted(api, name=None, displayName="as1")
    assert cases(run) == []
    renaming = patch(("replace", "displayName", "Alice Smith"))
    assert api.send("PATCH", f"/Users/{new}", json=renaming).status_code == 200
    assert cases(run) == []

    counts = done(run, MONDAY)

    assert (counts.new, counts.announced) == (1, 0)
    assert [each["new"] for each in sent] == [1]
    (event,) = announced(services)
    assert event.claims["sub_id"] == {"format": "opaque", "id": MONDAY}
    assert event.claims["events"] == {
        f"{OURS}:duplicates:found": {"new": 1, "open": 0, "resolved": 0}
    }


def test_what_was_a_weak_hint_and_is_a_duplicate_by_now_is_new(
    services: Services, api: Api, run: DuplicateRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = messages(services, monkeypatch)
    local(services, **numbered("1"))
    new = posted(api, **numbered("2"))
    assert cases(run) == []
    assert (done(run, MONDAY).new, done(run, TUESDAY).hints) == (0, 1)
    assert sent == []

    removing = patch(("remove", f"{ENTERPRISE}:employeeNumber", None))
    api.send("PATCH", f"/Users/{new}", json=removing)
    counts = done(run, WEDNESDAY)

    assert (counts.new, counts.open, counts.hints) == (1, 0, 0)
    assert [each["new"] for each in sent] == [1]
    assert done(run, "2026-11-26T02:00:00Z").new == 0


def test_what_the_same_address_says_already_is_not_new_again(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services, emails=[{"value": "alice.smith@acme.example"}])
    posted(api)
    assert (done(run, MONDAY).new, done(run, TUESDAY).new) == (1, 0)

    (case,) = cases(run)
    assert {each.reason for each in case.finding.grounds} == {Reason.ADDRESS, Reason.FULL_NAME}
    assert case.first == MONDAY


def test_a_pair_that_became_one_before_the_night_is_no_news(
    services: Services, api: Api, run: DuplicateRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = messages(services, monkeypatch)
    old = local(services)
    new = posted(api)
    operators.merge(operator_of(services), "acme", old, new)

    counts = done(run, MONDAY)

    assert (counts.new, counts.open, counts.resolved) == (0, 0, 0)
    assert (sent, findings(services, MONDAY)) == ([], [])
    assert [each.state for each in cases(run)] == [CaseState.RESOLVED]
    assert list(run.cases.findings.flags()) == []


def test_a_pair_that_another_namesake_joined_before_the_night_is_a_weak_hint(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services)
    posted(api)
    local(services, user_name="other@acme.example")

    counts = done(run, MONDAY)

    assert (counts.new, counts.hints) == (0, 1)
    assert {each.state for each in cases(run) if each.kind is FindingKind.DUPLICATE} == {
        CaseState.RESOLVED
    }


@pytest.mark.parametrize("phase", [Phase.DETECT, Phase.RESOLVE])
def test_a_post_while_a_run_is_at_work_is_counted_once(
    phase: Phase, services: Services, api: Api, run: DuplicateRun
) -> None:
    """Behind the place where the run is reading, and behind that where it resolves."""
    local(services)
    local(services, "Zoe Young", "zyoung@acme.example")
    local(services, "Zoe Young", "zoe@acme.example")

    def late(at: RunProgress) -> bool:
        if at.phase is phase and at.after and not meanwhile:
            meanwhile.append(posted(api))
        return False

    meanwhile: list[str] = []
    first = run.advance(MONDAY, late)
    second = done(run, TUESDAY)

    assert first is not None
    assert meanwhile
    expected = [1, 0] if phase is Phase.DETECT else [0, 1]
    assert [first.new, second.new] == expected
    assert sum(each["kind"] == "duplicate" for each in findings(services, MONDAY)) == first.new
    assert len(announced(services)) == 1


def test_whoever_is_told_apart_by_an_operator_stays_so(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services)
    posted(api)
    (case,) = cases(run)
    run.cases.dismiss(case.id, OperatorNote("operator:jo", "2026-11-22T08:00:00.000Z"))
    assert (done(run, MONDAY).new, done(run, MONDAY.replace("23", "24")).dismissed) == (0, 1)


def many(services: Services) -> None:
    for number in range(MAX_NAMESAKES):
        local(services, user_name=f"a{number}@acme.example")


NOBODYS: dict[str, Callable[[Services, Api], Any]] = {
    "nobody of that name": lambda services, _: local(services, "Bob Smith"),
    "two local ones": lambda services, _: [
        local(services, user_name=each) for each in ("a@x.test", "b@x.test")
    ],
    "another one of the identity provider": lambda services, api: [
        local(services),
        posted(api, userName="as@acme.example", externalId="A-2"),
    ],
    "one of the identity provider alone": lambda _, api: posted(api, userName="x", externalId="x"),
    "very many": lambda services, _: many(services),
    "another employee number": lambda services, _: local(services, **numbered("0041")),
    "another telephone number": lambda services, _: local(
        services, phoneNumbers=[{"value": "+44 20 7946 0999", "type": "mobile"}]
    ),
}


@pytest.mark.parametrize("which", NOBODYS)
def test_other_accounts_of_that_name_are_no_duplicate(
    which: str, services: Services, api: Api, run: DuplicateRun
) -> None:
    NOBODYS[which](services, api)
    before = [each.id for each in cases(run)]
    new = posted(
        api,
        phoneNumbers=[{"value": "+44 20 7946 0958", "type": "work"}],
        **numbered("42"),
    )

    assert [each.id for each in cases(run)] == before
    done(run)
    named = [case for case in cases(run) if new in case.finding.accounts]
    assert {case.kind for case in named} <= {FindingKind.POSSIBLE}


@pytest.mark.parametrize(
    "more",
    [
        numbered("0042"),
        numbered("n/a"),
        {"phoneNumbers": [{"value": "020 7946 0958"}, {"value": "+44 20 7946 0999"}]},
        {"phoneNumbers": [{"value": "tel:+44-20-7946-0958;ext=7", "type": "home"}]},
        {"displayName": "Smith, Alice"},
        {"displayName": "alice SMITH (Sales)"},
        {"displayName": "a.s.", "name": {"givenName": "Alice", "familyName": "Smith"}},
        {"displayName": None, "name": {"formatted": "Alice Smith"}},
        {"active": False},
    ],
    ids=str,
)
def test_what_does_not_differ_and_how_the_name_is_written_do_not_count(
    more: Json, services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services, **more) if "displayName" not in more else services.directory(
        "acme"
    ).users.create(
        {"schemas": [USER], "userName": "asmith", **{k: v for k, v in more.items() if v}},
        link=LOCAL,
    )
    posted(
        api,
        phoneNumbers=[{"value": "+44 20 7946 0958", "type": "work"}],
        **numbered("42"),
    )

    assert [each.kind for each in cases(run)] == [FindingKind.DUPLICATE]
    assert done(run).new == 1


@pytest.mark.parametrize("name", ["Alice", "O'Brien", "Jean-Luc", ""])
def test_a_name_of_one_word_is_none(
    name: str, services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services, name)
    posted(api, name=None, displayName=name or None)

    assert cases(run) == []
    assert done(run).new == 0


def test_a_service_account_is_nobody(services: Services, api: Api, run: DuplicateRun) -> None:
    run.cases.findings.mark_service_account(local(services, user_name="robot@acme.example"), {})
    old = local(services)
    new = posted(api)

    (case,) = cases(run)
    assert set(case.finding.accounts) == {old, new}


def test_an_account_that_was_there_before_it_was_linked_is_no_second_one(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    """Two people of one name had accounts; only one of them is assigned."""
    local(services)
    other = local(services, user_name="alice2@acme.example")
    linking = patch(("replace", "externalId", "A-2"))
    assert api.send("PATCH", f"/Users/{other}", json=linking).status_code == 200

    assert (done(run).new, len(cases(run))) == (0, 1)


def test_a_local_account_that_is_younger_is_a_weak_hint(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    posted(api)
    local(services)

    assert (done(run).new, done(run, TUESDAY).hints) == (0, 1)


def test_an_account_that_was_unlinked_and_the_next_are_a_pair(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    wrong = posted(api, userName="wrong@acme.example")
    operators.unlink(operator_of(services), "acme", wrong)
    new = posted(api)

    (case,) = cases(run)
    assert set(case.finding.accounts) == {wrong, new}


def test_a_post_in_a_bulk_request_is_looked_at_like_any_other(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services)
    local(services, "Bob Jones", "bjones@acme.example")
    bob = {"schemas": [USER], "userName": "bob@acme.example", "displayName": "Bob Jones"}
    zoe = {"schemas": [USER], "userName": "zoe@acme.example", "displayName": "Zoe Young"}
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": data}
        for number, data in enumerate((ALICE, bob, zoe))
    ]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}
    answer = api.send("POST", "/Bulk", json={**body, "Operations": operations})

    assert [each["status"] for each in answer.json()["Operations"]] == ["201"] * 3
    assert len(cases(run)) == 2
    assert len(announced(services)) == 2
    details = [entry.detail for entry in logged(services)]
    assert [bool(each) for each in details] == [True, True, False]


def test_a_post_that_links_an_account_is_none_that_creates(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    policy = LinkPolicy(LinkRule.ADOPT, frozenset({"acme.example"}))
    key = bytes.fromhex(services.tenants.show("acme").key)
    client = services.request_directory(
        Caller("acme", "t1", key, link_policy=policy),
        api.token,
        RequestInfo("r1", "POST", "/Users", 201),
    )
    local(services)
    same = local(services, user_name=str(ALICE["userName"]))

    assert client.users.create(ALICE).record.id == same
    assert cases(run) == []
    assert [entry.detail for entry in logged(services)] == [""]


def test_the_create_costs_one_query_and_one_read_when_it_finds_somebody(
    services: Services, api: Api
) -> None:
    def calls(**more: Any) -> list[tuple[str, Any]]:
        with counted(services.clients.dynamodb) as made:
            posted(api, **{"externalId": None, **more})
        return [(each.operation, each.body.get("Limit")) for each in made]

    posted(api, userName="first@acme.example", name=None, displayName="first")  # the token's use
    read, write = ("GetItem", None), ("TransactWriteItems", None)
    query, batch = ("Query", MAX_NAMESAKES), ("BatchGetItem", None)
    held = ("Query", MAX_BATCH)  # is an account with this externalId held?

    assert calls(userName="one", name=None, displayName="One") == [read, write]
    assert calls() == [read, query, write]
    local(services, "Bob Jones")
    bob = {"name": {"givenName": "Bob", "familyName": "Jones"}, "displayName": "Bob Jones"}
    assert calls(userName="bob@acme.example", externalId="B", **bob) == [
        held,
        read,
        query,
        batch,
        write,
    ]
    many(services)
    assert calls(userName="alice3", externalId="C") == [held, read, query, write]


def test_the_finding_and_its_event_are_part_of_the_creations_transaction(
    services: Services, api: Api
) -> None:
    """A process that dies leaves a user with its finding, or neither."""
    posted(api, userName="first@acme.example", name=None, displayName="first")  # the token's use
    local(services)
    with counted(services.clients.dynamodb) as made:
        posted(api)

    (write,) = (each for each in made if each.operation == "TransactWriteItems")
    puts = [each["Put"]["Item"] for each in write.actions if "Put" in each]
    shapes = Counter(each["pk"]["S"].split("#")[1] for each in puts)
    assert shapes["DUPLICATES"] == shapes["NOTICES"] == shapes["LOG"] == 1
    assert sum(each["sk"]["S"].startswith("FLAG#") for each in puts) == 2
    assert sum(each["sk"]["S"] == "DOCUMENT" for each in puts) == 1


def test_a_lookup_that_fails_fails_no_creation(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services)
    posted(api, userName="first@acme.example", name=None, displayName="first")  # the token's use
    throttled = refusal("ProvisionedThroughputExceededException")
    with answering(services.clients.dynamodb, "Query", *[throttled] * 10):
        posted(api, externalId=None)  # by which it would be looked for among those that are held

    assert cases(run) == []
    assert done(run).new == 1


def test_a_create_that_is_refused_announces_nothing(
    services: Services, api: Api, run: DuplicateRun
) -> None:
    local(services)
    posted(api, userName="taken@acme.example", name=None, displayName="taken")
    answer = api.send("POST", "/Users", json={**ALICE, "userName": "TAKEN@acme.example"})

    assert answer.status_code == 409
    assert cases(run) == []
    assert announced(services) == []
    assert {entry.detail for entry in logged(services)} == {
        "",
        "userName is taken by another user",
    }


def test_what_is_kept_of_a_pair_is_no_part_of_the_answer(services: Services, api: Api) -> None:
    local(services)
    answer = api.send("POST", "/Users", json=ALICE)

    assert set(answer.json()) - set(ALICE) == {"id", "meta"}
