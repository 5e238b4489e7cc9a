"""Which log lines a metric filter of CloudWatch counts: the JSON syntax that is used here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

_TOKEN = re.compile(r'\s*(&&|\|\||!=|>=|<=|[(){}=<>]|"[^"]*"|\$(?:\.\w+)+|-?[0-9.]+)')

_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda found, value: found == value,
    "!=": lambda found, value: found != value,
    "<": lambda found, value: found < value,
    "<=": lambda found, value: found <= value,
    ">": lambda found, value: found > value,
    ">=": lambda found, value: found >= value,
}


class LogFilter:
    """A filter pattern. Raises ValueError for syntax that is not known here."""

    def __init__(self, pattern: str) -> None:
        self._tokens = _tokens(pattern)
        self._take("{")
        self._matches = self._either()
        self._take("}")

    def matches(self, line: str) -> bool:
        """Tell whether a line fits; one that is no JSON object never does."""
        try:
            fields = json.loads(line)
        except ValueError:
            return False
        return isinstance(fields, dict) and self._matches(fields)

    def _either(self) -> Callable[[Any], bool]:
        matches = [self._all()]
        while self._tokens[0] == "||":
            self._take("||")
            matches.append(self._all())
        return lambda fields: any(each(fields) for each in matches)

    def _all(self) -> Callable[[Any], bool]:
        matches = [self._one()]
        while self._tokens[0] == "&&":
            self._take("&&")
            matches.append(self._one())
        return lambda fields: all(each(fields) for each in matches)

    def _one(self) -> Callable[[Any], bool]:
        if self._tokens[0] == "(":
            self._take("(")
            inner = self._either()
            self._take(")")
            return inner
        selector, operator, value = (self._tokens.pop(0) for _ in range(3))
        if value.startswith('"'):
            return _text(selector, operator, value.strip('"'))
        compare = _NUMBERS[operator]
        return lambda fields: (
            isinstance(found := field(fields, selector), (int, float))
            and compare(found, float(value))
        )

    def _take(self, token: str) -> None:
        if (found := self._tokens.pop(0)) != token:
            raise ValueError(f"{found} is in the place of {token}")


def field(fields: Any, selector: str) -> Any:
    """Return what a selector such as `$.record.status` selects, None where there is nothing."""
    for name in selector.split(".")[1:]:
        fields = fields.get(name) if isinstance(fields, dict) else None
    return fields


def _text(selector: str, operator: str, value: str) -> Callable[[Any], bool]:
    if operator not in {"=", "!="}:
        raise ValueError(f"{operator} compares no text")

    def matches(fields: Any) -> bool:
        found = field(fields, selector)
        return isinstance(found, str) and fnmatchcase(found, value) == (operator == "=")

    return matches


def _tokens(pattern: str) -> list[str]:
    tokens, at = [], 0
    while at < len(pattern.rstrip()):
        found = _TOKEN.match(pattern, at)
        if found is None:
            raise ValueError(f"{pattern[at:]!r} is not understood")
        tokens.append(found[1])
        at = found.end()
    return tokens
