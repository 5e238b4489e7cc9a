"""Reading a file of one or several templates; each mistake is reported in a sentence.

name: everybody
users: all                  # or  group: {displayName: Engineering}, or {externalId: …}
workAreas: {induction: read, policies: comment}
role: regular
attributes: {locale: en-GB, timezone: Europe/London, userType: Employee}
window: 14                  # days, of a group's template
lasts: forever              # or  membership: as long as the membership of the group
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from rollcall.operator_error import OperatorError
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template import FOREVER, MEMBERSHIP, WINDOW_DAYS, Selector, Template

MAX_AREAS = 50
MAX_BYTES = 6_000
"""The work areas that a template may name, and the bytes that it may take."""

MAX_WINDOW = 366

ATTRIBUTES = ("locale", "timezone", "userType")
"""The attributes for which a template may give a default."""

SELECTORS = ("displayName", "externalId")

_KEYS = ("name", "users", "group", "workAreas", "role", "attributes", "window", "lasts")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_MAX_TEXT = 100


class TemplateError(OperatorError):
    """A template is not valid; the message has a line for each mistake."""


def read(
    parsed: Any,
    access_levels: AccessLevels,
    window: int = WINDOW_DAYS,
    lines: Sequence[Mapping[str, int]] = (),
) -> list[Template]:
    """Return the templates of a parsed file: one object, or a list of them.

    `window` is the default in days, `lines` are those of the keys of each template, and of its
    first. Raises TemplateError.
    """
    listed = parsed if isinstance(parsed, list) else [parsed]
    if parsed is None or not listed:
        raise TemplateError("the file holds no template")
    problems: list[str] = []
    templates: list[Template] = []
    for number, raw in enumerate(listed, 1):
        where = _where(raw, number, len(listed))
        mistakes = list(_mistakes(raw, access_levels))
        at = lines[number - 1] if lines else {}
        problems += [f"{where}: {text}{_line(at, key)}" for key, text in mistakes]
        if not mistakes:
            templates.append(_template(raw, window))
    problems += _mistakes_between(templates)
    if problems:
        raise TemplateError("\n".join(problems))
    return templates


def _line(lines: Mapping[str, int], key: str) -> str:
    line = lines.get(key) or lines.get("")
    return f" (line {line})" if line else ""


def check(areas: Mapping[str, str], role: str, access_levels: AccessLevels) -> None:
    """Raise TemplateError for access that cannot be granted by hand, a line for each mistake."""
    problems = [*_areas(areas, access_levels), *_role(role or None, access_levels)]
    if problems:
        raise TemplateError("\n".join(problems))


def _template(raw: Mapping[str, Any], window: int) -> Template:
    ((attribute, value),) = raw.get("group", {"": ""}).items()
    return Template(
        name=raw["name"],
        group=Selector(attribute, value) if attribute else None,
        areas=raw.get("workAreas") or {},
        role=raw.get("role") or "",
        attributes=raw.get("attributes") or {},
        window=WINDOW_DAYS if raw.get("lasts") == MEMBERSHIP else raw.get("window", window),
        lasts=raw.get("lasts", FOREVER),
    )


def _where(raw: Any, number: int, many: int) -> str:
    name = raw.get("name") if isinstance(raw, Mapping) else None
    if isinstance(name, str) and name:
        return f"template {name[:_MAX_TEXT]}"
    return "the template" if many == 1 else f"template {number} of the file"


def _mistakes(raw: Any, access_levels: AccessLevels) -> Iterator[tuple[str, str]]:
    """Yield the mistakes of a template, each with the key that it is about."""
    if not isinstance(raw, Mapping):
        yield "", f"it is no object with the keys {_listed(_KEYS)}, but {_kind(raw)}"
        return
    for key in raw:
        if key not in _KEYS:
            yield (
                str(key),
                f"there is no key {key}{_hint(key, _KEYS)}; the keys are {_listed(_KEYS)}",
            )
    checks = (
        ("name", _name(raw.get("name"))),
        ("group" if "group" in raw else "users", _audience(raw)),
        ("window", _window(raw)),
        ("workAreas", _areas(raw.get("workAreas"), access_levels)),
        ("role", _role(raw.get("role"), access_levels)),
        ("attributes", _attributes(raw.get("attributes"))),
        ("lasts", _duration(raw)),
    )
    for key, mistakes in checks:
        for each in mistakes:
            yield key, each
    if not any(raw.get(key) for key in ("workAreas", "role", "attributes")):
        yield "", "it gives nothing: say workAreas, a role or attributes"
    if len(_json(raw).encode()) > MAX_BYTES:
        yield "", f"it has more than {MAX_BYTES} bytes"


def _name(name: Any) -> Iterator[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"name has 1 to 40 of a-z, 0-9 and -, and {_quoted(name)} does not"


def _audience(raw: Mapping[str, Any]) -> Iterator[str]:
    users, group = raw.get("users"), raw.get("group")
    if ("users" in raw) == ("group" in raw):
        yield "say either users: all, or the group whose members it is for"
    elif "users" in raw and users != "all":
        yield f"users takes all, not {_quoted(users)}; members of a group are named by group"
    elif "group" in raw:
        yield from _selector(group)


def _window(raw: Mapping[str, Any]) -> Iterator[str]:
    window = raw.get("window")
    if window is None and "window" not in raw:
        return
    if "users" in raw:
        yield "window is for the template of a group: all new users get theirs when they come"
    elif not isinstance(window, int) or isinstance(window, bool) or not 1 <= window <= MAX_WINDOW:
        yield f"window is a number of days from 1 to {MAX_WINDOW}, not {_quoted(window)}"


def _selector(group: Any) -> Iterator[str]:
    if not isinstance(group, Mapping) or len(group) != 1 or not set(group) <= set(SELECTORS):
        yield "group names one group by its displayName or its externalId"
        return
    ((attribute, value),) = group.items()
    yield from _text(f"group {attribute}", value)


def _areas(areas: Any, access_levels: AccessLevels) -> Iterator[str]:
    if areas is None:
        return
    if not isinstance(areas, Mapping):
        yield f"workAreas maps work areas to levels, and is {_kind(areas)}"
        return
    if len(areas) > MAX_AREAS:
        yield f"workAreas names at most {MAX_AREAS} work areas, not {len(areas)}"
    for area, level in areas.items():
        yield from _text("the name of a work area", area)
        if level not in access_levels.levels:
            known = f"{_listed(access_levels.levels)}{_hint(level, access_levels.levels)}"
            yield f"work area {area}: level {_quoted(level)} is none of {known}"


def _role(role: Any, access_levels: AccessLevels) -> Iterator[str]:
    if role is not None and role not in access_levels.roles:
        roles = access_levels.roles
        yield f"role {_quoted(role)} is none of {_listed(roles)}{_hint(role, roles)}"


def _attributes(attributes: Any) -> Iterator[str]:
    if attributes is None:
        return
    if not isinstance(attributes, Mapping):
        yield f"attributes maps attributes to values, and is {_kind(attributes)}"
        return
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            yield f"attributes takes {_listed(ATTRIBUTES)}, not {name}{_hint(name, ATTRIBUTES)}"
            continue
        mistakes = list(_text(f"attribute {name}", value))
        yield from mistakes
        if mistakes:
            continue
        if name == "locale" and not _LOCALE.fullmatch(value):
            yield f"attribute locale is a language tag such as en-GB, not {_quoted(value)}"
        zones = available_timezones() if name == "timezone" else set()
        if zones and value not in zones:
            hint = _hint(value, zones)
            yield f"attribute timezone is a zone such as Europe/London, not {_quoted(value)}{hint}"


def _duration(raw: Mapping[str, Any]) -> Iterator[str]:
    if "lasts" not in raw:
        return
    lasts = raw["lasts"]
    if lasts not in (FOREVER, MEMBERSHIP):
        yield f"lasts takes {FOREVER} or {MEMBERSHIP}, not {_quoted(lasts)}"
    if lasts != MEMBERSHIP:
        return
    if "users" in raw:
        yield f"lasts: {MEMBERSHIP} is for the template of a group: all users are in none"
    if "attributes" in raw:
        yield "attributes never follow a membership: give them by a template that lasts forever"
    if "window" in raw:
        yield "window is for what lasts forever: this template gives to members of any age"


def _text(what: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{what} is a string, and {_quoted(value)} is {_kind(value)}: put it in quotes"
    elif not value.strip() or value != value.strip() or len(value) > _MAX_TEXT:
        yield f"{what} has 1 to {_MAX_TEXT} characters, none of them a space at either end"
    elif not value.isprintable():
        yield f"{what} holds a character that cannot be printed"


def _mistakes_between(templates: Sequence[Template]) -> Iterator[str]:
    """Yield the mistakes of templates in combination."""
    names = [template.name for template in templates]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"template {name}: the file names it twice"
    everyone = [template.name for template in templates if template.group is None]
    if len(everyone) > 1:
        yield f"one template applies to all users, and the file has {' and '.join(everyone)}"


def _hint(word: Any, words: Iterable[str]) -> str:
    close = get_close_matches(word, list(words), 1) if isinstance(word, str) else []
    return f" (do you mean {close[0]}?)" if close else ""


def _quoted(value: Any) -> str:
    return _json(value)[:_MAX_TEXT]


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, skipkeys=True)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _kind(value: Any) -> str:
    names = {bool: "true or false", str: "a string", list: "a list", type(None): "nothing"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "a number")
