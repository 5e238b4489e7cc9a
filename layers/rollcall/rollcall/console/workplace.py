"""The deployment that a person works on in the console, and those that were opened before."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from tempfile import mkstemp

from rollcall.operations import failures
from rollcall.operations.deployment import NoServerError
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError, naming

MAX_REMEMBERED = 20

_TRIAL = re.compile(
    r"(?<![a-z])(dev|development|test|testing|stage|staging|sandbox|demo|trial|local|qa|uat)(?![a-z])"
)
"""The words of which the name of a stack has one that is not in production."""

_ARN = re.compile(r"arn:aws[\w-]*:(?:sts|iam)::(\d{12}):(.+)")


NO_SERVER = (
    "no local server runs on this machine: start one in a terminal with `rollcall serve`, or "
    "choose a stack in AWS under Deployments"
)


class WorkplaceError(OperatorError):
    """No deployment is chosen."""


@dataclass(frozen=True)
class DeploymentChoice:
    """A deployment by the name of its stack, with the AWS profile and the region that lead to it.

    Without a stack it is the local server, or what the environment names.
    """

    stack: str = ""
    profile: str = ""
    region: str = ""

    @property
    def title(self) -> str:
        """The deployment in a word."""
        return self.stack or "local server"

    @property
    def key(self) -> str:
        """What tells it from others: two accounts may have a stack of the same name."""
        return f"{self.profile}/{self.stack}@{self.region}"

    @property
    def is_production(self) -> bool:
        """Whether a mistake would meet customers, as far as the stack's name tells."""
        return bool(self.stack) and not _TRIAL.search(self.stack.lower())

    @property
    def command(self) -> str:
        """The command that signs in again."""
        login = "aws sso login"
        return f"{login} --profile {quote(self.profile)}" if self.profile else login


Connect = Callable[[DeploymentChoice], Operator]


@dataclass(frozen=True)
class Bar:
    """What the bar of each page names: empty for what is not known."""

    deployment: str
    is_production: bool
    account: str
    region: str
    person: str


class Workplace:
    """The deployment that is worked on; `file` remembers it for the next time."""

    def __init__(
        self, connect: Connect, file: Path | None, choice: DeploymentChoice | None
    ) -> None:
        self.choice = choice
        self.number = 0
        """How often another deployment was chosen: a page says of which choice it is."""
        self._connect = connect
        self._file = file
        self._operator: Operator | None = None

    @property
    def operator(self) -> Operator:
        """The operator, connected when first needed. Raises OperatorError."""
        if self.choice is None:
            raise WorkplaceError("choose a deployment first")
        if self._operator is None:
            self._operator = self._connected(self.choice)
            self._remember(self.choice)
        return self._operator

    @property
    def is_connected(self) -> bool:
        """Whether the deployment could be reached, when that was last tried."""
        return self._operator is not None

    @property
    def name(self) -> str:
        """The key of the deployment, by which this machine remembers what belongs to it."""
        return self.choice.key if self.choice else ""

    def choose(self, choice: DeploymentChoice) -> None:
        """Work on another deployment; the former one stays when it cannot be reached.

        Raises OperatorError.
        """
        operator = self._connected(choice)
        if choice != self.choice:
            self.number += 1
        self.choice, self._operator = choice, operator
        self._remember(choice)

    def forget_credentials(self) -> None:
        """Connect anew at the next request, with the credentials that there are then."""
        self._operator = None

    def bar(self) -> Bar:
        """Return what the bar names, without a call."""
        choice, name = self.choice, self._operator.name if self._operator else ""
        known = _ARN.search(name)
        unnamed = bool(choice and not choice.stack and self._is_in_aws)
        title = choice.title if choice else "no deployment"
        return Bar(
            "that of the environment" if unnamed else title,
            unnamed or bool(choice and choice.is_production),
            known[1] if known else "",
            choice.region if choice else "",
            known[2] if known else name.removeprefix("operator:"),
        )

    @property
    def _is_in_aws(self) -> bool:
        """Whether AWS itself is worked on, as far as that is known yet."""
        return self._operator is not None and not self._operator.services.settings.endpoint_url

    def remembered(self) -> list[DeploymentChoice]:
        """Return the deployments that were opened before, the latest first."""
        if self._file is None or not self._file.is_file():
            return []
        with naming(self._file):
            text = self._file.read_text()
        try:
            return [DeploymentChoice(**each) for each in json.loads(text)]
        except (ValueError, TypeError):  # of another release, or broken off
            return []

    def beside(self, name: str) -> Path | None:
        """Return the file of a name in the folder of what is remembered, None without one."""
        return self._file.with_name(name) if self._file else None

    def _connected(self, choice: DeploymentChoice) -> Operator:
        try:
            with failures.translated():
                return self._connect(choice)
        except NoServerError as error:
            raise OperatorError(NO_SERVER) from error

    def _remember(self, choice: DeploymentChoice) -> None:
        if self._file is None or not choice.stack:
            return
        others = [each for each in self.remembered() if each != choice]
        known = [asdict(each) for each in (choice, *others)][:MAX_REMEMBERED]
        with naming(self._file):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, written = mkstemp(dir=self._file.parent)  # of mode 0600
            with os.fdopen(handle, "w") as file:
                json.dump(known, file, indent=1)
            Path(written).replace(self._file)  # another console reads it whole at any moment
