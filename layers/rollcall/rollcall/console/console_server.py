"""The console's server: on 127.0.0.1 and a port that the system chooses, until it is stopped.

The browser is opened with a file that only its owner may read and that leads to the link: other
users of a machine read the words of every command. The file is deleted when the link is used, or
does not work any more.
"""

from __future__ import annotations

import os
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from tempfile import mkstemp
from threading import Thread

import uvicorn

from rollcall.console.console_application import application
from rollcall.console.job_memory import JobMemory
from rollcall.console.kept_files import remove_leftovers
from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.view import ConsoleState
from rollcall.console.workplace import Workplace
from rollcall.operator_error import naming


class ConsoleServer:
    """One console, from its link to its end."""

    def __init__(self, workplace: Workplace) -> None:
        # Naming the protocol makes asyncio set TCP_NODELAY.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.sign_in = ConsoleSignIn(self._listener.getsockname()[1])
        self._file: Path | None = None
        jobs = JobMemory(workplace.beside("synchronization-jobs.json"))
        state = ConsoleState(self.sign_in, workplace, jobs=jobs)
        self.files = state.files
        config = uvicorn.Config(
            application(state),
            http="h11",  # which refuses what can be read in two ways
            ws="none",
            proxy_headers=False,
            log_level="error",  # warnings are about what strangers send
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            callback_notify=self._look,
            timeout_notify=1,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)

    def run(self, announce: Callable[[], None]) -> None:
        """Serve until Ctrl-C, or until nobody has asked for 30 minutes."""
        remove_leftovers()
        try:
            announce()  # what comes before the server answers waits in the listener
            with suppress(KeyboardInterrupt):
                self._server.run(sockets=[self._listener])
        finally:
            self.close()

    @contextmanager
    def beside(self) -> Iterator[str]:
        """Serve in a thread for as long as the block runs; yields the link."""
        remove_leftovers()
        thread = Thread(target=self._server.run, args=([self._listener],), daemon=True)
        thread.start()
        try:
            yield self.sign_in.link
        finally:
            self._server.should_exit = True
            thread.join(5)
            self.close()

    def open_browser(self) -> bool:
        """Open the link in the browser of the person; tell whether there is one."""
        self._file = redirect_file(self.sign_in.link)
        return webbrowser.open(self._file.as_uri())

    def close(self) -> None:
        """Free the port, and delete the files."""
        self._listener.close()
        self.files.close()
        self._delete_file()

    async def _look(self) -> None:
        """Delete the file when it is of no use any more, and stop when the session has ended."""
        if not self.sign_in.is_waiting():
            self._delete_file()
        if self.sign_in.has_ended():
            self._server.should_exit = True

    def _delete_file(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None


def redirect_file(link: str) -> Path:
    """Write a page that leads to a link, for its owner alone."""
    handle, name = mkstemp(prefix="rollcall-console-", suffix=".html")  # of mode 0600
    page = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0;url={escape(link)}"><title>Rollcall</title>'
    )
    with naming(Path(name)), os.fdopen(handle, "w") as file:
        file.write(page)
    return Path(name)
