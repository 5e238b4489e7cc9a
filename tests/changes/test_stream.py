"""The stream of a table, for real: filtered as Lambda filters it, published, received."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx

from events.template import Template
from rollcall.changes.events import events
from rollcall.runtime import logger
from rollcall.runtime.changes import publish
from rollcall.storage import stream
from rollcall.storage.notices import Notices
from rollcall.storage.origin import Origin
from rollcall.templates.template import Selector
from rollcall.templates.template import Template as UserTemplate
from rollcall.templates.templates import Templates
from tests.changes.conftest import URL, Streamed, api, aws, body, streamed
from tests.changes.schemas import faults
from tests.conftest import Server

FUNCTION = Template().functions()["ChangesFunction"]["Events"]["Stream"]["Properties"]
PATTERNS = [each["Pattern"] for each in FUNCTION["FilterCriteria"]["Filters"]]


def happenings(streamed: Streamed, api: httpx.Client) -> None:
    """Do something of everything."""
    templates = Templates(streamed.services.table, "acme", "operator:ann")
    engineering = Selector("displayName", "Engineering")
    templates.set(
        [
            UserTemplate("everybody", areas={"induction": "read"}),
            UserTemplate("engineering", engineering, {"code": "edit"}),
        ]
    )
    ada, eve = (
        api.post("/Users", json={"userName": name, "active": True}).json()["id"]
        for name in ("ada", "eve")
    )
    members = [{"value": ada}, {"value": eve}]
    group = api.post("/Groups", json={"displayName": "Engineering", "members": members}).json()[
        "id"
    ]
    api.post("/Groups", json={"displayName": "All", "members": [{"value": group}]})
    for change in ({"active": False}, {"active": True}, {"title": "Countess"}):
        operation = {"op": "replace", "value": change}
        assert api.patch(f"/Users/{ada}", json={"Operations": [operation]}).status_code == 200
    leaving = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    assert api.patch(f"/Groups/{group}", json={"Operations": [leaving]}).status_code == 204
    assert api.delete(f"/Users/{eve}").status_code == 204
    notice = {"successor": "t2", "until": "2026-01-01T00:00:00.000Z"}
    Notices(streamed.services.table, "acme").post("token.rotated", "t1", notice, Origin())


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as Lambda hands it over, the instant as a number."""
    at = record["dynamodb"]["ApproximateCreationDateTime"]
    return {
        **record,
        "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at.timestamp()},
    }


def passes(client: Any, record: dict[str, Any]) -> bool:
    """Tell whether a filter lets a record through; the rules of EventBridge are those of Lambda."""
    envelope = {"id": "1", "account": "0", "source": "s", "time": "2026-01-01T00:00:00Z"}
    envelope |= {"region": "us-east-1", "resources": [], "detail-type": "t"}  # type: ignore[dict-item]
    event = json.dumps({**envelope, "detail": plain(record)})
    return any(
        client.test_event_pattern(Event=event, EventPattern=f'{{"detail": {each}}}')["Result"]
        for each in PATTERNS
    )


def test_the_filter_lets_through_what_is_told_and_no_other_kind_of_item(
    server: Server, streamed: Streamed, api: httpx.Client
) -> None:
    happenings(streamed, api)
    client = aws(server, "events")
    passed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for record in streamed.records():
        key = record["dynamodb"]["Keys"]
        kind = f"{key['pk']['S'].split('#')[1]} {key['sk']['S'].partition('#')[0]}"
        told = [each for change in stream.changes([record]) for each in events(change, URL)]
        through = passes(client, record)
        assert through or not told, record
        if through or record["eventName"] != "REMOVE":
            (passed if through else held)[kind] += 1

    assert set(passed) == {
        "USER DOCUMENT", "USER GROUP", "USER GRANT", "GROUP PARENT", "NOTICES NOTICE",
    }  # fmt: skip
    assert "GROUP DOCUMENT" in held
    assert not {"USER DOCUMENT", "USER GROUP", "USER GRANT"} & set(held)
    assert sum(held.values()) > sum(passed.values())


def test_everything_that_happens_is_told_by_its_schema(
    streamed: Streamed, api: httpx.Client
) -> None:
    happenings(streamed, api)
    told = streamed.events()

    assert [faults(each) for each in told] == [[]] * len(told)
    assert Counter(each.type for each in told) == {
        "user.created": 2,
        "access.granted": 4,
        "membership.added": 3,
        "user.disabled": 1,
        "user.enabled": 1,
        "user.updated": 1,
        "membership.removed": 2,
        "user.deleted": 1,
        "token.rotated": 1,
    }
    by_token = [each for each in told if each.type != "token.rotated"]
    assert all(each.claims["actor"].startswith("token:") for each in by_token)
    assert len({each.claims["jti"] for each in told}) == len(told)


def test_the_versions_told_are_those_that_clients_see(
    streamed: Streamed, api: httpx.Client
) -> None:
    made = api.post("/Users", json={"userName": "ada"})
    operation = {"op": "replace", "path": "title", "value": "Countess"}
    path = f"/Users/{made.json()['id']}"
    changed = api.patch(path, json={"Operations": [operation]})

    created, updated = streamed.events()
    for event, answer in ((created, made), (updated, changed)):
        assert f'W/"{event.claims["version"]}"' == answer.headers["etag"]
        assert event.claims["txn"] == answer.headers["x-request-id"]


def test_events_reach_a_queue_behind_the_bus(
    server: Server, streamed: Streamed, api: httpx.Client
) -> None:
    bus = streamed.services.settings.bus
    queues, rules = aws(server, "sqs"), aws(server, "events")
    queue = queues.create_queue(QueueName=bus)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{bus}"
    pattern = json.dumps({"source": ["rollcall"], "detail": {"tenant": ["acme"]}})
    rules.put_rule(Name=bus, EventBusName=bus, EventPattern=pattern)
    rules.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    happenings(streamed, api)

    records = [plain(each) for each in streamed.records()]
    for at in range(0, len(records), 100):
        done = publish(records[at : at + 100], streamed.services.bus(), URL, logger())
        assert done == {"batchItemFailures": []}

    received: dict[str, Any] = {}
    while messages := queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            event = json.loads(message["Body"])
            received[event["detail"]["jti"]] = event
            queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    told = {each.claims["jti"]: each for each in streamed.events()}
    assert {name: each["detail"] for name, each in received.items()} == {
        name: body(each) for name, each in told.items()
    }
    assert all(each["detail-type"] == told[name].type for name, each in received.items())


def test_a_record_that_cannot_be_told_does_not_hold_up_the_others_for_ever() -> None:
    assert FUNCTION["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert FUNCTION["BisectBatchOnFunctionError"]
    assert 0 < FUNCTION["MaximumRetryAttempts"] <= 100
    assert FUNCTION["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": "UnpublishedBucket.Arn"
    }
    for alarm in ("UnpublishedAlarm", "LateChangesAlarm"):
        assert Template().resources[alarm]["Properties"]["AlarmActions"]


__all__ = ["api", "streamed"]
