"""The duplicate report as the schedule and the queue start it."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from rollcall.aws.messages import Queue
from rollcall.aws.retry import Retry
from rollcall.reconcile.duplicates import duplicate_run as module
from rollcall.reconcile.duplicates.duplicate_run import MAX_STEPS
from rollcall.runtime.duplicates_function import RESERVE, fan_out, work
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.scim.errors import Unavailable
from tests.conftest import Server
from tests.directory.people import user
from tests.reconcile.duplicates.conftest import channels, directory, in_memory, services
from tests.reconcile.duplicates.people import MONDAY, TUESDAY, mails
from tests.storage.faults import Time, answering

Message = dict[str, Any]


class Context:
    """What Lambda tells a function of its time: as much each time as the test says."""

    def __init__(self, *milliseconds: int) -> None:
        self._left = list(milliseconds)

    def get_remaining_time_in_millis(self) -> int:
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


PLENTY = Context(800_000)


def patience() -> Retry:
    """Return patience that takes no time."""
    time = Time()
    return Retry(clock=time.clock, sleep=time.sleep)


def batch(*messages: Any) -> dict[str, Any]:
    """Return the event of a batch; the messages are named by their number."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": "handle",
                "body": each if isinstance(each, str) else json.dumps(each),
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:rollcall-duplicates",
                "awsRegion": "us-east-1",
            }
            for number, each in enumerate(messages)
        ]
    }


def worked(having: Services, *messages: Any, context: Context = PLENTY) -> tuple[list[str], str]:
    """Return which messages of a batch come again, and what was logged."""
    log = logger()
    stream = io.StringIO()
    log.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # one per process
    answer = work(having, log, batch(*messages), context)  # type: ignore[arg-type]
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]], stream.getvalue()


def waiting(having: Services) -> list[Message]:
    """Take what is in the queue."""
    answer = having.channels.sqs.receive_message(
        QueueUrl=having.settings.queue, MaxNumberOfMessages=10
    )
    for each in answer.get("Messages", ()):
        having.channels.sqs.delete_message(
            QueueUrl=having.settings.queue, ReceiptHandle=each["ReceiptHandle"]
        )
    return [json.loads(each["Body"]) for each in answer.get("Messages", ())]


def test_the_schedule_sends_a_message_for_every_tenant(services: Services) -> None:
    for number in range(25):
        services.tenants.create(f"t{number}")

    assert fan_out(services, MONDAY) == 26

    found: list[Message] = []
    while some := waiting(services):
        found += some
    assert {each["tenant"] for each in found} == {"acme", *(f"t{each}" for each in range(25))}
    assert {each["run"] for each in found} == {MONDAY}


def test_what_the_queue_does_not_take_is_sent_again(services: Services) -> None:
    refused = {
        "ResponseMetadata": {"HTTPStatusCode": 200},
        "Successful": [],
        "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}],
    }
    queue = Queue(services.channels.sqs, services.settings.queue, patience())
    with answering(services.channels.sqs, "SendMessageBatch", refused) as left:
        assert queue.send({"number": each} for each in range(2)) == 2

    assert not left
    assert waiting(services) == [{"number": 1}]


def test_a_queue_that_takes_nothing_is_unavailable(services: Services) -> None:
    refused = {
        "ResponseMetadata": {"HTTPStatusCode": 200},
        "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}],
    }
    queue = Queue(services.channels.sqs, services.settings.queue, patience())
    with (
        answering(services.channels.sqs, "SendMessageBatch", *[refused] * 1_000),
        pytest.raises(Unavailable),
    ):
        queue.send([{"number": 1}])


