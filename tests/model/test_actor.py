"""What customers see of an actor: neither the account nor the person of an operator."""

from __future__ import annotations

import pytest

from rollcall.model.actor import Actor, public


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        ("token:t1", "token:t1"),
        ("", ""),
        ("operator:ann", "operator:ann"),
        (
            "operator:arn:aws:sts::123456789012:assumed-role/Support/ann@vendor.example",
            "operator:Support",
        ),
        (
            "operator:arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Support_0a1b/ann@v.io",
            "operator:AWSReservedSSO_Support_0a1b",
        ),
        ("operator:arn:aws-us-gov:sts::123456789012:assumed-role/R/a/b", "operator:R"),
        ("operator:arn:aws:iam::123456789012:user/division/ann", "operator:user"),
        ("operator:arn:aws:sts::123456789012:federated-user/ann", "operator:federated-user"),
        ("operator:arn:aws:iam::123456789012:root", "operator:root"),
        ("operator:arn:aws:sts::123456789012:assumed-role", "operator:assumed-role"),
        ("operator:arn:broken", "operator:broken"),
    ],
)
def test_an_actor_is_seen_without_account_and_person(actor: str, seen: str) -> None:
    assert public(actor) == seen
    assert Actor("r1", actor, "ann", "a reason").item == {"request": "r1", "actor": seen}
