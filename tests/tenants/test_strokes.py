"""Tokens and hand-overs, struck at every call: what was told is true, and a repetition is safe."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenant_tokens import IssuedToken, TenantTokens
from rollcall.tenants.tenants import TenantError
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.tenants.conftest import Clock, without_waits

pytestmark = pytest.mark.faults


DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def hurried(services: Services, clock: Clock) -> Services:
    """The same services with retries that take no time, and the clock of the test."""
    return without_waits(services, clock)


def client(services: Services, service: str) -> Any:
    return getattr(services.clients, service)


def opens(services: Services, clock: Clock, name: str, token: str) -> bool:
    """Tell whether a function that has read nothing yet lets a token in."""
    try:
        Authenticator(services.secrets, clock=lambda: clock.now).authenticate(
            name, f"Bearer {token}"
        )
    except UnauthorizedException:
        return False
    return True


@pytest.mark.parametrize("stroke", STROKES, ids=str)
@pytest.mark.parametrize(("service", "fewest"), [("dynamodb", 3), ("secretsmanager", 4)])
def test_a_token_is_shown_once_or_gone_wherever_its_press_is_struck(
    service: str,
    fewest: int,
    stroke: Stroke,
    hurried: Services,
    clock: Clock,
) -> None:
    desk = HandoverService(hurried.table, hurried.tenants)
    for number in count(1):
        hurried.tenants.add(name := f"a{uuid4().hex[:8]}")
        code, first = desk.offer(name, DAY).code, None
        with stroke.at(client(hurried, service), number) as calls, suppress(Ended, Unavailable):
            first = desk.reveal(code)
        if not calls.came:
            break

        clock.go_on(61)
        second = desk.reveal(code)

        assert not (first and second), "shown twice"
        kept = hurried.tenants.show(name).tokens
        if known := first or second:
            assert kept == (known.token,)
            assert opens(hurried, clock, name, known.plain)
        else:
            # It was noted as shown and the answer was lost: a new link takes it away.
            assert desk.offer(name, DAY).revoked == kept
            assert hurried.tenants.show(name).tokens == ()
    assert number > fewest


@pytest.mark.parametrize("stroke", STROKES, ids=str)
@pytest.mark.parametrize("overlap", [HOUR, timedelta()], ids=["overlap", "leaked"])
def test_a_rotation_that_is_struck_is_repeated_and_nobody_is_shut_out(
    overlap: timedelta, stroke: Stroke, hurried: Services, clock: Clock
) -> None:
    for number in count(1):
        old = hurried.tenants.create(name := f"a{uuid4().hex[:8]}")
        keyring, made = TenantTokens(hurried.tenants, name), list[IssuedToken]()
        with (
            stroke.at(hurried.clients.secretsmanager, number) as calls,
            suppress(Ended, Unavailable),
        ):
            made.append(keyring.rotate(None, overlap))
        if not calls.came:
            break
        assert made or opens(hurried, clock, name, old) or not overlap

        made.append(keyring.rotate(None, overlap))

        assert opens(hurried, clock, name, made[-1].plain)
        assert opens(hurried, clock, name, old) == bool(overlap)
        kept = hurried.tenants.show(name).tokens
        most = 3 if overlap else 1
        assert len(kept) <= most
        assert [each.id for each in kept if not each.successor] == [made[-1].token.id]
    assert number > 4


@pytest.mark.parametrize("stroke", STROKES, ids=str)
def test_issues_and_revocations_that_are_struck_are_repeated(
    stroke: Stroke, hurried: Services, clock: Clock
) -> None:
    for number in count(1):
        hurried.tenants.add(name := f"a{uuid4().hex[:8]}")
        keyring = TenantTokens(hurried.tenants, name)
        going, staying = keyring.issue("going"), keyring.issue("staying")
        with (
            stroke.at(hurried.clients.secretsmanager, number) as calls,
            suppress(Ended, Unavailable),
        ):
            keyring.revoke(going.token.id)
            keyring.issue("new")
        if not calls.came:
            break

        with suppress(TenantError):  # it is gone, and told so
            keyring.revoke(going.token.id)
        new = keyring.issue("new")

        assert not opens(hurried, clock, name, going.plain)
        assert opens(hurried, clock, name, staying.plain)
        assert opens(hurried, clock, name, new.plain)
        labels = [each.label for each in hurried.tenants.show(name).tokens]
        assert labels in (["staying", "new"], ["staying", "new", "new"])
    assert number > 8
