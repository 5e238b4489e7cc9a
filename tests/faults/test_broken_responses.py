"""Answers of AWS that break off: a call is made again, or fails; it never means something else."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from rollcall.aws import stream_reader
from rollcall.aws.clients import connect_streams
from rollcall.aws.event_bus import EventEntry
from rollcall.aws.secrets import SecretMissing
from rollcall.aws.stream_reader import StreamReader
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage.report_files import FORMATS, ReportError
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants
from tests.conftest import Server
from tests.faults.proxy import Fault, Proxy, always, first

CUTS = (Fault.CUT_BODY, Fault.CUT_HEADERS)
LOSSES = (*CUTS, Fault.RESET_AFTER, Fault.FAILED_AFTER)

KEY = {"pk": "acme#X", "sk": "A"}
OTHER = {"pk": "acme#X", "sk": "B"}
HTML = FORMATS["html"]


@dataclass(frozen=True)
class Call:
    """Something that calls one operation of AWS; `make` returns what it brings."""

    operation: str
    make: Callable[[Services], Any]

    def __str__(self) -> str:
        return f"{self.operation} {self.make.__name__.strip('_<>')}"


def _put_once(services: Services) -> str:
    """Put an item that is not there; what happened is told by the labels of the conditions."""
    absent = "attribute_not_exists(pk)"
    key = {"pk": "acme#NEW", "sk": uuid4().hex}
    services.table.transact([Action("Put", key, item={"n": 1}, condition=absent, label="there")])
    return "put"


def _condition(services: Services) -> set[str]:
    action = Action("Put", KEY, condition="attribute_not_exists(pk)", label="there")
    with pytest.raises(ConditionFailed) as failure:
        services.table.transact([action])
    return set(failure.value.labels)


def _created(services: Services) -> Any:
    name = uuid4().hex
    services.secrets.create(name, {"tokens": []})
    return services.secrets.read(name)


def _deleted(services: Services) -> str:
    name = uuid4().hex
    services.secrets.create(name, {})
    services.secrets.delete(name)
    with pytest.raises(SecretMissing):
        services.secrets.read(name)
    return "deleted"


def _missing(services: Services) -> str:
    with pytest.raises(SecretMissing):
        services.secrets.read("nobody")
    return "missing"


def _swapped(services: Services) -> Any:
    name = uuid4().hex
    services.secrets.create(name, {"words": []})
    return services.secrets.change(name, lambda old: {"words": [*old["words"], "one"]})


def _pages(services: Services) -> int:
    arn = stream_reader.enable(services.clients.dynamodb, services.table.name)
    stream = StreamReader(connect_streams(services.settings.endpoint_url), arn, "TRIM_HORIZON")
    return sum(len(page) for page in stream.pages())


def _report(services: Services) -> bytes:
    return b"".join(services.reports.read("acme/run", HTML))


def _written(services: Services) -> bytes:
    services.reports.write("acme/new", HTML, io.BytesIO(b"<p>new</p>"))
    return b"".join(services.reports.read("acme/new", HTML))


def _forgotten(services: Services) -> str:
    services.reports.write("other/run", HTML, io.BytesIO(b"<p>other</p>"))
    services.reports.delete("other")
    with pytest.raises(ReportError):
        list(services.reports.read("other/run", HTML))
    return "forgotten"


def _event(services: Services) -> int:
    return services.bus().publish(
        [EventEntry("user.created", "{}", int(datetime.now(UTC).timestamp()))]
    )


def _told(services: Services) -> str:
    services.topic.publish("subject", "text", {"event": "duplicates found"})
    return "told"


CALLS = (
    Call("GetItem", lambda s: s.table.get(KEY)),
    Call("BatchGetItem", lambda s: len(s.table.get_many([KEY, OTHER]))),
    Call("Query", lambda s: [each["sk"] for each in s.table.query("acme#X")]),
    Call("Scan", lambda s: sorted(each["sk"] for each in s.table.scan("acme#X"))),
    Call("PutItem", lambda s: s.table.put(OTHER, {"n": 2})),
    Call("BatchWriteItem", lambda s: s.table.delete([{"pk": "acme#X", "sk": "C"}])),
    Call("DeleteItem", lambda s: s.table.remove(Action("Delete", {"pk": "acme#X", "sk": "D"}))),
    Call("TransactWriteItems", _put_once),
    Call("TransactWriteItems", _condition),
    Call("GetSecretValue", lambda s: s.secrets.read("acme")),
    Call("GetSecretValue", _missing),
    Call("CreateSecret", _created),
    Call("DeleteSecret", _deleted),
    Call("PutSecretValue", _swapped),
    Call("UpdateSecretVersionStage", _swapped),
    Call("ListSecrets", lambda s: "acme" in set(s.secrets.names())),
    Call("DescribeStream", _pages),
    Call("GetShardIterator", _pages),
    Call("GetRecords", _pages),
    Call("PutEvents", _event),
    Call("SendMessageBatch", lambda s: s.queue.send([{"tenant": "acme"}])),
    Call("Publish", _told),
    Call("PUT object", _written),
    Call("GET object", _report),
    Call("GET bucket", _forgotten),
    Call("DELETE object", _forgotten),
)
"""Every operation that functions call."""

STREAMED = {"GET object"}
"""What is read while it comes, so that the SDK cannot make the call again."""

HOLD_ON = {"PUT object": {Fault.CUT_BODY}, "DELETE object": set(CUTS)}
"""What answers with a status alone, or with headers alone, is whole with those."""

NOT_TOLD = {"PutEvents"}
"""What returns how much was done, and raises nothing."""


@pytest.fixture(scope="module")
def stored(proxied: Services) -> Services:
    """Services with a few things in each store."""
    channels, settings = proxied.channels, proxied.settings
    channels.s3.create_bucket(Bucket=settings.reports)
    channels.sqs.create_queue(QueueName=settings.queue.rpartition("/")[2])
    channels.sns.create_topic(Name=settings.topic.rpartition(":")[2])
    proxied.bus().create()
    for key in (KEY, OTHER):
        proxied.table.put(key, {"n": 1})
    proxied.secrets.create("acme", {"tokens": []})
    proxied.reports.write("acme/run", HTML, io.BytesIO(b"<p>report</p>" * 100))
    return proxied


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_whose_answer_breaks_off_is_made_again(
    stored: Services, proxy: Proxy, call: Call
) -> None:
    whole = call.make(stored)

    for fault in LOSSES:
        if fault is not Fault.CUT_BODY or call.operation not in STREAMED:
            with proxy.faults(first(1, fault, call.operation)) as counted:
                assert call.make(stored) == whole, fault
            assert counted == {fault: 1}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_whose_answers_all_break_off_fails(
    stored: Services, proxy: Proxy, call: Call
) -> None:
    for fault in {*CUTS, Fault.CUT_REFUSAL} - HOLD_ON.get(call.operation, set()):
        with proxy.faults(always(fault, call.operation)):
            if call.operation in NOT_TOLD:
                assert call.make(stored) == 0
                continue
            with pytest.raises(Unavailable):
                call.make(stored)


def test_what_is_no_answer_of_the_service_is_a_failure(stored: Services, proxy: Proxy) -> None:
    with proxy.faults(always(Fault.PROSE)), pytest.raises(Unavailable):
        _told(stored)


def _issued(tenants: Tenants, name: str) -> None:
    TenantTokens(tenants, name).issue("mine")


def _rotated(tenants: Tenants, name: str) -> None:
    TenantTokens(tenants, name).rotate(None, timedelta(hours=1))


def _revoked(tenants: Tenants, name: str) -> None:
    (only,) = tenants.show(name).tokens
    TenantTokens(tenants, name).revoke(only.id)


@pytest.fixture
def fresh(proxied: Services) -> Services:
    """Services with clients of their own: the SDK has a budget of retries for each client."""
    return Services(proxied.settings)


@pytest.mark.parametrize(
    ("change", "labels"),
    [
        (_issued, ["first", "mine", "other"]),
        (_rotated, ["first", "first", "other"]),
        (_revoked, ["other"]),
    ],
)
def test_a_change_of_tokens_that_was_made_and_overtaken_is_not_made_again(
    fresh: Services,
    proxy: Proxy,
    server: Server,
    change: Callable[[Tenants, str], None],
    labels: list[str],
) -> None:
    """The answer is lost; before the SDK makes the call again, another change follows."""
    name = uuid4().hex
    fresh.tenants.create(name)
    direct = Services(replace(fresh.settings, endpoint_url=server.running.endpoint_url))
    first_try = iter([True])

    def choose(operation: str) -> Fault | None:
        if operation != "UpdateSecretVersionStage":
            return None
        if next(first_try, False):
            return Fault.RESET_AFTER
        proxy.choose = lambda _: None
        TenantTokens(direct.tenants, name).issue("other")
        return None

    with proxy.faults(choose):
        change(fresh.tenants, name)

    assert sorted(each.label for each in direct.tenants.show(name).tokens) == labels


def test_a_press_of_the_button_whose_answers_were_lost_may_be_repeated_at_once(
    fresh: Services, proxy: Proxy
) -> None:
    fresh.tenants.add(name := uuid4().hex)
    desk = HandoverService(fresh.table, fresh.tenants)
    code = desk.offer(name, timedelta(hours=1)).code

    lost = first(4, Fault.RESET_AFTER, "TransactWriteItems")  # all tries to claim it
    with proxy.faults(lost), pytest.raises(Unavailable):
        desk.reveal(code)

    issued = desk.reveal(code)
    assert issued is not None
    assert fresh.tenants.show(name).tokens == (issued.token,)
