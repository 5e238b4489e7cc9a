"""The audit never takes silence for an answer."""

from __future__ import annotations

from typing import Any

import pytest

from events.template import ROOT
from supply import audit

FOUND = {
    "dependencies": [
        {"name": "cffi", "version": "2.1.1", "vulns": []},
        {
            "name": "pyjwt",
            "version": "2.15.1",
            "vulns": [
                {"id": "PYSEC-1", "fix_versions": ["2.15.2"]},
                {"id": "X", "fix_versions": []},
            ],
        },
        {"name": "pycparser", "skip_reason": "Dependency not found on PyPI"},
    ]
}


def test_what_is_found_is_named_with_the_version_that_mends_it() -> None:
    assert audit.verdict(FOUND).found == {
        "pyjwt 2.15.1: PYSEC-1, mended in 2.15.2",
        "pyjwt 2.15.1: X, mended in no version yet",
    }


def test_a_package_that_a_source_does_not_know_is_not_audited() -> None:
    assert audit.verdict(FOUND).audited == {"cffi", "pyjwt"}
    assert audit.verdict(None) == audit.Verdict()


def test_the_names_of_a_lock_are_those_of_its_packages() -> None:
    assert audit.locked(
        "pydantic[email]==2.14.3 \\\n    --hash=sha256:a\n    # via x\nsix==1 \\\n"
    ) == {
        "pydantic",
        "six",
    }
    for lock in audit.LOCKS:
        text = (ROOT / lock).read_text()
        assert len(audit.locked(text)) == text.count("==")
        assert text.count("--hash=sha256:") >= text.count("==")


def test_the_line_says_what_was_audited() -> None:
    assert audit.said("lock", {"a", "b"}, ()) == "lock: all 2 packages audited"
    assert audit.said("lock", {"a", "b"}, {"b"}) == (
        "lock: NOT AUDITED, no advisory source answered about 1 of 2 packages"
    )


@pytest.mark.parametrize(
    ("reports", "required", "status"),
    [
        ([FOUND], False, 1),
        ([None], False, 0),
        ([None], True, 1),
    ],
    ids=["found", "unreachable", "unreachable and required"],
)
def test_findings_fail_and_silence_only_where_an_answer_is_required(
    reports: list[Any], required: bool, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pip-audit reports is given, as no advisory source is asked in a test."""
    monkeypatch.setattr(audit, "_ask", lambda source, lock: reports[0])

    assert audit.main(required=required) == status
