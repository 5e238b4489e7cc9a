"""The console's server: on 127.0.0.1 and a port that the system chooses, until it is stopped.

The browser is opened with a file that only its owner may read and that leads to the link: other
users of a machine read the words of every command. The file is deleted when the link is used, or
does not work any more.
"""

from __future__ import annotations

import os
import socket
import time
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

    def __init__(
        self,
        workplace: Workplace,
        tell: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell` is called with a sentence for the person at the terminal."""
        self._tell = tell
        self._awaited: list[str] = []
        # Naming the protocol makes asyncio set TCP_NODELAY.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.sign_in = ConsoleSignIn(self._listener.getsockname()[1], clock)
        self._file: Path | None = None
        jobs = JobMemory(workplace.beside("synchronization-jobs.json"))
        state = ConsoleState(self.sign_in, workplace, jobs=jobs)
        self.files = state.files
        self.works = state.works
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
            callback_notify=self.look,
            timeout_notify=1,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)

    def run(self, announce: Callable[[], None]) -> None:
        """Serve until Ctrl-C, or until nobody has asked for 30 minutes and all work is done."""
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

    @property
    def is_ending(self) -> bool:
        """Whether the server ends with the request that it is at."""
        return self._server.should_exit

    def open_browser(self) -> bool:
        """Open the link in the browser of the person; tell whether there is one."""
        self._file = redirect_file(self.sign_in.link)
        return webbrowser.open(self._file.as_uri())

    def close(self) -> None:
        """Free the port, stop what is at work, and delete the files."""
        self._listener.close()
        broken_off = self.works.stop()
        for each in broken_off:
            self._tell(f"{each.title} was broken off: it can be begun again.")
        for each in self.works.all():
            if each.id in self._awaited and each not in broken_off:
                self._tell(f"{each.title}: {'; '.join(each.sentences)}")
        self.files.close()
        self._delete_file()

    async def look(self) -> None:
        """Delete the file when it is of no use any more, and stop when the session has ended.

        Work that is not done is waited for; meanwhile nobody is admitted.
        """
        if not self.sign_in.is_waiting():
            self._delete_file()
        if not self.sign_in.has_ended():
            return
        running = self.works.running()
        self._server.should_exit = not running
        if running and not self._awaited:
            self._awaited = [each.id for each in running]
            titles = ", ".join(each.title for each in running)
            self._tell(f"Nobody has asked for 30 minutes. The console ends after: {titles}.")

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
