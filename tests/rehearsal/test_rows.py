"""The table of a rehearsal: whatever differs is in it, and counted."""

from __future__ import annotations

import socket
from collections import Counter

import pytest

from rehearsal import localhost
from rehearsal.load import Load
from rehearsal.rows import Rows, expect


def test_a_step_that_differs_is_told_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Rows()

    def differs() -> str:
        expect(401, 200, "a list")
        return "never"

    def fails() -> str:
        raise KeyError("ApiUrl")

    assert rows.step("fine", lambda: "75 resources")
    assert not rows.step("differs", differs)
    assert not rows.step("fails", fails)
    rows.close()

    assert rows.differences == 2
    printed = capsys.readouterr().out
    for part in ("75 resources", "DIFFERS  a list: 401, not 200", "KeyError: 'ApiUrl'"):
        assert part in printed
    assert "2 steps differ" in printed


def test_what_is_not_answered_or_not_with_success_counts_as_refused() -> None:
    load = Load("name", Counter({200: 50, 201: 20, 503: 2, 404: 1}), failures=["ReadTimeout"])

    assert load.refused == 4
    assert "refused 4" in str(load)


def test_names_below_localhost_are_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    localhost.resolve()

    found = socket.getaddrinfo("api.execute-api.localhost", 80, proto=socket.IPPROTO_TCP)
    assert {each[4][0] for each in found} == {"127.0.0.1"}
