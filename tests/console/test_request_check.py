"""Who else is on the machine: other pages, other ports, other users, and what they get."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rollcall.console import console_server, rendering
from rollcall.console.request_check import FOLLOWING
from rollcall.console.sign_in import CODE_SECONDS, IDLE_SECONDS, ConsoleSignIn
from rollcall.runtime.services import Services
from tests.console.consoles import ORIGIN, OURS, PORT, Visitor, console, visitor


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
    "host", ["localhost", f"localhost:{PORT}", "127.0.0.1", "127.0.0.1:80", f"evil.test:{PORT}"]
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


def test_every_answer_says_that_nobody_keeps_frames_or_names_it(ann: Visitor) -> None:
    for path in ("/", f"{ann.root}/", "/nowhere"):
        headers = ann.client.get(path, headers=OURS).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_policy_allows_one_script_and_one_style_and_no_evaluation() -> None:
    policy = rendering.policy()

    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_a_body_is_bounded(ann: Visitor) -> None:
    answer = ann.send("/acts/create", {"name": "x" * 300_000})

    assert answer.status_code == 413


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
