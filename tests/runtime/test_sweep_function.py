"""The scheduled sweep: one at a time, and the next one after whatever happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.directory.sweep import Sweep
from rollcall.runtime.services import Services
from rollcall.runtime.sweep_function import LEASE, sweep
from rollcall.storage import large_change_items
from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.leases import Leases
from tests.storage.faults import answering, counted


class Context:
    """What Lambda tells a function of its run."""

    def __init__(self, request: str) -> None:
        self.aws_request_id = request

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def test_a_sweep_that_finds_another_at_work_does_nothing(services: Services) -> None:
    now = datetime.now(UTC)
    services.leases().take(LEASE, "another", now, now + timedelta(seconds=300))

    unseen = {"ResponseMetadata": {"HTTPStatusCode": 500}}
    with answering(services.clients.dynamodb, "Query", unseen) as left:
        assert sweep(services, Context("mine")) == {"finished": 0}
        assert left == [unseen]


def test_a_sweep_that_fails_is_in_nobodys_way(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Sweep, *_: Any) -> None:
        raise ExceptionGroup("what is begun could not be gone on with", [KeyError("kind")])

    with monkeypatch.context() as broken:
        broken.setattr(Sweep, "run", fails)
        with pytest.raises(ExceptionGroup):
            sweep(services, Context("first"))

    assert sweep(services, Context("second")) == {"finished": 0}
    now = datetime.now(UTC)
    assert services.leases().take(LEASE, "third", now, now)


def test_a_sweep_that_has_nothing_to_do_writes_nothing(services: Services) -> None:
    with counted(services.clients.dynamodb) as requests:
        sweep(services, Context("idle"))

    assert {each.operation for each in requests} == {"GetItem", "Query"}


def test_a_sweep_that_another_overtakes_leaves_the_changes_to_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(Leases, "is_held", lambda *_: False)  # the other one took it after the look
    services.leases().take(LEASE, "another", now, now + timedelta(seconds=300))
    change = UnfinishedChange("acme", "id", "name", "2026-01-01T00:00:00.000Z")
    monkeypatch.setattr(large_change_items, "unfinished_changes", lambda *_: iter([change]))

    assert sweep(services, Context("mine")) == {"finished": 0}
    assert not services.leases().take(LEASE, "third", now, now)
