"""The log's page: explained, filtered, paged, followed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from rollcall.console.request_check import FOLLOWING
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry
from tests.console.consoles import OURS, Visitor


@pytest.fixture
def acme(deployed: Services) -> Services:
    deployed.tenants.add("acme")
    stored = deployed.secrets.read("acme")
    earlier = instant(datetime.now(UTC) - timedelta(days=30))
    deployed.secrets.change("acme", lambda content: {**content, "created": earlier})
    assert stored["created"] > earlier
    return deployed


def logged(services: Services, number: int, **values: object) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=number)
    entry = LogEntry(time=instant(moment), request=f"r{number:04}", actor="token:x")
    services.log("acme").write(LogEntry(**{**vars(entry), **values}))


def test_a_refusal_is_explained_with_what_entra_calls_it(acme: Services, ann: Visitor) -> None:
    logged(acme, 1, method="POST", path="/Users", status=409, scim_type="uniqueness",
           detail="userName is taken by another user", changed=("userName",))  # fmt: skip
    logged(acme, 2, method="PATCH", target="User/1", status=200, changed=("title",))

    shown = ann.page("/t/acme/log")

    assert "Another account has this name" in shown
    assert "Provisioning logs: Conflict, EntryConflict" in shown
    assert "changed title" in shown
    assert "changed title" not in ann.page("/t/acme/log", status="409")


def test_entries_are_paged_from_the_latest_on(acme: Services, ann: Visitor) -> None:
    for number in range(120):
        logged(acme, number, method="PATCH", target=f"User/u{number}-", status=200)
    found: list[str] = []
    shown = ann.page("/t/acme/log", days="3")
    pages = 1
    while True:
        found += re.findall(r"User/u(\d+)-", shown.replace("<wbr>", ""))
        following = re.findall(r"before=([^\"&]+)", shown)
        if not following:
            break
        shown = ann.page("/t/acme/log", days="3", before=unquote(following[0]))
        pages += 1

    assert found == [str(number) for number in range(120)]
    assert pages == 3


def test_a_page_reads_the_settings_once_and_each_shard_of_its_days(
    acme: Services, ann: Visitor, calls: list[str]
) -> None:
    ann.page("/")
    calls.clear()

    ann.page("/t/acme/log")

    first, *others = sorted(calls)  # all at once
    assert first == "GetSecretValue"
    assert others in (["Query"] * 8, ["Query"] * 4)


def test_who_follows_does_not_keep_the_session(acme: Services, ann: Visitor) -> None:
    shown = ann.page("/t/acme/log", follow="1")

    assert 'hx-trigger="every 3s"' in shown
    assert '{"Rollcall-Following":"1"}' in shown
    assert FOLLOWING == "rollcall-following"
    assert "every 3s" not in ann.page("/t/acme/log")


def test_what_is_not_offered_is_refused(acme: Services, ann: Visitor) -> None:
    answer = ann.client.get(f"{ann.root}/t/acme/log", params={"days": "9999"}, headers=OURS)

    assert answer.status_code == 409
