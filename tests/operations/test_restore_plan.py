"""Whom the notes of the brake say to be shut out, and the log not to be back."""

from __future__ import annotations

import pytest

from rollcall.model.brake import Disabled
from rollcall.operations.restore_plan import shut_out
from rollcall.storage.provisioning_log import LogEntry

DISABLED = Disabled("ann", "2026-11-27T12:00:00.000Z", True, "as it was left")


@pytest.mark.parametrize(
    ("time", "user", "changed", "out"),
    [
        ("2026-11-27T12:00:00.400Z", "ann", "active", {"ann"}),  # the entry of the disable itself
        ("2026-11-27T12:05:00.000Z", "ann", "title", {"ann"}),
        ("2026-11-27T12:05:00.000Z", "bob", "active", {"ann"}),
        ("2026-11-27T12:05:00.000Z", "ann", "active", set()),
    ],
)
def test_who_is_disabled_is_out_until_a_later_entry_enables_them(
    time: str, user: str, changed: str, out: set[str]
) -> None:
    entry = LogEntry(time, target=f"User/{user}", changed=(changed,))

    assert shut_out([DISABLED], [entry]) == out


def test_who_is_disabled_again_is_out_again() -> None:
    enabled = LogEntry("2026-11-27T12:05:00.000Z", target="User/ann", changed=("active",))
    again = Disabled("ann", "2026-11-27T13:00:00.000Z", True, "as it was left")

    assert shut_out([DISABLED, again], [enabled]) == {"ann"}
