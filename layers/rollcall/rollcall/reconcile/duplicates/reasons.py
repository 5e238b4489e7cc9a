"""Why accounts are taken for one person's, in words."""

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
"""What each reason means, in front of the value behind it."""


def reason_sentences(row: Mapping[str, Any]) -> list[str]:
    """Return the reasons of a finding, as programs read it, in words."""
    return [_sentence(Reason(each["reason"]), each["value"]) for each in row["reasons"]]


def is_by_name_alone(row: Mapping[str, Any]) -> bool:
    """Tell whether nothing but their full name says that accounts are one person's."""
    return {each["reason"] for each in row["reasons"]} == {Reason.FULL_NAME}


def _sentence(reason: Reason, value: str) -> str:
    if reason is Reason.INACTIVE:
        return f"{MEANINGS[reason]} {value[:10]}"
    return f"{MEANINGS[reason]}: {value}"
