"""The console in a browser that has been to other pages, and what clients may fill in there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from selenium import webdriver
from starlette.routing import compile_path

from rollcall.console.console_application import ROUTES
from tests.browser.conftest import Browser
from tests.browser.console_visit import console, signed_in
from tests.conftest import Server
from tests.console.hostile_tenant import fill

TRAP = """
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = () => { document.documentElement.dataset.trapped = name; };
}
"""

ELSEWHERE = """<!doctype html><title>elsewhere</title><body>
<form method="post" action="THERE" target="posted"><input name="tenant" value="TENANT"></form>
<iframe name="posted"></iframe><iframe src="THERE"></iframe><object data="THERE"></object>
<img src="THERE"><script src="THERE"></script><link rel="stylesheet" href="THERE">
<link rel="prefetch" href="THERE"><embed src="THERE"><video src="THERE"></video>
<script>
const found = [];
const note = (name) => (value) => found.push(`${name}: ${value}`);
const asked = [];
for (const mode of ["no-cors", "cors"]) {
  for (const method of ["GET", "POST", "HEAD"]) {
    const body = method === "POST" ? "a=b" : undefined;
    asked.push(fetch("THERE", { method, mode, credentials: "include", body })
      .then((answer) => answer.text()).then(note(`${mode} ${method}`), () => 0));
  }
}
for (const method of ["PUT", "DELETE"]) {
  asked.push(fetch("THERE", { method }).then(note(method), () => 0));
}
asked.push(new Promise((done) => {
  const source = new EventSource("THERE", { withCredentials: true });
  source.onopen = () => { found.push("event source"); done(); };
  source.onerror = () => { source.close(); done(); };
}));
asked.push(new Promise((done) => {
  const socket = new WebSocket("THERE".replace("http", "ws"));
  socket.onopen = () => { found.push("socket"); done(); };
  socket.onerror = () => done();
}));
navigator.sendBeacon("THERE", new URLSearchParams({ tenant: "TENANT" }));
document.forms[0].submit();
Promise.all(asked).then(() => setTimeout(() => {
  for (const frame of document.querySelectorAll("iframe, object, embed")) {
    try { if (frame.contentDocument?.body?.textContent) found.push(`${frame.tagName}`); } catch {}
  }
  document.title = JSON.stringify(found.filter((each) => !each.endsWith(": ")));
}, 300));
</script>
"""


FOREIGN = """
const foreign = Array.from(document.querySelectorAll("*")).filter((each) =>
  each.localName.includes("owned") || each.hasAttribute("owned")
  || /^(img|iframe|object|base)$/.test(each.localName)
  || Array.from(each.attributes).some((own) => /^(hx-)?on/.test(own.name)));
