"""`rollcall gallery`: where secrets come from, what is printed, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from rollcall.cli import app
from rollcall.gallery.validator import TESTS
from rollcall.operations.gallery_check import REQUIREMENTS, GalleryRequirement
from tests.command import ENVIRONMENT, PROGRAM, program, rollcall
from tests.gallery.wrong_server import CLIENT, SECRET, TOKEN, Defect, WrongServer, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return str(file)


def test_a_right_server_ends_with_0(tmp_path: Path, token_file: str) -> None:
    with serving() as (url, _):
        done = rollcall(tmp_path, "gallery", "check", url, "--token-file", token_file)

    assert (done.returncode, done.stderr.count("error")) == (0, 0)
    assert "21 passed, 1 skipped, 1 not tried" in done.stdout
    assert "one sign-in test to pass, too" in done.stdout


def test_a_failed_mandatory_test_ends_with_1_and_says_why(tmp_path: Path, token_file: str) -> None:
    with serving(Defect.USER_LOOKUP_IS_404) as (url, _):
        done = rollcall(tmp_path, "gallery", "check", url, "--token-file", token_file)

    assert done.returncode == 1
    assert "the answer was 404 (nobody); Microsoft expects 200." in done.stdout
    assert "1 mandatory test failed: the validator would refuse." in done.stdout


def test_a_warning_ends_with_0(tmp_path: Path, token_file: str) -> None:
    with serving(Defect.DELETED_GROUP_READ) as (url, _):
        done = rollcall(tmp_path, "gallery", "check", url, "--token-file", token_file)

    assert done.returncode == 0
    assert "1 warning" in done.stdout


def test_what_is_left_is_named_and_ends_with_1(tmp_path: Path, token_file: str) -> None:
    with serving(Defect.DELETE_REFUSED) as (url, _):
        done = rollcall(tmp_path, "gallery", "check", url, "--token-file", token_file)

    assert done.returncode == 1
    assert "not deleted: /Users/1 (userName gallery-check-" in done.stdout


def test_programs_get_every_test_with_its_mismatches(tmp_path: Path, token_file: str) -> None:
    with serving(Defect.DEPARTMENT_NOT_LISTED) as (url, _):
        done = rollcall(tmp_path, "gallery", "check", url, "--token-file", token_file, "--json")

    report = json.loads(done.stdout)
    (failed,) = [each for each in report["tests"] if each["outcome"] == "failed"]
    (mismatch,) = failed["mismatches"]
    assert (failed["name"], failed["mandatory"]) == ("Schema_Discoverability_Test", True)
    assert mismatch["attribute"].endswith("enterprise:2.0:User:department")
    assert mismatch.keys() == {"attribute", "sent", "received", "expected", "sentence"}
    assert (report["failed"], report["succeeded"], report["leftovers"]) == (1, False, [])


def test_client_credentials_sign_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    words = ("--client-id", CLIENT, "--client-secret-file", str(secret), "--token-url")
    with serving() as (url, server):
        done = rollcall(tmp_path, "gallery", "check", url, *words, f"{url}/token")

    assert done.returncode == 0
    assert "The validator's direct tests would succeed." in done.stdout
    assert server.requests[:2] == ["POST /token", "GET /Users?startIndex=1&count=1"]


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    words = ("--client-id", CLIENT, "--token-url")
    with serving() as (url, _):
        bearer = rollcall(tmp_path, "gallery", "check", url, ROLLCALL_CHECK_TOKEN=TOKEN)
        client = rollcall(
            tmp_path, "gallery", "check", url, *words, f"{url}/token", ROLLCALL_CHECK_SECRET=SECRET
        )  # fmt: skip

    assert (bearer.returncode, client.returncode) == (0, 0)


def test_a_token_comes_from_standard_input(tmp_path: Path) -> None:
    with serving() as (url, _):
        done = program(tmp_path, "gallery", "check", url, "--token-file", "-", typed=f"{TOKEN}\n")

    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("https://x.example", "no bearer token: give a file, or ROLLCALL_CHECK_TOKEN"),
        ("https://x.example --client-id a", "--client-id needs --token-url"),
        ("https://x.example --client-secret-file TOKEN", "needs --client-id"),
        ("https://x.example --assertion-file TOKEN", "belong together"),
        ("https://x.example --federated-client-id a --token-url https://y", "belong together"),
        ("https://x.example --token-url http://y.example --client-id a", "no client secret"),
        ("https://x.example --token-file nowhere", "nowhere: No such file or directory"),
        ("https://x.example --token-file EMPTY", "holds no token or secret"),
        ("http://x.example --token-file TOKEN", "without encryption: use https"),
        ("ftp://x.example --token-file TOKEN", "is no URL such as"),
        ("https://x.example:0 --token-file TOKEN", "is no URL such as"),
        ("scim --token-file TOKEN", "is no URL such as"),
        ("https://x.example:port --token-file TOKEN", "its port is not valid"),
        ("https://a:b@x.example --token-file TOKEN", "is no URL such as"),
        ("https://x.example/é --token-file TOKEN", "is no URL such as"),
        ("https://x.example?a=b --token-file TOKEN", "has a query"),
    ],
)
def test_what_cannot_begin_ends_with_2(
    words: str, sentence: str, tmp_path: Path, token_file: str
) -> None:
    (tmp_path / "empty").touch()
    known = {"TOKEN": token_file, "EMPTY": str(tmp_path / "empty")}

    done = rollcall(
        tmp_path, "gallery", "check", *(known.get(each, each) for each in words.split())
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_ctrl_c_deletes_what_was_created(tmp_path: Path, token_file: str) -> None:
    with serving() as (url, server):
        interrupted = interrupt_at_patch(url, server, token_file, tmp_path)

    assert interrupted.returncode not in {0, 2}
    assert any(each.startswith("POST /Users") for each in server.requests)
    assert server.users == {}


def test_ctrl_c_names_what_cannot_be_deleted(tmp_path: Path, token_file: str) -> None:
    with serving(Defect.DELETE_REFUSED) as (url, server):
        interrupted = interrupt_at_patch(url, server, token_file, tmp_path)

    assert len(server.users) == interrupted.stderr.count("not deleted: /Users/") > 0


def interrupt_at_patch(
    url: str, server: WrongServer, token_file: str, state: Path
) -> subprocess.CompletedProcess[str]:
    """Press Ctrl-C while the server works on the first PATCH."""
    command = [PROGRAM, "--state", str(state), "gallery", "check", url, "--token-file", token_file]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:

        def press(method: str) -> None:
            if method == "PATCH":
                server.on_request = lambda _: None
                os.kill(process.pid, signal.SIGINT)

        server.on_request = press
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def test_the_requirements_say_what_only_the_company_can_answer(tmp_path: Path) -> None:
    done = rollcall(tmp_path, "gallery", "attest", "--json")

    answered = {each["text"]: each["answered"] for each in json.loads(done.stdout)}
    assert answered["schema discovery"] == "built in"
    assert answered["100 common customers by the non-gallery way"] == "yours"


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.text)
def test_a_requirement_is_answered_on_a_page_and_by_a_test_that_exist(
    requirement: GalleryRequirement,
) -> None:
    pages = re.findall(r"docs/[a-z-]+\.md", requirement.where)
    tests = re.findall(r"\b\w+_Test\b", requirement.where)

    assert [page for page in pages if not (ROOT / page).is_file()] == []
    assert set(tests) <= {test.name for test in TESTS}
    for words in re.findall(r"`rollcall ([a-z ]+)", requirement.where):
        command: Any = get_command(app)
        for word in words.split():
            command = command.commands[word]
