"""The signing keys of a deployment, as Secrets Manager labels their versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.aws.signing_keys import MIN_AGE, SIGNS_AFTER, SigningKeys
from rollcall.operator_error import OperatorError
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.tenants.oauth_clients import MAX_TOKEN_SECONDS
from tests.storage.faults import answering, counted, losing, refusal
from tests.tenants.conftest import Calls, Clock


def another(services: Services, clock: Clock) -> SigningKeys:
    secret = services.settings.signing_keys
    return SigningKeys(services.clients.secretsmanager, secret, lambda: clock.now)


def test_nothing_is_read_before_a_key_is_needed(signing_keys: SigningKeys, calls: Calls) -> None:
    assert calls.made == []

    signing_keys.current()

    assert calls.made == ["GetSecretValue"] * 2


def test_the_key_is_no_part_of_what_is_printed(signing_keys: SigningKeys) -> None:
    key = signing_keys.current()

    assert key.key.decode() not in repr(key)
    assert len(key.key) >= 32


def test_there_are_two_generations(signing_keys: SigningKeys, clock: Clock) -> None:
    first = signing_keys.current()
    second = signing_keys.rotate()
    clock.go_on(3600)

    assert signing_keys.current() == second
    assert signing_keys.find(first.id) == first
    assert first.key != second.key
    clock.go_on(MIN_AGE.total_seconds())
    third = signing_keys.rotate()
    clock.go_on(3600)
    assert signing_keys.find(first.id) is None
    assert signing_keys.find(second.id) == second
    assert signing_keys.find(third.id) == third


def test_a_new_key_signs_when_everybody_can_have_read_it(services: Services, clock: Clock) -> None:
    clock.now = datetime.now(UTC)
    keys = another(services, clock)
    first = keys.current()  # the only one, however new it is
    second = keys.rotate()
    clock.now = second.created + timedelta(seconds=6)
    late = another(services, clock)

    assert late.current() == first
    assert late.find(second.id) == second
    clock.now = second.created + SIGNS_AFTER
    assert late.current() == second


def test_after_two_rotations_at_once_no_key_signs_that_is_gone(
    services: Services, signing_keys: SigningKeys, clock: Clock
) -> None:
    token_endpoint = another(services, clock)
    leaked = token_endpoint.current()
    signing_keys.rotate()
    signing_keys.rotate(force=True)
    clock.go_on(5)

    signing = token_endpoint.current()

    assert another(services, clock).find(signing.id) == signing
    assert another(services, clock).find(leaked.id) is None


def test_a_key_that_is_not_known_is_read_at_once_and_then_after_a_while(
    services: Services, signing_keys: SigningKeys, clock: Clock, calls: Calls
) -> None:
    other = another(services, clock)
    other.current()
    new = signing_keys.rotate()
    calls.made.clear()
    assert other.find(new.id) is None  # it was read just now
    assert calls.made == []

    clock.go_on(5)
    assert other.find(new.id) == new
    assert calls.made == ["GetSecretValue"] * 2


def test_a_key_is_not_rotated_while_tokens_of_the_one_before_may_be_valid(
    signing_keys: SigningKeys, clock: Clock
) -> None:
    assert timedelta(seconds=MAX_TOKEN_SECONDS) + SIGNS_AFTER < MIN_AGE
    signing_keys.rotate()  # nothing is lost: there was no key before

    with pytest.raises(OperatorError, match="tokens of the key before it may be in use"):
        signing_keys.rotate()
    clock.go_on(MIN_AGE.total_seconds())
    signing_keys.rotate()


def test_two_who_rotate_at_once_make_one_version_and_one_of_them_is_refused(
    services: Services, signing_keys: SigningKeys, clock: Clock
) -> None:
    client = services.clients.secretsmanager
    with counted(client) as made:
        for _ in range(2):
            # Secrets Manager refuses a version that exists with another content.
            taken = answering(client, "PutSecretValue", refusal("ResourceExistsException"))
            with taken, pytest.raises(OperatorError, match="somebody else"):
                another(services, clock).rotate()

    puts = [each.body for each in made if each.operation == "PutSecretValue"]
    assert puts[0]["ClientRequestToken"] == puts[1]["ClientRequestToken"]
    assert puts[0]["SecretString"] != puts[1]["SecretString"]


def test_a_rotation_whose_answer_was_lost_is_not_repeated_at_once(
    services: Services, signing_keys: SigningKeys, clock: Clock
) -> None:
    first = signing_keys.current()
    lost = losing(services.clients.secretsmanager, "PutSecretValue")
    with lost, pytest.raises(Unavailable):
        signing_keys.rotate()
    with pytest.raises(OperatorError, match="was rotated at"):
        signing_keys.rotate()

    clock.go_on(3600)
    assert signing_keys.find(first.id) == first
    assert signing_keys.current() != first


def test_keys_that_cannot_be_read_are_unavailable(
    services: Services, signing_keys: SigningKeys
) -> None:
    throttled = refusal("ThrottlingException")
    client = services.clients.secretsmanager
    with answering(client, "GetSecretValue", throttled), pytest.raises(Unavailable):
        signing_keys.find("0" * 8)
    with answering(client, "GetSecretValue", None, throttled), pytest.raises(Unavailable):
        signing_keys.current()
    assert signing_keys.current()
