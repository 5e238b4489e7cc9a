"""The duplicate report, from its schedule to the page behind the link in the message."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx

from rehearsal.mailbox import Mailbox
from rehearsal.rows import DifferenceError, expect
from rehearsal.stack import Stack
from rehearsal.tenant import Tenant

_NOW = "<aws.scheduler.scheduled-time>"
"""The placeholder that EventBridge Scheduler replaces, and the emulator does not."""


def check_report(stack: Stack, tenant: Tenant, people: Mailbox) -> str:
    """Start the run, and open the link in the message about it."""
    tenant.duplicate()
    name = stack.resources()["DuplicatesFunctionSchedule"].rpartition("/")[2]
    target = stack.cloud.client("scheduler").get_schedule(Name=name)["Target"]
    event = json.loads(target["Input"].replace(_NOW, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))
    answer = stack.cloud.client("lambda").invoke(
        FunctionName=target["Arn"], Payload=json.dumps(event)
    )
    sent = json.loads(answer["Payload"].read())
    people.until(
        lambda found: any(each.get("tenant") == tenant.name for each in found), "a message"
    )
    message = next(each for each in people.messages if each.get("tenant") == tenant.name)
    expect(message["new"] >= 1, True, "a new duplicate in the message")
    page = _page(stack.local_url(message["report"]), stack)
    for part in ("kay@acme.example", "k2"):
        if part not in page:
            raise DifferenceError(f"{part} is not in the report")
    return f"{sent['tenants']} tenants through the queue; the link in the message opens the report"


def _page(link: str, stack: Stack) -> str:
    found = httpx.get(link, timeout=60)
    expect(found.status_code, 302, "the link")
    signed = found.headers["location"]
    expect(stack.outputs()["ReportBucket"] in signed, True, "the bucket in the signed URL")
    page = httpx.get(signed, timeout=60)
    expect(page.status_code, 200, "the signed URL")
    return page.text
