"""The customer guide as a new customer goes through it, from the link to the first cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from demo.entra import Job, Source, connect
from demo.people import groups, staff
from demo.sign_in import ASSERTION, AccessTokens
from rollcall.dev.loopback_issuer import LoopbackIssuer
from tests.browser.conftest import Browser
from tests.browser.test_handover_page import choose, paste
from tests.command import rollcall
from tests.conftest import Server
from tests.engine import emulator_home


def test_from_the_link_to_the_first_cycle(server: Server, browser: Browser) -> None:
    # Step 1: support switches SCIM on and sends a link, and nobody has seen a token.
    made = rollcall(server.state, "tenants", "create", "guided", "--no-token")
    assert made.returncode == 0
    assert "rollcall_" not in made.stdout
    link = json.loads(rollcall(server.state, "handover", "guided", "--json").stdout)["link"]

    # Steps 5 to 12: the administrator opens the link and copies both values.
    browser.open(link)
    choose(browser, "token")
    browser.press("show")
    browser.until(lambda: browser.text("token"), "the token is shown")
    copied = {}
    for field in ("url", "token"):
        (button,) = browser.all(f"[data-copy={field}]")
        button.click()
        browser.until(lambda button=button: button.text == "Copied", "it is copied")
        copied[field] = browser.clipboard(link.partition("/handover")[0])
    browser.until(lambda: "waiting for Entra ID" in browser.text("signal-test"), "it waits")

    # Step 13: Test Connection, which the page notices.
    source = Source()
    with connect(copied["url"], copied["token"]) as client:
        job = Job(source, client)
        assert job.test_connection().good
        browser.until(lambda: "arrived" in browser.text("signal-test"), "the test has arrived")
        assert browser.text("signal-test").endswith("for the tenant guided")
        assert "The first request arrived" in browser.text("arrival")
        assert browser.all("#step-test input")[0].is_selected()
        assert browser.text("signal-accounts").endswith("none yet")
        browser.picture("handover-4-test-connection")

        # Users and groups are assigned, one is provisioned on demand, then the first cycle.
        people = staff(1, 12)
        source.add(*people, *groups(1, people))
        assert job.provision_on_demand(people[0].object_id).good
        assert job.run().good
    browser.until(lambda: "12 users" in browser.text("signal-accounts"), "they are counted")
    browser.picture("handover-8-first-cycle")

    # And none of it was done with a token that anybody else knows.
    (token,) = server.services.tenants.show("guided").tokens
    assert token.label == "hand-over"


@pytest.fixture
def trusting(tmp_path: Path) -> Iterator[Server]:
    """A server that trusts issuers on this machine."""
    emulator_home()
    started = Server(tmp_path, "--trust-loopback-issuer")
    try:
        yield started
    finally:
        started.stop()


def test_by_federation_and_by_a_secret_the_page_says_how_the_first_request_came(
    trusting: Server, browser: Browser
) -> None:
    with LoopbackIssuer() as issuer:
        for way, words in (
            ("federation", "by workload identity federation"),
            ("client_secret", "by OAuth client credentials"),
        ):
            name = way.replace("_", "-")
            trusting.services.tenants.add(name)
            offer = rollcall(trusting.state, "handover", name, "--json")
            browser.open(json.loads(offer.stdout)["link"])
            choose(browser, way)
            subject, audience = str(uuid4()), f"api://{uuid4()}"
            if way == "federation":
                values = {"issuer": issuer.issuer, "jwks": issuer.jwks}
                paste(browser, **values, subject=subject, audience=audience)
            browser.press("show")
            browser.until(lambda: browser.text("client-id"), "the client is shown")

            proof = {"client_id": browser.text("client-id")}
            if way == "federation":
                proof |= {
                    "client_assertion_type": ASSERTION,
                    "client_assertion": issuer.assertion(subject, audience),
                }
            else:
                proof["client_secret"] = browser.text("token")
            tokens = AccessTokens(browser.text("token-url"), proof.copy)
            with connect(browser.text("url"), tokens) as client:
                assert Job(Source(), client).test_connection().good

            browser.until(lambda: "arrived" in browser.text("signal-test"), "it has arrived")
            assert words in browser.text("signal-test")
            assert words in browser.text("arrival")
            browser.picture(f"handover-arrived-{way}")
            assert browser.violations() == []
