"""One deadline for a request: what AWS does not do by then is answered with 503, and by us."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from rollcall.aws.deadline import seconds_left, within
from rollcall.aws.retry import Retry
from rollcall.http.routes import EVERYTHING
from rollcall.http.time_limit import RESERVE
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.scim.errors import ERROR, Unavailable
from rollcall.storage.table import FEW_BATCHES, MAX_BATCH
from tests.faults.proxy import Fault, Proxy, always
from tests.http.api import Api
from tests.sam.test_gateway import event, loop
from tests.storage.faults import Time, registered

KEY = {"pk": "acme#X", "sk": "A"}
TRIES = 4
"""Those of the SDK."""


class Context:
    """The time that Lambda says a function has left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


def test_without_a_deadline_the_sdk_makes_all_its_tries(proxied: Services, proxy: Proxy) -> None:
    with proxy.faults(always(Fault.FAILED)) as counted, pytest.raises(Unavailable):
        proxied.table.get(KEY)

    assert counted[Fault.FAILED] == TRIES


def test_no_try_is_made_when_the_deadline_is_over(proxied: Services, proxy: Proxy) -> None:
    with proxy.faults(always(Fault.FAILED)) as counted, within(0):
        with pytest.raises(Unavailable, match="in time"):
            proxied.table.get(KEY)
        with pytest.raises(Unavailable, match="in time"):
            proxied.secrets.read("acme")

    assert not counted


def test_readers_of_many_items_keep_to_the_deadline_in_all_their_threads(
    proxied: Services, proxy: Proxy
) -> None:
    many = [{"pk": "acme#X", "sk": str(number)} for number in range(FEW_BATCHES * MAX_BATCH)]
    with proxy.faults(always(Fault.FAILED)) as counted, within(0), pytest.raises(Unavailable):
        proxied.table.get_many(many)

    assert not counted


def test_no_further_try_is_made_where_the_pause_before_it_may_outlast_the_deadline(
    proxied: Services, proxy: Proxy
) -> None:
    with proxy.faults(always(Fault.THROTTLED)) as counted, within(0.9), pytest.raises(Unavailable):
        proxied.table.get(KEY)

    assert counted[Fault.THROTTLED] == 1


def test_a_try_waits_no_longer_for_its_answer_than_to_the_deadline(proxied: Services) -> None:
    waits: list[float] = []

    def note(context: Any, **_: Any) -> None:
        waits.append(context["read_timeout"])

    client = proxied.clients.dynamodb
    with registered(client, "response-received.dynamodb.GetItem", note), within(3):
        proxied.table.get(KEY)

    assert 0 < waits[0] <= 3


def test_a_deadline_within_another_is_the_earlier_of_both() -> None:
    with within(100):
        with within(1_000):
            assert seconds_left() <= 100
        with within(1):
            assert seconds_left() <= 1
        assert seconds_left() > 1


def test_what_lost_against_others_is_not_tried_again_after_the_deadline() -> None:
    time = Time()
    with within(0):
        tries = list(Retry(clock=time.clock, sleep=time.sleep).attempts())

    assert len(tries) == 1


@pytest.mark.usefixtures("loop")
def test_a_request_has_the_time_of_its_function_less_what_its_answer_takes(
    proxied: Services, proxy: Proxy
) -> None:
    token = proxied.tenants.create("timed")
    log = logger(io.StringIO())
    handle: Any = behind_gateway(application(proxied, EVERYTHING, log))
    path = "/scim/timed/v2/Users"

    def ask(seconds: float, name: str) -> Any:
        return handle(event(token, "POST", path, path, {"userName": name}), Context(seconds))

    with proxy.faults(always(Fault.FAILED)) as counted:
        late = ask(RESERVE, "late")
    in_time = ask(RESERVE + 26, "early")

    refused(late["statusCode"], late["headers"], json.loads(late["body"]))
    assert not counted
    assert in_time["statusCode"] == 201


def test_a_request_of_the_local_server_has_the_time_that_the_settings_say(
    proxied: Services, proxy: Proxy
) -> None:
    hurried = Services(replace(proxied.settings, request_seconds=0), proxied.clients)
    api = Api(hurried)

    with proxy.faults(always(Fault.FAILED)) as counted:
        answer = api.send("GET", "/Users/none")

    refused(answer.status_code, dict(answer.headers), answer.json())
    assert not counted


def test_a_function_that_no_client_waits_for_ends_its_work_before_its_time_is_over(
    proxied: Services, proxy: Proxy
) -> None:
    with (
        proxy.faults(always(Fault.FAILED)) as counted,
        in_time(Context(RESERVE)),
        pytest.raises(Unavailable),
    ):
        proxied.table.get(KEY)

    assert not counted


def refused(status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
    """Check that an answer says to try again, in SCIM's words."""
    assert status == 503
    assert int(headers["retry-after"]) >= 1
    assert headers["content-type"] == "application/scim+json"
    assert (body["schemas"], body["status"]) == ([ERROR], "503")


__all__ = ["loop"]
