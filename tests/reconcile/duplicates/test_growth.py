"""What a run takes grows with the addresses; what it needs at once does not."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from rollcall.reconcile.duplicates import duplicate_run as module
from rollcall.reconcile.duplicates.duplicate_run import RunProgress
from rollcall.storage.keys import EVIDENCE_SHARDS
from tests.reconcile.duplicates import generated as pages
from tests.reconcile.duplicates.generated import EVERY, generated
from tests.reconcile.duplicates.people import MONDAY, never

pytestmark = pytest.mark.slow


PAGE = 250
SMALL, LARGE = 2 * EVIDENCE_SHARDS * PAGE, 8 * EVIDENCE_SHARDS * PAGE


def taken(addresses: int, folder: Path) -> tuple[int, dict[str, int], int]:
    """Return findings, calls and the most memory that a run needs."""
    folder.mkdir()
    run, client = generated(addresses, folder)
    tracemalloc.start()
    counts = run.advance(MONDAY, never)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    client.close()
    assert counts is not None
    return counts.new, dict(client.calls), peak


def test_memory_is_flat_and_calls_are_linear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    few, few_calls, little = taken(SMALL, tmp_path / "small")
    many, many_calls, much = taken(LARGE, tmp_path / "large")

    assert (few, many) == (SMALL // EVERY, LARGE // EVERY)
    assert much < 1.2 * little
    grown = LARGE / SMALL
    assert sum(many_calls.values()) <= grown * sum(few_calls.values())
    assert many_calls["query"] <= grown * few_calls["query"]


@pytest.mark.parametrize("stops", [1, 3, 8])
def test_a_run_over_generated_pages_ends_with_the_same_report_wherever_it_stops(
    stops: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GROUPS", 300)
    reports = []
    for each in ("at once", "stopped"):
        folder = tmp_path / each
        folder.mkdir()
        run, client = generated(3_000, folder)
        left = stops if each == "stopped" else 0

        def late(_: RunProgress) -> bool:
            nonlocal left
            left -= 1
            return left >= 0

        while run.advance(MONDAY, late) is None:
            pass
        client.close()
        reports.append([(folder / f"duplicates.{form}").read_bytes() for form in ("json", "csv")])

    assert reports[0] == reports[1]
    assert reports[0][0].count(b'"finding": ') == 3_000 // EVERY
