"""The stream of a table, for real: filtered as Lambda filters it, published, received."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import httpx

from events import case
from events.template import Template
from rollcall.changes.change_events import change_events
from rollcall.runtime.changes_function import publish
from rollcall.runtime.json_log import logger
from rollcall.scim.resource_type import Kind
from rollcall.storage import item_changes, keys
from rollcall.storage.keys import Keys
from tests.changes import happenings
from tests.changes.schemas import DOCUMENTS, TYPES, faults
from tests.changes.streamed import (
    URL,
    Received,
    Record,
    Streamed,
    aws,
    batches,
    body,
    handed_over,
)

FUNCTION = Template().functions()["ChangesFunction"]["Events"]["Stream"]["Properties"]
PATTERNS = [each["Pattern"] for each in FUNCTION["FilterCriteria"]["Filters"]]

TOLD = {
    "USER DOCUMENT", "USER GROUP", "USER GRANT", "GROUP PARENT", "DUPLICATES SUMMARY",
    "NOTICES NOTICE",
}  # fmt: skip
HELD = {
    "GROUP DOCUMENT", "GROUP MEMBER", "GROUP JOURNAL", "LEAVING", "USERNAME CLAIM",
    "GROUPNAME CLAIM", "LOOKUP User", "EVIDENCE", "COUNT", "TEMPLATES CURRENT",
    "TEMPLATES VERSION", "DUPLICATES FINDING", "DUPLICATES RUN", "USER FLAG", "TOKENS", "LOG",
    "HANDOVER", "BOOKMARK", "USAGE", "GONE", "USER HELD", "#REPORT LINK", "#TENANTS",
}  # fmt: skip
"""What becomes events, and what does not, by the words in the keys of items."""


_ONE_KIND = {
    "LEAVING", "EVIDENCE", "COUNT", "TOKENS", "LOG", "HANDOVER", "BOOKMARK", "USAGE", "GONE",
}  # fmt: skip
"""The words whose items are of one kind, whatever their sort keys are."""


def passes(client: Any, record: Record) -> bool:
    """Tell whether a filter lets a record through; the rules of EventBridge are those of Lambda."""
    envelope = {"id": "1", "account": "0", "source": "s", "time": "2026-01-01T00:00:00Z"}
    envelope |= {"region": "us-east-1", "resources": [], "detail-type": "t"}  # type: ignore[dict-item]
    event = json.dumps({**envelope, "detail": record})
    return any(
        client.test_event_pattern(Event=event, EventPattern=f'{{"detail": {each}}}')["Result"]
        for each in PATTERNS
    )


def kind(record: Record) -> str:
    """Return what an item is, by the words in its keys."""
    key = record["dynamodb"]["Keys"]
    tenant, word, *_ = str(key["pk"]["S"]).split("#")
    if word == "TENANTS":
        return "#TENANTS"
    if not tenant:
        return f"#{word} {key['sk']['S']}"
    if word in _ONE_KIND:
        return word
    return f"{word} {key['sk']['S'].partition('#')[0]}"


def test_the_filter_lets_through_what_is_told_and_no_other_kind_of_item(
    streamed: Streamed, api: httpx.Client
) -> None:
    happenings.everything(streamed.services, api)
    client = aws(streamed.services, "events")
    passed: set[str] = set()
    held: set[str] = set()
    for record in streamed.records():
        told = [
            each for change in item_changes.changes([record]) for each in change_events(change, URL)
        ]
        through = passes(client, handed_over(record))
        assert through or not told, record
        if through or record["eventName"] != "REMOVE":
            (passed if through else held).add(kind(record))

    assert passed == TOLD
    assert held == HELD


def test_the_filter_lets_through_the_records_to_try_the_function_with(streamed: Streamed) -> None:
    client = aws(streamed.services, "events")
    samples = [each for each in case.cases() if each.function == "ChangesFunction"]

    assert samples
    for each in samples:
        assert all(passes(client, record) for record in each.event["Records"]), each.name


def test_the_filter_knows_every_partition_of_the_order_of_change() -> None:
    feeds = json.loads(PATTERNS[0])["dynamodb"]["NewImage"]["feed"]["S"]
    suffixes = [each["suffix"] for each in feeds]

    partitions = [
        Keys("acme").change_partition(Kind.USER, shard) for shard in range(keys.CHANGE_SHARDS)
    ]
    assert len(set(partitions)) == len(partitions)
    assert {each.removeprefix("acme#CHANGED").removeprefix("#MORE") for each in partitions} == set(
        suffixes
    )


def test_everything_that_happens_is_told_by_its_schema(
    streamed: Streamed, api: httpx.Client
) -> None:
    happenings.everything(streamed.services, api)
    told = streamed.events()

    assert [faults(each) for each in told] == [[]] * len(told)
    assert Counter(each.type for each in told) == happenings.TOLD
    assert sorted(happenings.TOLD) == TYPES
    by = {(each.type, each.claims.get("actor", "").partition(":")[0]) for each in told}
    assert {name for name, actor in by if actor == "operator"} == {
        "access.granted", "access.revoked", "account.merged", "account.unlinked", "tenant.moved",
        "token.rotated", "user.created",
    }  # fmt: skip
    assert {name for name, actor in by if not actor} == {"duplicates.found"}
    assert ("duplicates.found", "token") in by
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


def test_events_reach_a_queue_behind_the_bus(streamed: Streamed, api: httpx.Client) -> None:
    product = Received(streamed.services, streamed.services.settings.bus)
    happenings.everything(streamed.services, api)

    for batch in batches(streamed.records()):
        done = publish(batch, streamed.services.bus(), URL, logger())
        assert done == {"batchItemFailures": []}

    received = {each["detail"]["jti"]: each for each in product.all()}
    told = {each.claims["jti"]: each for each in streamed.events()}
    assert {name: each["detail"] for name, each in received.items()} == {
        name: body(each) for name, each in told.items()
    }
    assert all(each["detail-type"] == told[name].type for name, each in received.items())


def test_the_documented_rule_matches_every_event_about_a_user(
    streamed: Streamed, api: httpx.Client
) -> None:
    (rule,) = re.findall(r"```json\n(.*?)\n```", (DOCUMENTS / "README.md").read_text())
    client = aws(streamed.services, "events")
    happenings.everything(streamed.services, api)
    envelope = {"id": "1", "account": "0", "source": "rollcall", "time": "2026-01-01T00:00:00Z"}

    matched = set()
    for each in streamed.events():
        event = {**envelope, "region": "us-east-1", "resources": [], "detail-type": each.type}
        sent = json.dumps({**event, "detail": body(each)})
        if client.test_event_pattern(Event=sent, EventPattern=rule)["Result"]:
            matched.add(each.type)
    assert matched == set(TYPES) - {"token.rotated", "tenant.moved", "duplicates.found"}


def test_a_record_that_cannot_be_told_does_not_hold_up_the_others_for_ever() -> None:
    assert FUNCTION["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert FUNCTION["BisectBatchOnFunctionError"]
    assert 0 < FUNCTION["MaximumRetryAttempts"] <= 100
    assert FUNCTION["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": "UnpublishedBucket.Arn"
    }
    for alarm in ("UnpublishedAlarm", "LateChangesAlarm"):
        assert Template().resources[alarm]["Properties"]["AlarmActions"]
