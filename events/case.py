"""An event file: its function and the expected answer.

`users-create.json` is for UsersFunction; `answers/users-create.json` holds what is expected of the
answer, which may hold more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events.template import Template

HERE = Path(__file__).parent
ENVIRONMENT = HERE / "env.json"


@dataclass(frozen=True)
class Case:
    """An event and the expected answer."""

    name: str
    function: str
    event: Any
    expected: Any

    def __str__(self) -> str:
        return self.name

    @property
    def is_request(self) -> bool:
        """Whether the event is a request to the API."""
        return isinstance(self.event, dict) and "httpMethod" in self.event

    def faults(self, answer: Any) -> list[str]:
        """Return the differences from the expected answer; a JSON body is compared as a value."""
        if isinstance(answer, dict) and isinstance(answer.get("body"), str):
            with suppress(ValueError):  # a page
                answer = {**answer, "body": json.loads(answer["body"])}
        return [*_lacking(self.expected, answer, "answer")]


def cases() -> list[Case]:
    """Return all events by name. Raises LookupError for one without a function or an answer."""
    named = {word(function): function for function in Template().functions()}
    return [_read(file, named) for file in sorted(HERE.glob("*.json")) if file != ENVIRONMENT]


def word(function: str) -> str:
    """Return the prefix of the events of a function: `duplicate-link` for DuplicateLinkFunction."""
    name = function.removesuffix("Function")
    return "".join(f"-{each}" if each.isupper() else each for each in name).lower().lstrip("-")


def given() -> dict[str, str]:
    """Return the environment in `env.json`, the same for every function."""
    variables: dict[str, str] = json.loads(ENVIRONMENT.read_text())["Parameters"]
    return variables


def _read(file: Path, named: dict[str, str]) -> Case:
    fitting = [each for each in named if file.stem.startswith(f"{each}-")]
    answer = HERE / "answers" / file.name
    if not fitting:
        raise LookupError(f"{file.name} begins with the name of no function in template.yaml")
    if not answer.exists():
        raise LookupError(f"{answer.relative_to(HERE.parent)} is missing")
    function = named[max(fitting, key=len)]
    return Case(file.stem, function, json.loads(file.read_text()), json.loads(answer.read_text()))


def _lacking(expected: Any, actual: Any, at: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key in actual:
                yield from _lacking(value, actual[key], f"{at}.{key}")
            else:
                yield f"{at}.{key} is missing"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, value in enumerate(expected):
            yield from _lacking(value, actual[index], f"{at}[{index}]")
    elif expected != actual:
        yield f"{at} is {actual!r}, not {expected!r}"
