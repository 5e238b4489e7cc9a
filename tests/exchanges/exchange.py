"""An exchange with a client: what was there, what it sends, what has to come back.

The file format is described in the README beside this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OTHERS = "..."
PLACEHOLDER = re.compile(r"\{([a-z]\w*)((?:\.[\w$]+)*)\}")
SPELLED_OTHERWISE = {
    "as": "name",
    "rawQuery": "raw_query",
    "responseHeaders": "response_headers",
}

Names = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One request and what is expected of its answer."""

    method: str
    path: str
    status: int
    name: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    raw_query: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    raw: str | None = None
    response: Any = None
    absent: Sequence[Any] = ()
    detail: Sequence[str] = ()
    response_headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Step:
        """Return the step that an object of a file describes; a misspelt key is a TypeError."""
        return cls(**{SPELLED_OTHERWISE.get(key, key): value for key, value in data.items()})

    @property
    def writes(self) -> bool:
        """Whether the request may change a resource."""
        return self.method != "GET" and not self.path.rstrip("/").endswith("/.search")

    @property
    def answers_a_resource(self) -> bool:
        """Whether the answer is the resource that was written; that of a bulk request is none."""
        return self.writes and self.status in {200, 201} and self.path != "/Bulk"

    @property
    def projects(self) -> bool:
        """Whether the request asks for other attributes than a resource has by default."""
        query = f"{' '.join(self.query)} {self.raw_query or ''}".lower()
        searched = self.body if isinstance(self.body, dict) else {}
        return "attributes" in query or any("attributes" in key.lower() for key in searched)


@dataclass(frozen=True)
class Exchange:
    """What a file holds: the request that it is about, what goes before and what follows."""

    file: Path
    row: str
    title: str
    why: str
    given: Sequence[Step]
    step: Step
    then: Sequence[Step]

    @classmethod
    def load(cls, file: Path) -> Exchange:
        """Return the exchange of a file."""
        data = json.loads(file.read_text("utf-8"))
        return cls(
            file=file,
            row=data.pop("row"),
            title=data.pop("title"),
            why=data.pop("why"),
            given=[Step.read(step) for step in data.pop("given", [])],
            then=[Step.read(step) for step in data.pop("then", [])],
            step=Step.read(data),
        )

    @property
    def label(self) -> str:
        """The vendor and the name of the file."""
        return f"{self.file.parent.name}/{self.file.stem}"


def files() -> list[Path]:
    """Return the files of all exchanges, in order."""
    return sorted(HERE.glob("*/*.json"))


def filled(value: Any, names: Names) -> Any:
    """Return the value with the placeholders in its strings and keys replaced.

    `{user}` is the id of the answer of that name, or the string that the name stands for;
    `{user.meta.version}` and `{list.Resources.0.id}` are values inside an answer.
    """
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: _named(found[1], found[2], names), value)
    if isinstance(value, Mapping):
        return {filled(key, names): filled(inner, names) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [filled(inner, names) for inner in value]
    return value


def _named(name: str, path: str, names: Names) -> str:
    value = names[name]
    if isinstance(value, dict) and not path:
        path = ".id"
    for key in path.split(".")[1:]:
        value = value[int(key) if isinstance(value, list) else key]
    return str(value)


def differences(expected: Any, actual: Any, at: str = "body") -> list[str]:
    """Say where the actual JSON value lacks what is expected.

    An object may hold more than is expected of it; an array holds as many elements, in any order,
    and more only where "..." stands among those expected; all else is equal, and of the same type.
    """
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [f"{at} is {actual!r}, not an object"]
        return [
            difference
            for key, value in expected.items()
            for difference in (
                differences(value, actual[key], f"{at}.{key}")
                if key in actual
                else [f"{at}.{key} is missing"]
            )
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [f"{at} is {actual!r}, not an array"]
        return _array_differences(expected, actual, at)
    if type(expected) is not type(actual) or expected != actual:
        return [f"{at} is {actual!r}, not {expected!r}"]
    return []


def _array_differences(expected: list[Any], actual: list[Any], at: str) -> list[str]:
    wanted = [element for element in expected if element != OTHERS]
    found = [f"{at} has no element {element!r}" for element in _unpaired(wanted, actual)]
    if len(wanted) != len(actual) and OTHERS not in expected:
        found.append(f"{at} has {len(actual)} elements, not {len(wanted)}: {actual!r}")
    elif found:
        found.append(f"{at} is {actual!r}")
    return found


def _unpaired(wanted: list[Any], actual: list[Any]) -> list[Any]:
    """Return what is wanted and finds no element of its own, in the best pairing there is."""
    owner: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for position, element in enumerate(actual):
            if position in tried or differences(wanted[index], element):
                continue
            tried.add(position)
            if position not in owner or place(owner[position], tried):
                owner[position] = index
                return True
        return False

    return [element for index, element in enumerate(wanted) if not place(index, set())]


def presences(absent: Sequence[Any], actual: Any) -> list[str]:
    """Say which of the attribute paths are there after all, and which objects describe the body."""
    return [
        f"{path!r} should be absent"
        for path in absent
        if (present(path, actual) if isinstance(path, str) else not differences(path, actual))
    ]


def present(path: str, actual: Any) -> bool:
    """Tell whether the attribute at a path is there, in any element of the arrays on the way.

    Attribute names count in any case; a URN and its attribute are joined by a colon or a dot.
    """
    if isinstance(actual, list):
        return any(present(path, element) for element in actual)
    if not isinstance(actual, dict):
        return False
    wanted = path.casefold()
    for key, value in actual.items():
        name = key.casefold()
        if wanted == name:
            return True
        if wanted.startswith((f"{name}.", f"{name}:")) and present(path[len(key) + 1 :], value):
            return True
    return False
