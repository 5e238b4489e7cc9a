"""Work that takes long, in a thread of its own: it can be left and returned to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_urlsafe
from threading import Lock, Thread
from typing import TypeVar

from rollcall.console.kept_files import KeptFile
from rollcall.console.workplace import DeploymentChoice
from rollcall.model.progress import Progress
from rollcall.operations import failures
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class WorkResult:
    """What work ended with, in sentences, and what it made: a plan by its name, or a file."""

    sentences: Sequence[str]
    plan: str = ""
    file: KeptFile | None = None


Steps = Callable[[Operator], Generator[Progress, None, Sequence[str] | WorkResult]]
"""The steps of work, by whoever operates when it is begun, or begun again."""

STOP_SECONDS = 5
"""How long a step may still take when the console ends."""


class WorkError(OperatorError):
    """Work cannot go on from here."""


class UnrepeatableError(OperatorError):
    """Work failed for what it was given: to begin it again is of no use."""


class _Stopped(Exception):  # noqa: N818
    """The console ends."""


@dataclass
class Work:
    """Work that was begun: how far it is, the sentences that it ended with, and what it made.

    `choice` is the deployment that it works on. `failed` says that these sentences are of an error;
    what was begun may be begun again while `is_repeatable`. `expired` says that there were no
    credentials, or that they have expired.
    """

    id: str
    title: str
    back: str
    steps: Steps = field(repr=False)
    operator: Operator = field(repr=False)
    choice: DeploymentChoice | None = None
    progress: str = ""
    sentences: tuple[str, ...] = ()
    plan: str = ""
    file: KeptFile | None = None
    ended: bool = False
    failed: bool = False
    is_repeatable: bool = True
    expired: bool = False
    stopping: bool = False
    thread: Thread | None = field(default=None, repr=False)

    @property
    def sign_in(self) -> str:
        """The command to sign in again with, empty where that is not what is missing."""
        return self.choice.command if self.expired and self.choice else ""

    @property
    def place(self) -> str:
        """The deployment that it works on, in a word."""
        return self.choice.title if self.choice else ""

    def check(self, choice: DeploymentChoice | None) -> None:
        """Raise WorkError where another deployment is worked on now."""
        if self.choice != choice:
            raise WorkError(f"this was begun on {self.place}: choose that deployment first")

    def start(self) -> None:
        """Do the work in a thread."""
        self.thread = Thread(target=self.run, name=self.title, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Do the work. An error that an operator can correct is kept; any other ends the thread."""
        try:
            with failures.translated():
                self._follow()
        except OperatorError as error:
            self.sentences, self.failed = tuple(str(error).splitlines()), True
            self.is_repeatable = not isinstance(error, UnrepeatableError)
            self.expired = isinstance(error, failures.CredentialsError)
        except _Stopped:
            self.sentences, self.failed = ("It was broken off.",), True
        finally:
            if not self.sentences:
                self.sentences = ("This is a fault of Rollcall: the terminal shows it.",)
                self.failed = True
            self.ended = True

    def _follow(self) -> None:
        steps = self.steps(self.operator)
        try:
            while True:
                self.progress = str(next(steps))
                if self.stopping:
                    raise _Stopped
        except StopIteration as end:
            result = end.value
            if isinstance(result, WorkResult):
                self.plan, self.file, result = result.plan, result.file, result.sentences
            self.sentences = tuple(result or ("Done.",))


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

    def begin(
        self,
        title: str,
        back: str,
        steps: Steps,
        operator: Operator,
        choice: DeploymentChoice | None = None,
    ) -> Work:
        """Begin work on a deployment; `back` is the page that it was begun on."""
        work = Work(token_urlsafe(9), title, back, steps, operator, choice)
        self._works[work.id] = work
        work.start()
        return work

    def again(self, work: Work, operator: Operator, choice: DeploymentChoice | None = None) -> Work:
        """Begin failed work again, once, by whoever operates now, for the reason that was given.

        Returns what was begun, or the work where nothing was. Raises WorkError where another
        deployment is worked on now.
        """
        work.check(choice)
        with self._lock:
            if not work.failed or not work.is_repeatable:
                return work
            work.failed = False
        operator = replace(operator, reason=work.operator.reason)
        begun = Work(work.id, work.title, work.back, work.steps, operator, choice)
        self._works[work.id] = begun
        begun.start()
        return begun

    def running(self) -> list[Work]:
        """Return the work that is not done yet."""
        return [each for each in self.all() if not each.ended]

    def stop(self) -> list[Work]:
        """Stop all work after the step that it is at, and return what was broken off."""
        running = self.running()
        for each in running:
            each.stopping = True
        for each in running:
            if each.thread is not None:
                each.thread.join(STOP_SECONDS)
        return [each for each in running if each.failed or not each.ended]

    def find(self, name: str) -> Work | None:
        """Return work by its id."""
        return self._works.get(name)

    def all(self) -> list[Work]:
        """Return all work, the latest first."""
        return list(self._works.values())[::-1]
