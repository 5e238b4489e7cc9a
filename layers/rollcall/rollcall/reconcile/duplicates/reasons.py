"""The reasons of findings as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.reconcile.duplicates.duplicate_finding import Reason

MEANINGS = {
    Reason.ADDRESS: "same address",
    Reason.USER_NAME: "the userName of one is an address or a former userName of another",
    Reason.EMPLOYEE_NUMBER: "same employee number",
    Reason.ALIAS: "addresses of one mailbox",
    Reason.FULL_NAME: (
        "the only two of one full name, a local account and one that the identity provider "
        "created later"
    ),
    Reason.SHARED: "shared by many accounts",
    Reason.NAME: "same name",
    Reason.INACTIVE: "inactive since",
}
"""The words for each reason, which its value follows."""


def reason_sentences(row: Mapping[str, Any]) -> list[str]:
    """Return the reasons of a row as sentences."""
    return [_sentence(Reason(reason["reason"]), reason["value"]) for reason in row["reasons"]]


def is_by_name_alone(row: Mapping[str, Any]) -> bool:
    """Tell whether the full name is the only reason of a row."""
    return {reason["reason"] for reason in row["reasons"]} == {Reason.FULL_NAME}


def _sentence(reason: Reason, value: str) -> str:
    if reason is Reason.INACTIVE:
        return f"{MEANINGS[reason]} {value[:10]}"
    return f"{MEANINGS[reason]}: {value}"
