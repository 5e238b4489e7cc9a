"""The emulator as a child process: where it listens, what it keeps, and what it refuses."""

import os
import socket
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from rollcall.dev import emulator
from tests.local.people import create_table, dynamodb, people, secrets_manager
from tests.local.processes import DEADLINE, NEEDS_PROC, listeners, listening_process, socket_inodes

pytestmark = pytest.mark.slow


def test_it_answers(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        assert url.startswith("http://127.0.0.1:")
        assert dynamodb(url).list_tables()["TableNames"] == []
        assert secrets_manager(url).list_secrets()["SecretList"] == []


@NEEDS_PROC
def test_it_listens_on_loopback_and_nowhere_else(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
        secrets_manager(url).list_secrets()
        inodes = socket_inodes(listening_process(url))
        assert [address for address, inode in listeners() if inode in inodes] == [
            ("127.0.0.1", urlsplit(url).port)
        ]


def test_a_port_may_be_asked_for_and_asked_for_again(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
        port = urlsplit(url).port
    assert port is not None
    with emulator.running(tmp_path, home=home, port=port) as again:
        assert again == url


def test_a_port_that_is_taken_is_said(tmp_path: Path, home: Path) -> None:
    with socket.create_server((emulator.LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(emulator.EmulatorError, match=f"cannot listen on 127.0.0.1:{port}"),
            emulator.running(tmp_path, home=home, port=port),
        ):
            pass


def test_state_survives_a_graceful_stop(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
        secrets = secrets_manager(url)
        first = secrets.create_secret(Name="tenant", SecretString="one")["VersionId"]
        second = secrets.put_secret_value(
            SecretId="tenant", SecretString="two", VersionStages=["next"]
        )["VersionId"]
        secrets.update_secret_version_stage(
            SecretId="tenant",
            VersionStage="AWSCURRENT",
            MoveToVersionId=second,
            RemoveFromVersionId=first,
        )
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}
        ttl = dynamodb(url).describe_time_to_live(TableName="people")["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
        stages = {
            stage: secrets_manager(url).get_secret_value(SecretId="tenant", VersionStage=stage)
            for stage in ("AWSCURRENT", "AWSPREVIOUS", "next")
        }
        assert {stage: secret["SecretString"] for stage, secret in stages.items()} == {
            "AWSCURRENT": "two",
            "AWSPREVIOUS": "one",
            "next": "two",
        }


def test_fresh_begins_empty(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
    with emulator.running(tmp_path, home=home, fresh=True) as url:
        assert dynamodb(url).list_tables()["TableNames"] == []


def test_a_second_start_on_the_same_state_is_refused(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        with (
            pytest.raises(emulator.EmulatorError, match=f"in use by .* {os.getpid()}"),
            emulator.running(tmp_path, home=home, fresh=True),
        ):
            pass
        assert dynamodb(url).list_tables()["TableNames"] == []


@pytest.mark.parametrize("damage", [b"", b'{"__ministack', b"\x00\x00\x00\x00", b'{"a": "\xff"}'])
def test_damaged_state_is_set_aside_and_said_once(
    tmp_path: Path, home: Path, damage: bytes
) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
    (tmp_path / "aws" / "dynamodb.json").write_bytes(damage)
    with (
        pytest.raises(emulator.EmulatorError, match=r"cannot be read .*moved to .*aws\.damaged"),
        emulator.running(tmp_path, home=home),
    ):
        pass
    assert (tmp_path / "aws.damaged" / "dynamodb.json").read_bytes() == damage
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}


def test_an_unfinished_save_is_no_damage(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
    (tmp_path / "aws" / "dynamodb.json.tmp").write_text('{"half":')
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}


def test_what_the_emulator_prints_goes_to_its_log(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with emulator.running(tmp_path, home=home):
        pass
    assert capfd.readouterr() == ("", "")
    assert "Ready" in (tmp_path / "emulator.log").read_text()


def test_a_missing_environment_says_what_to_run(tmp_path: Path) -> None:
    with (
        pytest.raises(emulator.EmulatorError, match='run "make install"'),
        emulator.running(tmp_path / "state", home=tmp_path / "nowhere"),
    ):
        pass
    assert not (tmp_path / "state").exists()


def test_an_emulator_that_ends_early_shows_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "home" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho the reason\nexit 3\n")
    program.chmod(0o755)
    with (
        pytest.raises(emulator.EmulatorError, match=r"(?s)ended before it answered.*the reason"),
        emulator.running(tmp_path / "state", home=tmp_path / "home"),
    ):
        pass


def test_a_state_directory_that_is_none_is_said(tmp_path: Path, home: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(emulator.EmulatorError, match="cannot hold the emulator's state"),
        emulator.running(tmp_path / "file" / "state", home=home),
    ):
        pass


def test_emulators_start_side_by_side(tmp_path: Path, home: Path) -> None:
    urls: list[str] = []

    def run(name: str) -> None:
        with emulator.running(tmp_path / name, home=home) as url:
            create_table(url)
            urls.append(url)

    threads = [Thread(target=run, args=[name]) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert len(urls) == len(set(urls)) == len(threads)