def test_of_a_batch_only_what_fails_comes_again(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    own = services.directory("acme")
    user(own, "ann", **mails("ann@b.c"))
    user(own, "ann2", **mails("ann@b.c"))

    failed, log = worked(services, {"tenant": "acme", "run": MONDAY}, "{}", "no message at all")

    assert failed == ["1", "2"]
    assert log.count('"exception"') == 2
    assert duplicate_run(services, "acme").delivery.counts(MONDAY).new == 1
    (metrics,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (metrics["tenant"], metrics["Duplicates"], metrics["NewDuplicates"]) == (
        "acme",
        [1.0],
        [1.0],
    )


def test_a_tenant_that_is_gone_or_closed_has_no_report(server: Server) -> None:
    gone, closed = server.tenant().name, server.tenant().name
    server.services.tenants.delete(gone)
    server.services.tenants.disable(closed)

    for each in (gone, closed):
        assert worked(server.services, {"tenant": each, "run": MONDAY})[0] == []
        assert duplicate_run(server.services, each).cases.findings.read_run() is None


def test_a_run_ends_soon_after_its_tenant_was_closed_and_nothing_more_is_written(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, name = server.services, server.tenant().name
    monkeypatch.setattr(module, "_GROUPS", 1)
    directory = services.directory(name)
    for number in range(8):
        user(directory, f"u{number}@b.c", **mails(f"u{number}@b.c"))
    began = services.tenants.clock()
    looks = count()

    def clock() -> datetime:
        """Ten seconds pass from each look at the clock to the next; then the tenant is closed."""
        passed = next(looks)
        if passed == 4:
            services.secrets.change(name, lambda content: {**content, "state": "disabled"})
        return began + timedelta(seconds=10 * passed)

    monkeypatch.setattr(services.tenants, "clock", clock)

    failed, log = worked(services, {"tenant": name, "run": MONDAY})

    assert (failed, "to be continued" in log) == ([], True)
    stopped = duplicate_run(services, name).cases.findings.read_run()
    assert stopped is not None
    assert stopped["phase"] == "detect"
    (again,) = [each for each in waiting(services) if each["tenant"] == name]
    assert worked(services, again)[0] == []
    assert duplicate_run(services, name).cases.findings.read_run() == stopped


def test_a_message_that_comes_again_does_nothing_again(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    message = {"tenant": "acme", "run": TUESDAY}

    assert worked(services, message, message, {"tenant": "acme", "run": MONDAY})[0] == []
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert waiting(services) == []


def test_who_is_not_done_in_time_goes_on_with_another_message(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GROUPS", 1)
    own = services.directory("acme")
    for each in range(3):
        user(own, f"u{each}", **mails("ann@b.c"))
    message = {"tenant": "acme", "run": MONDAY}
    soon_over = Context(RESERVE + 2, RESERVE)

    assert worked(services, message, context=soon_over)[0] == []
    assert waiting(services) == [message]
    assert worked(services, message)[0] == []
    assert duplicate_run(services, "acme").delivery.counts(MONDAY).new == 1
    assert waiting(services) == []


def test_who_is_never_done_ends_with_the_dead_letters(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GROUPS", 1)
    user(services.directory("acme"), "ann", **mails("ann@b.c"))
    message = {"tenant": "acme", "run": MONDAY}

    for _ in range(MAX_STEPS + 1):
        assert worked(services, message, context=Context(RESERVE))[0] == []
    failed, log = worked(services, message)

    assert failed == ["0"]
    assert "RunTooLong" in log


def test_the_tenants_of_a_batch_share_the_time(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GROUPS", 1)
    for name in ("acme", "beta"):
        if name != "acme":
            services.tenants.create(name)
        own = services.directory(name)
        for each in range(3):
            user(own, f"u{each}", **mails(f"u{each}@b.c"))
    half = RESERVE + 100
    first, second = ({"tenant": each, "run": MONDAY} for each in ("acme", "beta"))

    # 200 ms are for two tenants: the first is late when 100 are left, the second when none is.
    context = Context(RESERVE + 200, half, half, RESERVE + 1)
    assert worked(services, first, second, context=context)[0] == []

    assert waiting(services) == [first]
    assert duplicate_run(services, "beta").delivery.counts(MONDAY).seen == 6


def test_from_the_schedule_to_the_page_in_a_browser(server: Server) -> None:
    having = server.services
    channels = having.channels
    tenant = server.tenant()
    own = having.directory(tenant.name)
    user(own, "ann@b.c", **mails("ann@b.c"), displayName="Ann <script>")
    user(own, "ann2@b.c", **mails("Ann@b.c"))
    inbox = channels.sqs.create_queue(QueueName=f"inbox-{tenant.name}")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:inbox-{tenant.name}"
    channels.sns.subscribe(TopicArn=having.settings.topic, Protocol="sqs", Endpoint=arn)

    fan_out(having, MONDAY)
    found: list[Message] = []
    while some := waiting(having):
        found += some
    (message,) = (each for each in found if each["tenant"] == tenant.name)
    assert worked(having, message)[0] == []

    (told,) = channels.sqs.receive_message(QueueUrl=inbox)["Messages"]
    notice = json.loads(json.loads(told["Body"])["Message"])
    assert notice | {"report": ""} == {
        "tenant": tenant.name, "run": MONDAY, "new": 1, "open": 0, "resolved": 0, "report": "",
    }  # fmt: skip
    assert "ann" not in told["Body"].lower().replace(tenant.name, "")
    link = notice["report"].replace(having.settings.url, server.running.url)
    answer = httpx.get(link)
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "no-store"
    page = httpx.get(answer.headers["location"])
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Ann &lt;script&gt;" in page.text
    rows = httpx.get(f"{link}?format=csv", follow_redirects=True).text.splitlines()
    assert len(rows) == 3


__all__ = ["channels", "directory", "in_memory", "services"]
