"""The AWS emulator (ministack) as a child process on loopback that never outlives its parent."""

import asyncio
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SERVICES = "dynamodb,dynamodbstreams,events,s3,secretsmanager,sns,sqs,sts"
LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
# ministack writes about 5 MB of state a second when it stops.
STOP_SECONDS = 60.0
LOG_TAIL_LINES = 12


class EmulatorError(Exception):
    """The emulator cannot run; the message is one sentence for the user."""


def environment(home: Path | None = None) -> Path:
    """Return the virtual environment that holds ministack, by default the one of this checkout."""
    home = home or Path(sys.prefix).parent / ".venv-emulator"
    if not (home / "bin" / "python").is_file():
        raise EmulatorError(f'There is no AWS emulator in {home}: run "make install".')
    return home


@contextmanager
def running(
    state: Path, *, fresh: bool = False, port: int = 0, home: Path | None = None
) -> Iterator[str]:
    """Run the emulator and yield its endpoint URL.

    Its data is saved under `state` when the block ends, and also when this process is killed. Port
    0 means any free port. Raises EmulatorError, also at the end, when the data was not saved.
    """
    home = environment(home)
    state = _directory(state)
    log = state / "emulator.log"
    with _locked(state) as lock, _listening(port) as listener:
        port = listener.getsockname()[1]
        data = _data(state, fresh=fresh)
        child = _start(home, data, log, listener, lock)
        # From here on only the child listens: when it dies, connections fail instead of hanging.
        listener.close()
        try:
            _wait_for_answer(port, child, log)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            _stop(child)
    if child.returncode != 0:
        raise EmulatorError(
            f"The emulator ended with status {child.returncode} and did not save what it held"
            f" since its start.{_tail(log)}"
        )


def _directory(state: Path) -> Path:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmulatorError(
            f"{state} cannot hold the emulator's state: {error.strerror}."
        ) from error
    return state.resolve()


@contextmanager
def _locked(state: Path) -> Iterator[int]:
    """Lock the state directory; the child inherits the lock and may hold it longer than we do."""
    with (state / "emulator.lock").open("a+") as file:
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                owner = file.read().strip()
                # The child of an owner that was killed saves its state, then lets go.
                if _alive(owner) or time.monotonic() > deadline:
                    raise EmulatorError(
                        f"{state} is in use by another server (process {owner or 'unknown'}): stop"
                        " that one first, or choose another state directory."
                    ) from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
        return True
    return True


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Open the socket that the child serves on.

    The child inherits it instead of a port number, so no other process can take the port in
    between, and connections made while the child starts wait instead of being refused.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise EmulatorError(
                f"The emulator cannot listen on {LOOPBACK}:{port}: {reason}."
            ) from error
        yield listener


def _data(state: Path, *, fresh: bool) -> Path:
    """Return the directory of ministack's files, after a check that all of them are readable.

    ministack takes a truncated file for an empty one and overwrites it when it stops; with a file
    that is not UTF-8 it runs and never saves anything.
    """
    data = state / "aws"
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700, exist_ok=True)
    for file in sorted(data.glob("*.json")):
        try:
            json.loads(file.read_text("utf-8"))
        except ValueError as error:
            damaged = state / "aws.damaged"
            shutil.rmtree(damaged, ignore_errors=True)
            # All files: the state of some services without that of the others is inconsistent.
            data.rename(damaged)
            raise EmulatorError(
                f"The emulator's saved state cannot be read ({file.name}: {error}); it was moved to"
                f" {damaged}, and the next start begins empty."
            ) from error
    return data


def _start(
    home: Path, data: Path, log: Path, listener: socket.socket, lock: int
) -> subprocess.Popen[bytes]:
    python = str(home / "bin" / "python")
    address, port = listener.getsockname()
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 (no shell, and the program is the environment's own)
            # Isolated: neither the directory of this file nor PYTHONPATH is searched for modules.
            [python, "-I", "-X", "utf8", __file__, str(listener.fileno())],
            # Nothing is inherited: a dozen variables would open ports, switch on authentication
            # or reach for Docker.
            env={
                "PATH": os.defpath,
                "BIND_HOST": address,
                "GATEWAY_PORT": str(port),
                "SERVICES": SERVICES,
                "PERSIST_STATE": "1",
                "STATE_DIR": str(data),
                # On by default, and listens on every interface.
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                # With Docker, it would remove containers that it takes for its own.
                "DOCKER_HOST": "unix:///nonexistent",
            },
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno(), lock],
            # Ctrl-C in the terminal is for the parent alone.
            start_new_session=True,
            umask=0o077,
        )


def _wait_for_answer(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/_ministack/health")
        status = connection.getresponse().status
    except TimeoutError:
        problem = f"did not answer within {START_SECONDS:.0f} seconds"
    except (OSError, http.client.HTTPException):
        problem = "ended before it answered"
    else:
        if status == http.HTTPStatus.OK:
            return
        problem = f"answered with status {status}"
    finally:
        connection.close()
    _stop(child, seconds=1.0)
    raise EmulatorError(f"The emulator {problem}.{_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    return "\n".join([f" The end of {log}:", *lines] if lines else [f" {log} is empty."])


def _stop(child: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
    """End the child by closing the pipe that it watches, as the end of this process does."""
    stdin: IO[bytes] | None = child.stdin
    if stdin is not None:
        stdin.close()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _serve(listener: int) -> None:
    """Serve ministack, in the child, until the pipe on standard input closes; save and end."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from hypercorn.asyncio import serve  # type: ignore[import-not-found]  # noqa: PLC0415
    from hypercorn.config import Config  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.app import app  # type: ignore[import-not-found]  # noqa: PLC0415

    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    asyncio.run(serve(app, config))


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    # hypercorn stops gracefully on it; before hypercorn is there, nothing needs saving.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(os.EX_SOFTWARE)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