return [document.documentElement.dataset.trapped || "", foreign.length];
"""

LINKS = "return Array.from(document.querySelectorAll('main a[href]'), (each) => each.href)"

EVALUATED = r"""
const done = arguments[0], found = {};
setTimeout(() => {  // as a script of the page, and not of who drives the browser
for (const [name, act] of [["eval", () => eval("1")], ["Function", () => new Function("1")()]]) {
  try { act(); found[name] = "ran"; } catch (error) { found[name] = error.name; }
}
const main = document.getElementById("main");
main.insertAdjacentHTML("beforeend", `
  <button id="a" onclick="alert(1)">a</button>
  <button id="b" hx-on:click="alert(1)" hx-on::load="alert(1)">b</button>
  <button id="c" hx-get="?" hx-trigger="click[alert(1)]" hx-swap="none">c</button>
  <button id="d" hx-get="?" hx-vals="js:{a: alert(1)}" hx-swap="none">d</button>
  <button id="e" hx-get="http://127.0.0.2:9/" hx-swap="none">e</button>
  <a id="f" href="javascript:alert(1)">f</a>
  <img src="http://127.0.0.2:9/" onerror="alert(1)">
  <iframe srcdoc="<script>parent.alert(1)</script>"></iframe>
  <script>alert(1)</script>`);
const script = document.createElement("script");
script.textContent = "alert(1)";
main.append(script);
htmx.process(main);
for (const each of main.querySelectorAll("#a, #b, #c, #d, #e, #f")) each.click();
});
setTimeout(() => {
  found.trapped = document.documentElement.dataset.trapped ?? null;
  for (const name of ["allowEval", "allowScriptTags", "selfRequestsOnly", "includeIndicatorStyles",
    "historyEnabled", "historyCacheSize"]) found[name] = htmx.config[name];
  done(found);
}, 500);
"""


@contextmanager
def another_port(page: str) -> Iterator[str]:
    """Serve a page on another port of this machine; yields its URL."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_of_another_port_reads_and_changes_nothing(
    browser: Browser, root: str, server: Server
) -> None:
    tenant = server.tenant().name
    for path in (f"{root}/", f"{root}/acts/disable"):
        page = ELSEWHERE.replace("THERE", path).replace("TENANT", tenant)
        with another_port(page) as url:
            browser.driver.get(url)
            browser.until(lambda: browser.driver.title.startswith("["), "all is tried")
            assert json.loads(browser.driver.title) == []
            browser.driver.execute_script(f"location.href = '{path}'")
            browser.until(lambda: browser.driver.current_url != url, "it is led there")
            assert "Other pages may not lead here" in browser.driver.page_source
    browser.complaints()

    assert server.services.tenants.show(tenant).state == "active"
    browser.open(f"{root}/")
    assert browser.driver.title == "Tenants · Rollcall"


@pytest.fixture(scope="module")
def root(server: Server, chromium: webdriver.Chrome) -> Iterator[str]:
    """The URL below which the pages of a console are, that this browser has opened."""
    with console(server.state) as link:
        yield signed_in(Browser(chromium), link).root


@pytest.fixture
def trapped(browser: Browser) -> Iterator[Browser]:
    """The browser, which notes what a script would ask the person."""
    tell = browser.driver.execute_cdp_cmd
    trap = tell("Page.addScriptToEvaluateOnNewDocument", {"source": TRAP})
    yield browser
    tell("Page.removeScriptToEvaluateOnNewDocument", trap)


def test_no_text_of_a_client_runs_on_any_page(trapped: Browser, root: str, server: Server) -> None:
    tenant = server.tenant().name
    fill(server.services, tenant)
    visited = set[str]()
    pages = {each.path: compile_path(each.path)[0] for each in ROUTES if each.method == "GET"}
    waiting = [each.replace("{tenant}", tenant) for each in pages if "{" not in each[6:]]
    waiting.append(f"/t/{tenant}/log?text=owned&days=7")
    while waiting:
        path = waiting.pop()
        trapped.driver.get(f"{root}{path}")
        state = trapped.driver.execute_script(FOREIGN)
        assert state == ["", 0], path
        assert trapped.driver.title.endswith("· Rollcall"), path
        for each in trapped.driver.execute_script(LINKS):
            led = each.removeprefix(root).partition("?")[0]
            kind = next((page for page, form in pages.items() if form.fullmatch(led)), "")
            if kind and kind not in visited and "{" in kind[6:] and not kind.startswith("/files/"):
                visited.add(kind)
                waiting.append(led)
    assert {"/t/{tenant}/people/{person}", "/t/{tenant}/templates/{template}"} <= visited
    assert "/t/{tenant}/duplicates/{finding}" in visited


def test_nothing_is_evaluated_whatever_gets_into_a_page(trapped: Browser, root: str) -> None:
    trapped.driver.get(f"{root}/")
    trapped.requests()

    found = trapped.driver.execute_async_script(EVALUATED)

    assert found == {
        "eval": "EvalError",
        "Function": "EvalError",
        "trapped": None,
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "includeIndicatorStyles": False,
        "historyEnabled": False,
        "historyCacheSize": 0,
    }
    asked = [each["url"] for each in trapped.requests()]
    assert [each for each in asked if not each.startswith((f"{root}/", "data:"))] == []
    trapped.complaints()
    trapped.driver.execute_script("alert(1)")  # the trap works
    assert trapped.driver.execute_script("return document.documentElement.dataset.trapped") == (
        "alert"
    )
