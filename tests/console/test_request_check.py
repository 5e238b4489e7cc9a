"""Who else is on the machine: other pages, other ports, other users, and what they get."""

from __future__ import annotations

import asyncio
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from rollcall.console import console_server, rendering, request_check
from rollcall.console.console_application import application
from rollcall.console.request_check import FOLLOWING
from rollcall.console.sign_in import CODE_SECONDS, IDLE_SECONDS, ConsoleSignIn
from rollcall.console.view import DEPLOYMENT, ConsoleState
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.console.consoles import ORIGIN, OURS, PORT, Visitor, console, visitor
from tests.directory.people import user
from tests.operations.operators import operator_of

ASKS = {"Content-Length": "1", DEPLOYMENT: "0"}

PROMISED = {
    "cache-control": "no-store",
    "content-security-policy": rendering.policy(),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer has."""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ann(services: Services) -> Visitor:
    return visitor(services)


def signed_in(client: TestClient, sign_in: ConsoleSignIn) -> int:
    code = sign_in.link.partition("#")[2]
    return int(client.post("/sign-in", content=code, headers=OURS).status_code)


def test_the_link_works_once(services: Services) -> None:
    client, sign_in = console(services)

    assert signed_in(client, sign_in) == 200
    assert signed_in(client, sign_in) == 403


def test_the_link_works_for_a_minute(services: Services) -> None:
    clock = Clock()
    client, sign_in = console(services, ConsoleSignIn(PORT, clock))
    clock.now += CODE_SECONDS + 1

    assert signed_in(client, sign_in) == 403
    assert not sign_in.is_waiting()


def test_a_wrong_code_opens_nothing_and_the_right_one_still_does(services: Services) -> None:
    client, sign_in = console(services)

    assert client.post("/sign-in", content="wrong", headers=OURS).status_code == 403
    assert client.post("/sign-in", content="ü\udcff".encode(errors="replace"), headers=OURS)
    assert signed_in(client, sign_in) == 200


def test_the_cookie_is_of_this_port_and_path_and_no_script_reads_it(services: Services) -> None:
    client, sign_in = console(services)
    code = sign_in.link.partition("#")[2]
    cookie = client.post("/sign-in", content=code, headers=OURS).headers["set-cookie"]

    assert cookie.startswith(f"rollcall-{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Path={sign_in.path}/" in cookie


def test_nothing_is_shown_without_the_session(services: Services) -> None:
    client, sign_in = console(services)

    answer = client.get(f"{sign_in.path}/", headers=OURS)

    assert answer.status_code == 401
    assert "rollcall console" in answer.text
    assert client.get("/elsewhere/", headers=OURS).status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        f"localhost:{PORT}",
        "127.0.0.1",
        "127.0.0.1:80",
        f"127.0.0.1:{PORT}.",
        f"127.0.0.1.:{PORT}",
        f"127.0.0.1:0{PORT}",
        f"127.1:{PORT}",
        f"2130706433:{PORT}",
        f"[::1]:{PORT}",
        f"[::ffff:127.0.0.1]:{PORT}",
        f"ann@127.0.0.1:{PORT}",
        f"127.0.0.1:{PORT}, evil.test",
        f"evil.test:{PORT}",
        f"127.0.0.1.evil.test:{PORT}",
    ],
)
def test_another_name_of_the_host_is_refused(ann: Visitor, host: str) -> None:
    answer = ann.client.get(f"{ann.root}/", headers={**OURS, "Host": host})

    assert answer.status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": ORIGIN},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    services: Services, ann: Visitor, headers: dict[str, str]
) -> None:
    name, _ = ann.plan("create", name="acme")

    answer = ann.client.post(f"{ann.root}/plans/{name}", headers=headers)

    assert answer.status_code == 403
    assert list(services.tenants.names()) == []


@pytest.mark.parametrize("site", ["same-site", "cross-site", ""])
def test_a_page_of_another_port_cannot_lead_here(ann: Visitor, site: str) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}

    assert ann.client.get(f"{ann.root}/", headers=headers).status_code == 403


def test_to_read_changes_nothing(services: Services, ann: Visitor) -> None:
    name, _ = ann.plan("create", name="acme")

    for path in (f"/plans/{name}", "/acts/create?name=acme", "/work/x/again"):
        assert ann.client.get(f"{ann.root}{path}", headers=OURS).status_code in {404, 405}
    assert list(services.tenants.names()) == []


def test_two_consoles_at_once_do_not_open_each_other(services: Services) -> None:
    first, one = console(services)
    second, two = console(services)
    assert signed_in(first, one) == 200
    assert signed_in(second, two) == 200
    value = first.cookies[one.cookie]

    answer = TestClient(second.app, base_url=ORIGIN).get(
        f"{two.path}/", headers={**OURS, "Cookie": f"{two.cookie}={value}"}
    )

    assert answer.status_code == 401
    assert one.path != two.path


@pytest.mark.parametrize(
    "cookies",
    [
        "{own}; {name}=evil",
        "{name}=evil; {own}",
        'json={{"a": [1, 2]}}; =; "; {own}',
        "\x01=\xff; a=b=c;;{own}",
    ],
)
def test_a_cookie_of_another_port_does_not_put_the_person_out(
    cookies: str, services: Services
) -> None:
    client, sign_in = console(services)
    assert signed_in(client, sign_in) == 200
    own = f"{sign_in.cookie}={client.cookies[sign_in.cookie]}"
    client.cookies.clear()
    sent = cookies.format(own=own, name=sign_in.cookie).encode("latin-1")
    for value, status in ((sent, 200), (sent.replace(own.encode(), b""), 401)):
        headers: dict[str, Any] = {**OURS, "Cookie": value}
        answer = client.get(f"{sign_in.path}/work", headers=headers)
        assert answer.status_code == status


def test_the_value_of_the_session_is_never_one_that_another_has_set(services: Services) -> None:
    client, sign_in = console(services)
    client.cookies.set(sign_in.cookie, "fixed", path=f"{sign_in.path}/")
    assert signed_in(client, sign_in) == 200

    fixed = {**OURS, "Cookie": f"{sign_in.cookie}=fixed"}
    client.cookies.clear()

    assert client.get(f"{sign_in.path}/work", headers=fixed).status_code == 401


def test_of_many_at_once_one_opens_the_link() -> None:
    sign_in = ConsoleSignIn(PORT)
    code = sign_in.link.partition("#")[2]
    with ThreadPoolExecutor(16) as threads:
        opened = list(threads.map(sign_in.open, [code] * 64))

    assert len([each for each in opened if each]) == 1


def test_the_session_ends_after_half_an_hour_without_the_person(services: Services) -> None:
    clock = Clock()
    client, sign_in = console(services, ConsoleSignIn(PORT, clock))
    assert signed_in(client, sign_in) == 200
    for _ in range(4):
        clock.now += IDLE_SECONDS / 2
        assert client.get(f"{sign_in.path}/", headers=OURS).status_code == 200
    following = {**OURS, FOLLOWING: "1"}
    for _ in range(2):
        clock.now += IDLE_SECONDS / 2
        assert client.get(f"{sign_in.path}/work", headers=following).status_code == 200

    clock.now += 1

    assert client.get(f"{sign_in.path}/work", headers=following).status_code == 401
    assert sign_in.has_ended()


def test_every_answer_says_that_nobody_keeps_frames_or_names_it(
    services: Services, ann: Visitor
) -> None:
    user(operator_of(services).services.directory("acme"), "ann@corp.test")
    written = ann.ended(ann.send("/t/acme/people/ann@corp.test/file").text)
    (file,) = re.findall(r'<a href="([^"]+)" download>', written)
    root, form = ann.root, {"Content-Type": "multipart/form-data"}
    asked: dict[int, list[tuple[str, str, dict[str, str]]]] = {
        200: [
            ("GET", "/", OURS),
            ("HEAD", f"{root}/", OURS),
            ("GET", f"{root}/work", OURS),
            ("GET", file, OURS),
        ],
        307: [("GET", f"{root}/t/acme", OURS)],
        400: [("POST", f"{root}/acts/create", {**OURS, **form})],
        403: [("POST", "/sign-in", {}), ("POST", "/sign-in", OURS), ("GET", f"{root}/", {})],
        404: [("GET", "/nowhere", OURS), ("GET", f"{root}/t/A%00b/", OURS)],
        405: [("TRACE", f"{root}/", OURS), ("PUT", "/", OURS), ("BREW", "/", OURS)],
        409: [("GET", f"{root}/t/nobody/", OURS), ("POST", f"{root}/acts/none", OURS)],
        413: [("POST", f"{root}/acts/create", {**OURS, "Content-Length": "9999999"})],
        421: [("GET", "/", {**OURS, "Host": "evil.test"})],
    }
    answers = [
        (status, ann.client.request(method, path, headers=ASKS | headers, follow_redirects=False))
        for status, requests in asked.items()
        for method, path, headers in requests
    ]
    ann.client.cookies.clear()
    answers.append((401, ann.client.get(f"{root}/", headers=OURS)))
    answers.append((500, faulty()))

    for status, answer in answers:
        assert (answer.status_code, answer.request.url) == (status, answer.request.url)
        assert {name: answer.headers.get(name) for name in PROMISED} == PROMISED


def faulty() -> Any:
    """Return the answer of a console that has a fault."""

    def connect(_: DeploymentChoice) -> Operator:
        raise RuntimeError("a fault")

    sign_in = ConsoleSignIn(PORT)
    app = application(ConsoleState(sign_in, Workplace(connect, None, DeploymentChoice())))
    client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
    assert signed_in(client, sign_in) == 200
    return client.get(f"{sign_in.path}/", headers=OURS)


def test_the_policy_allows_one_script_and_one_style_and_no_evaluation() -> None:
    policy = rendering.policy()

    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'none'" in policy
    assert "base-uri 'none'" in policy


def test_a_body_is_bounded(ann: Visitor) -> None:
    answer = ann.send("/acts/create", {"name": "x" * 300_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/acts/create", "/t/acme/first-cycle/upload"])
@pytest.mark.parametrize(
    "length",
    [
        {},
        {"Content-Length": "9999999999"},
        {"Content-Length": "+1"},
        {"Content-Length": "-1"},
        {"Content-Length": "1" * 5_000},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "1", "Transfer-Encoding": "chunked"},
    ],
)
def test_a_body_says_in_one_way_how_long_it_is(
    path: str, length: dict[str, str], ann: Visitor
) -> None:
    url = path if path == "/sign-in" else ann.root + path
    request = ann.client.build_request("POST", url, headers=OURS)
    request.headers.pop("Content-Length", None)
    request.headers.update(length)

    assert ann.client.send(request).status_code == 413


def test_a_body_that_does_not_come_in_time_counts_as_broken_off(
    monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    monkeypatch.setattr(request_check, "BODY_SECONDS", 0)
    client, _ = console(services)
    length = (b"content-length", b"5")
    own = [(name.lower().encode(), value.encode()) for name, value in OURS.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in",
        "headers": [(b"host", f"127.0.0.1:{PORT}".encode()), length, *own],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]

    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_only_its_owner_reads_the_file_that_opens_the_browser() -> None:
    link = ConsoleSignIn(PORT).link
    file = console_server.redirect_file(link)
    try:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert link in file.read_text()
    finally:
        file.unlink()


def test_no_template_lets_text_through_and_only_our_files_become_markup() -> None:
    room = Path(rendering.__file__).parent
    templates = {each.name: each.read_text() for each in (room / "html").glob("*.html")}
    spaceless = {name: text.replace(" ", "") for name, text in templates.items()}
    code = {each.name: each.read_text() for each in room.glob("*.py")}

    assert [name for name, text in spaceless.items() if "|safe" in text] == []
    assert [name for name, text in spaceless.items() if "autoescape" in text] == []
    assert [name for name, text in spaceless.items() if "hx-on" in text] == []
    assert [name for name, text in templates.items() if " style=" in text] == []
    assert [name for name, text in code.items() if "Markup" in text] == ["rendering.py"]
    made = [line.strip() for line in code["rendering.py"].splitlines() if "Markup(" in line]
    assert [line for line in made if 'Markup("' not in line and "Markup('" not in line] == [
        '"style": Markup(style()),  # noqa: S704  # what is in `assets`',
        '"script": Markup(script()),  # noqa: S704',
    ]


def test_the_vendored_file_is_the_one_that_is_named() -> None:
    from hashlib import sha256

    assets = Path(rendering.__file__).parent / "assets"
    digest = sha256((assets / "htmx.min.js").read_bytes()).hexdigest()

    assert f"`{digest}`" in (assets / "README.md").read_text()
    assert "0BSD" in (assets / "README.md").read_text()
    assert sorted(each.name for each in assets.iterdir()) == [
        "README.md",
        "console.css",
        "console.js",
        "htmx.min.js",
    ]
