"""Tokens of a tenant: issued, replaced, revoked; none is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage.token_usage import TokenUse
from rollcall.tenants import token_format
from rollcall.tenants.tenant_tokens import MAX_TOKENS, TenantTokens
from rollcall.tenants.tenants import READ_ONLY, TenantError, Tenants
from rollcall.tenants.token_expiry import ExpiringToken, expiring_tokens, notification
from tests.storage.faults import answering, preceded, refusal
from tests.tenants.conftest import Clock

DAY = timedelta(days=1)


def labels(tenants: Tenants) -> list[str]:
    return [each.label for each in tenants.show("acme").tokens]


def test_an_issued_token_is_kept_as_its_digest_and_what_it_is_for(
    tenants: Tenants, keyring: TenantTokens
) -> None:
    issued = keyring.issue("the product's reader", days=90, scope=READ_ONLY)

    (kept,) = tenants.show("acme").tokens
    assert kept == issued.token
    assert kept.digest == token_format.digest(issued.plain)
    assert (kept.label, kept.scope) == ("the product's reader", READ_ONLY)
    assert kept.expires == "2026-04-01T00:00:00.000Z"
    assert issued.plain not in repr(issued)


def test_a_replaced_token_works_until_the_overlap_is_over(
    tenants: Tenants, keyring: TenantTokens
) -> None:
    first = keyring.issue("entra", scope=READ_ONLY).token

    second = keyring.rotate(None, DAY)

    old, new = tenants.show("acme").tokens
    assert (old.id, old.expires, old.successor) == (
        first.id, "2026-01-02T00:00:00.000Z", second.token.id,
    )  # fmt: skip
    assert new == second.token
    assert (new.label, new.scope) == ("entra", READ_ONLY)
    assert second.replaced == old


def test_without_an_overlap_the_old_token_is_gone(tenants: Tenants, keyring: TenantTokens) -> None:
    keyring.issue("leaked")

    new = keyring.rotate(None, timedelta()).token

    assert tenants.show("acme").tokens == (new,)


def test_an_overlap_never_prolongs_a_token(tenants: Tenants, keyring: TenantTokens) -> None:
    keyring.issue("short", days=1)

    keyring.rotate(None, 30 * DAY)

    assert tenants.show("acme").tokens[0].expires == "2026-01-02T00:00:00.000Z"


def test_what_is_being_replaced_is_not_what_is_to_be_replaced(
    tenants: Tenants, keyring: TenantTokens
) -> None:
    keyring.issue("entra")
    second = keyring.rotate(None, DAY).token

    third = keyring.rotate(None, DAY)

    assert third.replaced is not None
    assert third.replaced.id == second.id
    assert len(tenants.show("acme").tokens) == 3


def test_of_several_tokens_the_one_to_replace_has_to_be_named(keyring: TenantTokens) -> None:
    first, second = keyring.issue("entra").token, keyring.issue("reader").token

    with pytest.raises(TenantError, match=f"{first.id} .entra., {second.id} .reader."):
        keyring.rotate(None, DAY)
    assert keyring.rotate(second.id, DAY).token.label == "reader"


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda keyring: keyring.rotate(None, DAY), "acme has no live token to replace"),
        (lambda keyring: keyring.rotate("nothing", DAY), "acme has no live token nothing"),
        (lambda keyring: keyring.revoke("nothing"), "acme has no live token nothing"),
        (lambda keyring: keyring.rotate(None, 91 * DAY), "an overlap is between 0 and 90 days"),
        (lambda keyring: keyring.rotate(None, -DAY), "an overlap is between 0 and 90 days"),
        (lambda keyring: keyring.issue("x", days=0), "a token lives between 1 and 3650 days"),
        (lambda keyring: keyring.issue("x", days=3651), "a token lives between 1 and 3650 days"),
        (lambda keyring: keyring.issue(""), "a label has 1 to 100 printable characters"),
        (lambda keyring: keyring.issue("a\nb"), "a label has 1 to 100 printable characters"),
        (lambda keyring: keyring.issue("x" * 101), "a label has 1 to 100 printable characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    act: object, sentence: str, keyring: TenantTokens, tenants: Tenants
) -> None:
    assert callable(act)

    with pytest.raises(TenantError, match=sentence):
        act(keyring)
    assert tenants.show("acme").tokens == ()


def test_a_revoked_token_is_forgotten(tenants: Tenants, keyring: TenantTokens) -> None:
    first, second = keyring.issue("first").token, keyring.issue("second").token

    assert keyring.revoke(first.id) == first
    assert tenants.show("acme").tokens == (second,)


def test_expired_tokens_are_forgotten_when_one_is_issued(
    tenants: Tenants, keyring: TenantTokens, clock: Clock
) -> None:
    keyring.issue("short", days=1)
    clock.go_on(2 * 86_400)
    keyring.issue("next")

    assert labels(tenants) == ["next"]


def test_a_tenant_has_so_many_live_tokens_and_no_more(
    tenants: Tenants, keyring: TenantTokens
) -> None:
    one = tenants.show("acme")
    keyring.issue("first")
    services_content = {"id": "x", "digest": "0" * 64, "label": "many"}
    dates = {"created": one.created, "expires": "2027-01-01T00:00:00.000Z"}
    many = [{**services_content, **dates}] * MAX_TOKENS
    tenants.change("acme", lambda content: {**content, "tokens": many})

    with pytest.raises(TenantError, match="at most 50 live tokens"):
        keyring.issue("one more")
    assert len(tenants.show("acme").tokens) == MAX_TOKENS


def test_a_rotation_that_another_change_overtakes_loses_nothing(
    services: Services, tenants: Tenants, keyring: TenantTokens
) -> None:
    keyring.issue("entra")
    client = services.clients.secretsmanager
    with preceded(client, "UpdateSecretVersionStage", lambda: keyring.issue("other")):
        keyring.rotate(None, DAY)

    assert labels(tenants) == ["entra", "other", "entra"]


def test_of_two_rotations_at_once_the_second_has_to_look_again(
    services: Services, tenants: Tenants, keyring: TenantTokens
) -> None:
    keyring.issue("entra")
    client = services.clients.secretsmanager
    faster = preceded(client, "PutSecretValue", lambda: keyring.rotate(None, DAY))
    with faster, pytest.raises(TenantError, match="was changed meanwhile"):
        keyring.rotate(None, DAY)

    assert len(tenants.show("acme").tokens) == 2


def test_a_secret_that_was_changed_too_often_in_a_day_says_so(
    services: Services, keyring: TenantTokens
) -> None:
    client = services.clients.secretsmanager
    refused = answering(client, "PutSecretValue", refusal("LimitExceededException"))
    with refused, pytest.raises(Unavailable, match="about a hundred times today"):
        keyring.issue("one more")


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def endings(tenants: Tenants, *used: str, at: datetime = NOW) -> list[ExpiringToken]:
    uses = {each: TokenUse(each, "2025-12-31T00:00:00.000Z", "2025-12-31") for each in used}
    return list(expiring_tokens(tenants.show("acme"), uses, at))


def test_a_token_is_told_of_before_it_ends(tenants: Tenants, keyring: TenantTokens) -> None:
    token = keyring.issue("entra", days=40).token
    told = [
        each.days
        for passed in range(42)
        for each in endings(tenants, at=NOW + passed * DAY)
        if each.is_due
    ]

    assert told == [30, 14, 7, 3, 2, 1]
    (last,) = endings(tenants, token.id, at=NOW + 39.5 * DAY)
    assert last.sentence() == (
        f"the token {token.id} (entra) of acme expires in 1 day, 2026-02-10T00:00:00.000Z; "
        "it was last used on 2025-12-31. Replace it: rollcall handover acme"
    )


def test_a_token_whose_successor_is_in_use_is_no_matter(
    tenants: Tenants, keyring: TenantTokens
) -> None:
    old = keyring.issue("entra").token
    new = keyring.rotate(None, 7 * DAY).token

    assert endings(tenants, new.id) == []
    (ends,) = endings(tenants, old.id)
    assert (ends.token.id, ends.days, ends.is_due) == (old.id, 7, True)
    assert "has it been entered in the identity provider?" in notification([ends])


def test_tokens_of_a_closed_tenant_are_no_matter(tenants: Tenants, keyring: TenantTokens) -> None:
    keyring.issue("entra", days=1)
    tenants.disable("acme")

    assert endings(tenants) == []
