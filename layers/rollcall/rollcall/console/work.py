"""Work that takes long, in a thread of its own: it can be left and returned to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from threading import Lock, Thread
from typing import TypeVar

from rollcall.model.progress import Progress
from rollcall.operations import failures
from rollcall.operator_error import OperatorError

_Result = TypeVar("_Result")

Steps = Callable[[], Generator[Progress, None, Sequence[str]]]


@dataclass
class Work:
    """Work that was begun: how far it is, and the sentences that it ended with.

    `failed` says that these sentences are of an error; what was begun may be begun again.
    """

    id: str
    title: str
    back: str
    steps: Steps = field(repr=False)
    progress: str = ""
    sentences: tuple[str, ...] = ()
    ended: bool = False
    failed: bool = False

    def run(self) -> None:
        """Do the work. An error that an operator can correct is kept; any other ends the thread."""
        try:
            with failures.translated():
                self._follow()
        except OperatorError as error:
            self.sentences, self.failed = tuple(str(error).splitlines()), True
        finally:
            if not self.sentences:
                self.sentences = ("This is a fault of Rollcall: the terminal shows it.",)
                self.failed = True
            self.ended = True

    def _follow(self) -> None:
        steps = self.steps()
        try:
            while True:
                self.progress = str(next(steps))
        except StopIteration as end:
            self.sentences = tuple(end.value or ("Done.",))


def finished(steps: Generator[Progress, None, _Result]) -> _Result:
    """Return the result of work that is short enough to be waited for."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        result: _Result = end.value
        return result


class WorkList:
    """All work of this console, the latest first."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._lock = Lock()

    def begin(self, title: str, back: str, steps: Steps) -> Work:
        """Begin work; `back` is the page that it was begun on."""
        work = Work(token_urlsafe(9), title, back, steps)
        self._works[work.id] = work
        Thread(target=work.run, name=title, daemon=True).start()
        return work

    def again(self, work: Work) -> Work:
        """Begin failed work again, once; return what was begun, or the work where nothing was."""
        with self._lock:
            if not work.failed:
                return work
            work.failed = False
        return self.begin(work.title, work.back, work.steps)

    def find(self, name: str) -> Work | None:
        """Return work by its id."""
        return self._works.get(name)

    def all(self) -> list[Work]:
        """Return all work, the latest first."""
        return list(self._works.values())[::-1]
