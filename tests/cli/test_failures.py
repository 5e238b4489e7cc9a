"""Two kinds of failure: what the operator can put right is a sentence and 2, ours a stack and 1."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.aws import refusing
from tests.command import ENVIRONMENT, PROGRAM, program, rollcall
from tests.conftest import Server

STACK = ("--stack", "prod", "tenants", "list")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
NOBODY = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}


def complaint(state: Path, *words: str, **environment: str) -> str:
    """Return the sentence with which the command ends."""
    done = rollcall(state, *words, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def test_a_fault_of_ours_ends_with_its_stack_and_exit_code_1(server: Server) -> None:
    name = server.tenant().name

    def damage(content: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in content.items() if key != "key"}

    server.services.secrets.change(name, damage)
    try:
        done = program(server.state, "tenants", "show", name)
    finally:
        server.services.tenants.delete(name)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.endswith("KeyError: 'key'\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("serve --port 99999", "'--port': Input should be less than or equal to 65535"),
        ("serve --port -1", "'--port': Input should be greater than or equal to 0"),
        ("serve --port http", "'--port'"),
        ("serve --host no.such.host.invalid", "no.such.host.invalid:8000 cannot be served"),
        (f"serve --host {'a' * 70}", "cannot be served"),
        ("serve --tenant No_Good", "a tenant's name has 1 to 40"),
        ("serve --endpoint-url 127.0.0.1:4566", "'127.0.0.1:4566' is no URL"),
        ("serve --endpoint-url http://127.0.0.1:99999", "'http://127.0.0.1:99999' is no URL"),
        ("serve --endpoint-url http://127.0.0.1:1", "http://127.0.0.1:1/ cannot be reached"),
        ("--endpoint-url nowhere tenants list", "'nowhere' is no URL"),
        ("--endpoint-url http://127.0.0.1:1 tenants list", "http://127.0.0.1:1 cannot be reached"),
        ("accounts", ""),
        ("accounts list", "Missing argument 'TENANT' (see rollcall accounts list --help)"),
        ("accounts lst first", "No such command 'lst'"),
        ("accounts list first --limit 0", "'--limit'"),
        ("accounts list first --limit -3", "'--limit'"),
        ("accounts list first --limit many", "'--limit'"),
        ("accounts list first --state gone", "'--state'"),
        ("accounts list first second", "unexpected extra argument(s) (second)"),
        ("accounts show first nobody", "there is no user nobody in first"),
        ("accounts merge first --keep a", "Missing option '--remove'"),
        ("access show first nobody", "there is no user nobody"),
        ("duplicates show first nothing", "there is no finding nothing in first"),
        ("duplicates dismiss first nothing", "no open or dismissed finding nothing in first"),
        ("duplicates list first --user nobody", "there is no user nobody in first"),
        ("duplicates save first report.html", "there is no report of first yet"),
        ("tokens issue first --days 0", "a token lives between 1 and 3650 days"),
        ("tokens issue first --days -1", "a token lives between 1 and 3650 days"),
        ("tokens rotate first --overlap -1h", "'-1h' is no duration"),
        ("tokens rotate first --overlap 999999d", "an overlap is between 0 and 90 days"),
        ("tokens revoke first nothing --yes", "first has no live token nothing"),
        ("handover first --expires 0", "a link opens for at most 14 days"),
        ("handover first --expires 999999d", "a link opens for at most 14 days"),
        ("handover first --days -1", "a token lives between 1 and 3650 days"),
        ("log first --since 999999d", "'999999d' is no moment"),
        ("log first --since yesterday", "'yesterday' is no moment"),
        ("log first --status 40", "'40' is no status"),
        ("tenants domains add first a@b", "is no mail domain"),
        ("templates show first nothing", "there is no template nothing"),
        ("events republish --batch nothing", "there is no batch nothing"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong_is_a_sentence_and_exit_code_2(
    words: str, sentence: str, server: Server, tmp_path: Path
) -> None:
    command = words.split()
    options = ["--state", str(tmp_path)] if command[0] == "serve" else []
    done = rollcall(server.state, *command, *options)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    if sentence:
        assert sentence in complaint(server.state, *command, *options)
    assert not any((tmp_path / "emulator").glob("*"))


@pytest.mark.parametrize("name", ["missing.json", "folder", "file/below.json"])
@pytest.mark.parametrize(
    "words",
    [
        "accounts import first FILE",
        "conflicts check first --idp-export FILE",
        "conflicts check first --idp-export good.json --assigned FILE",
        "templates set first FILE",
        "templates apply first --users FILE",
        "serve --extensions FILE",
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    words: str, name: str, server: Server, tmp_path: Path
) -> None:
    _files(tmp_path)
    sentence = complaint(server.state, *_with(words, tmp_path / name, tmp_path))

    assert sentence.startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("name", ["missing/new.csv", "folder", "file/below.csv"])
@pytest.mark.parametrize(
    "words",
    [
        "tenants export first FILE",
        "conflicts check first --idp-export good.json --csv FILE",
        "conflicts check first --idp-export good.json --html FILE",
        "duplicates save first FILE --form csv",
        "serve --events FILE",
        "serve --state FILE",
    ],
)
def test_a_file_that_cannot_be_written_is_named(
    words: str, name: str, server: Server, tmp_path: Path
) -> None:
    _files(tmp_path)
    if words.endswith("--state FILE"):
        name = {"missing/new.csv": "file", "folder": "file/below"}.get(name, name)
    if "duplicates" in words:
        rollcall(server.state, "duplicates", "run", "first")
    sentence = complaint(server.state, *_with(words, tmp_path / name, tmp_path))

    assert sentence.startswith(str(tmp_path / name).removesuffix("below.csv"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not valid JSON"),
        ("[" * 100_000, "nests more than 64 deep"),
        ("[]", "extensions are declared as"),
        ('{"User": null}', "extensions are declared as"),
        ('{"User": {}}', "extensions are declared as"),
        ('{"Device": []}', "extensions are declared as"),
        ('{"User": [1]}', "extension schema"),
        ('{"User": [{"id": "urn:x:1", "name": "X", "attributes": [{}]}]}', "extension schema"),
    ],
)
def test_a_malformed_extension_is_a_sentence_and_begins_no_data_afresh(
    content: str, sentence: str, tmp_path: Path
) -> None:
    file, kept = tmp_path / "extensions.json", tmp_path / "emulator" / "aws" / "kept.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    file.write_text(content)

    assert sentence in complaint(tmp_path, "serve", "--fresh", "--extensions", str(file))
    assert kept.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROLLCALL_LEVELS", "read,,!"),
        ("ROLLCALL_LOG_DAYS", "many"),
        ("ROLLCALL_INACTIVE_DAYS", "-1"),
    ],
)
def test_an_environment_that_cannot_be_read_is_a_sentence(
    name: str, value: str, server: Server
) -> None:
    environment = {"AWS_ENDPOINT_URL": server.running.endpoint_url, name: value}

    said = complaint(server.state, "tenants", "list", **environment)
    assert value.rsplit(",", maxsplit=1)[-1] in said


def test_without_a_region_or_credentials_it_says_what_to_set(tmp_path: Path) -> None:
    region = {"AWS_DEFAULT_REGION": "eu-west-1"}

    assert complaint(tmp_path, *STACK, **NOBODY).startswith("no AWS region is set")
    assert complaint(tmp_path, *STACK, **NOBODY, **region).startswith(
        "there are no AWS credentials"
    )
    assert "AWS profile nothing" in complaint(
        tmp_path, *STACK, **NOBODY, **region, AWS_PROFILE="nothing"
    )


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        ("ExpiredToken", "", "the AWS credentials have expired: sign in again"),
        ("InvalidClientTokenId", "", "AWS does not accept the credentials"),
        (
            "AccessDenied",
            "User: arn:aws:iam::1:user/bob is not authorized to perform: "
            "cloudformation:DescribeStacks on resource: arn:aws:cloudformation:stack/prod",
            "the AWS credentials do not permit cloudformation:DescribeStacks",
        ),
        ("ValidationError", "Stack with id prod does not exist", "there is no stack prod in eu-"),
    ],
)  # fmt: skip
def test_a_deployment_out_of_reach_is_a_sentence(
    code: str, message: str, sentence: str, tmp_path: Path
) -> None:
    with refusing(code, message) as url:
        said = complaint(tmp_path, *STACK, **CREDENTIALS, AWS_ENDPOINT_URL=url)

    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredTokenException", "the AWS credentials have expired: sign in again"),
        ("UnrecognizedClientException", "AWS does not accept the credentials"),
        ("AccessDeniedException", "the AWS credentials do not permit"),
        ("ThrottlingException", "the directory is busy, try again"),
    ],
)
@pytest.mark.parametrize("words", ["tenants list", "accounts list acme", "log acme"])
def test_data_out_of_reach_is_a_sentence(
    words: str, code: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # between its tries
    with refusing(code) as url:
        said = complaint(tmp_path, *words.split(), **CREDENTIALS, AWS_ENDPOINT_URL=url)

    assert said.startswith(sentence)


def test_a_table_of_another_region_is_a_sentence(server: Server) -> None:
    environment = {"AWS_ENDPOINT_URL": server.running.endpoint_url, "ROLLCALL_TABLE": "elsewhere"}

    said = complaint(server.state, "accounts", "list", "first", **environment)

    assert said.startswith("AWS has nothing of the name that")


@pytest.mark.parametrize("words", ["accounts show first", "log first --user", "tenants show"])
def test_an_argument_that_is_no_text_is_a_sentence(words: str, server: Server) -> None:
    assert complaint(server.state, *words.split(), "a\udcff") == r"a\udcff is not text in UTF-8"


def test_who_does_not_confirm_changes_nothing(server: Server) -> None:
    name = server.tenant().name
    (token,) = server.services.tenants.show(name).tokens

    done = program(server.state, "tokens", "revoke", name, token.id, typed="n\n")

    assert done.returncode == 1
    assert "nothing is changed" in done.stderr
    assert server.services.tenants.show(name).tokens == (token,)


def _files(path: Path) -> None:
    (path / "folder").mkdir()
    (path / "file").touch()
    (path / "good.json").write_text(json.dumps([{"id": "1", "userPrincipalName": "a@b.test"}]))


def _with(words: str, file: Path, path: Path) -> Sequence[str]:
    named = {"FILE": str(file), "good.json": str(path / "good.json")}
    return [named.get(each, each) for each in words.split()]


def test_without_standard_input_nothing_is_confirmed(server: Server) -> None:
    name = server.tenant().name
    command = f"exec {PROGRAM} --state {server.state} tenants delete {name} <&-"

    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )

    assert done.returncode == 1
    assert "nothing is changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.services.tenants.show(name).state == "active"
