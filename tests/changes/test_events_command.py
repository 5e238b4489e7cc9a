"""`rollcall events`, as an operator types it: what Lambda put aside, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from rollcall.aws.clients import connect_bus
from rollcall.aws.event_bus import EventBus
from rollcall.runtime.services import Services
from tests.changes.streamed import URL, Received, Streamed, body, handed_over
from tests.command import rollcall

FOLDER = "aws/lambda/0b9f6a3c-mapping/shardId-00000001573689847184-864758bb/2026/11/24"
OLD, NEW = (f"2026-11-24T09.4{n}.00-66666666-6666-4666-8666-66666666666{n}" for n in (0, 1))


def put_aside(streamed: Streamed, name: str, records: Sequence[Any]) -> None:
    """Put a batch aside as Lambda does: what it handed over is JSON in a string."""
    invocation = {
        "requestContext": {
            "requestId": "316aa6d0-8154-4f2c-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:changes:live",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 21,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": None},
        "version": "1.0",
        "timestamp": "2026-11-24T09:40:00.000Z",
        "DDBStreamBatchInfo": {"batchSize": len(records), "streamArn": streamed.arn},
        "payload": json.dumps({"Records": [handed_over(each) for each in records]}),
    }
    put(streamed, name, json.dumps(invocation))


def put(streamed: Streamed, name: str, content: str) -> None:
    settings = streamed.services.settings
    streamed.services.channels.s3.put_object(
        Bucket=settings.unpublished, Key=f"{FOLDER}/{name}", Body=content.encode()
    )


@dataclass(frozen=True)
class Operator:
    """Somebody with the command and what it works on, and the product behind the bus."""

    state: Path
    environment: dict[str, str]
    product: Received

    def says(self, *words: str, code: int = 0) -> str:
        done = rollcall(self.state, "events", *words, **self.environment)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def reads(self, *words: str, code: int = 0) -> Any:
        done = rollcall(self.state, "events", *words, "--json", **self.environment)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def operator(streamed: Streamed, tmp_path: Path) -> Operator:
    """An operator of that deployment, as the environment names it."""
    settings = streamed.services.settings
    environment = {
        "AWS_ENDPOINT_URL": settings.endpoint_url or "",
        "ROLLCALL_TABLE": settings.table,
        "ROLLCALL_SECRETS": settings.secrets,
        "ROLLCALL_BUS": settings.bus,
        "ROLLCALL_UNPUBLISHED": settings.unpublished,
        "ROLLCALL_URL": URL,
    }
    return Operator(tmp_path, environment, Received(streamed.services, settings.bus))


@pytest.fixture
def batches(streamed: Streamed, api: httpx.Client) -> None:
    """Two batches: someone was created, and was renamed and disabled later."""
    made = api.post("/Users", json={"userName": "ada"}).json()["id"]
    created = streamed.records()
    for change in ({"userName": "eve"}, {"active": False}):
        operation = {"op": "replace", "value": change}
        api.patch(f"/Users/{made}", json={"Operations": [operation]})
    put_aside(streamed, OLD, created)
    put_aside(streamed, NEW, streamed.records()[len(created) :])


def test_without_any_everything_is_published(operator: Operator) -> None:
    assert operator.says("list") == operator.says("republish") == "Everything is published.\n"
    assert operator.reads("list") == operator.reads("republish") == []


@pytest.mark.usefixtures("batches")
def test_what_is_put_aside_is_listed(operator: Operator) -> None:
    old, new = operator.reads("list", "acme")

    assert (old["batch"], old["tenants"], old["events"]) == (OLD, ["acme"], {"user.created": 1})
    assert new["events"] == {"user.disabled": 1, "user.updated": 1}
    assert "1 user.disabled, 1 user.updated" in operator.says("list")


@pytest.mark.usefixtures("batches")
def test_what_is_republished_has_the_ids_that_it_had_and_is_forgotten(
    operator: Operator, streamed: Streamed
) -> None:
    tried = operator.reads("republish", "--dry-run")
    assert [each["wouldBePublished"] for each in tried] == [True, True]
    assert operator.product.all() == []

    done = operator.reads("republish")
    assert [(each["batch"], each["published"], each["fault"]) for each in done] == [
        (OLD, True, None),
        (NEW, True, None),
    ]
    received = {each["detail"]["jti"]: each["detail"] for each in operator.product.all()}
    assert received == {each.claims["jti"]: body(each) for each in streamed.events()}
    assert operator.reads("list") == []


@pytest.mark.usefixtures("batches")
def test_one_batch_is_republished_and_the_other_stays(operator: Operator) -> None:
    assert operator.says("republish", "acme", "--batch", NEW) == (
        f"{NEW}: published, 1 user.disabled, 1 user.updated\n"
    )
    assert [each["batch"] for each in operator.reads("list")] == [OLD]


@pytest.mark.usefixtures("batches")
def test_only_batches_with_events_of_a_tenant(operator: Operator, streamed: Streamed) -> None:
    streamed.services.tenants.create("other")

    assert operator.reads("list", "other") == operator.reads("republish", "other") == []
    assert len(operator.reads("list")) == 2


@pytest.mark.usefixtures("batches")
def test_what_the_bus_does_not_take_is_kept(
    operator: Operator, streamed: Streamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = EventBus(connect_bus("http://127.0.0.1:9"), "nobody serves it")
    monkeypatch.setattr(Services, "bus", lambda _: nowhere)

    said = operator.says("republish", code=1)
    assert f"{OLD}: kept, the bus took 0 of 1 events" in said
    assert said.endswith("error: 2 of 2 batches are kept\n")
    assert len(list(streamed.services.unpublished.batches())) == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", f"{OLD} holds no records of a stream"),
        ('{"payload": "[]"}', f"{OLD} holds no records of a stream"),
        ('{"payload": {"Records": [{"eventID": "1"}]}}', "it cannot be told (KeyError)"),
    ],
)
def test_what_cannot_be_told_is_kept_and_named(
    operator: Operator, streamed: Streamed, content: str, fault: str
) -> None:
    put(streamed, OLD, content)

    (listed,) = operator.reads("list")
    (done,) = operator.reads("republish", code=1)
    assert listed["fault"] == done["fault"] == fault
    assert done["published"] is False
    assert len(operator.reads("list")) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["republish", "--batch", "none"], "there is no batch none"),
        (["republish", "nobody"], "there is no tenant nobody"),
        (["list", "nobody"], "there is no tenant nobody"),
    ],
)
def test_a_mistake_is_one_sentence(operator: Operator, words: list[str], sentence: str) -> None:
    assert operator.says(*words, code=2).startswith(f"error: {sentence}")
