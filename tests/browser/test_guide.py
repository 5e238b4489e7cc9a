"""The customer guide as a new customer goes through it, from the link to the first cycle."""

from __future__ import annotations

import json

from demo.entra import Job, Source, connect
from demo.people import groups, staff
from tests.browser.conftest import Browser
from tests.browser.test_handover_page import choose
from tests.command import rollcall
from tests.conftest import Server


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
    assert "waiting for Entra ID" in browser.text("signal-test")

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
