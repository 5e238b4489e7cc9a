"""Files that were dropped onto pages, or made: in a folder of one person, until the console ends.

The folder is locked for as long as its console lives. A console that was killed could not remove
its folder: the next one does, and knows by the lock that nobody uses it any more.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from threading import Lock

from rollcall.operator_error import OperatorError, naming

PREFIX = "rollcall-files-"

_MAX_NAME = 60
"""The characters of a name that are kept: its end, which says what it is."""

_ATTEMPTS = 5
"""How often a folder is removed again into which other threads still write."""


class KeptFilesError(OperatorError):
    """Nothing is kept any more."""


@dataclass(frozen=True)
class KeptFile:
    """A file that was made here, and what it is called where it is saved."""

    path: Path
    name: str
    media_type: str

    def read(self) -> bytes:
        """Return what is in it. Raises OperatorError when it is gone."""
        with naming(self.path):
            return self.path.read_bytes()


class KeptFiles:
    """The folder of one console; it is made with its first file."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._folder: Path | None = None
        self._locked = -1
        self._is_closed = False

    def new_folder(self) -> Path:
        """Return a new folder of mode 0700. Raises KeptFilesError when the console has ended."""
        with self._lock, naming(Path(gettempdir())):
            if self._is_closed:
                raise KeptFilesError("the console has ended")
            if self._folder is None:
                atexit.register(self.close)
            while self._folder is None:
                self._folder = self._locked_folder()
            return Path(mkdtemp(dir=self._folder))

    def close(self) -> None:
        """Remove the folder, and whatever is in it."""
        with self._lock:
            self._is_closed = True
            if self._folder is not None:
                _remove(self._folder)
                os.close(self._locked)
                self._folder = None

    def _locked_folder(self) -> Path | None:
        """Return a new folder that this console has locked, None when it is to be tried again."""
        folder = Path(mkdtemp(prefix=PREFIX))
        self._locked = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with suppress(BlockingIOError):
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder.is_dir():  # another console may have removed it before it was locked
                return folder
        os.close(self._locked)
        return None


def named(folder: Path, name: str) -> Path:
    """Return a new path in a folder for a file that somebody calls so, who reads the name again."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1])
    plain = plain.encode(errors="replace").decode().lstrip(".")[-_MAX_NAME:] or "file"
    taken = {each.name for each in folder.iterdir()}
    numbered = (f"{number}-{plain}" for number in count(2))
    return folder / next(each for each in chain([plain], numbered) if each not in taken)


def private(path: Path) -> Path:
    """Make a file that its owner alone may read, where there is none; return its path."""
    path.touch(0o600)
    return path


def remove_leftovers() -> None:
    """Remove the folders of this person's consoles that were killed."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with _locked_leftover(folder) as is_left:
            if is_left:
                _remove(folder)


@contextmanager
def _locked_leftover(folder: Path) -> Iterator[bool]:
    """Lock a folder, and tell whether it is one's own and nobody uses it; no link is followed."""
    try:
        found = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        yield os.fstat(found).st_uid == os.getuid() and _is_free(found)
    finally:
        os.close(found)


def _is_free(folder: int) -> bool:
    """Lock a folder; tell whether nobody else has."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(folder: Path) -> None:
    for _ in range(_ATTEMPTS):
        rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
