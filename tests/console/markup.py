"""What a browser makes of a page: its links, its forms, and what is in it that is not of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rollcall.web_page import digest

OURS = {"hx-trigger", "hx-target", "hx-swap", "hx-select", "hx-encoding", "hx-disabled-elt"}
JSON = {"hx-headers", "hx-vals"}
URLS = {"href", "src", "hx-get", "hx-post"}
NEVER = {"img", "iframe", "object", "embed", "base", "frame", "applet", "template"}
RUNS = ("on", "data-hx", "style", "srcdoc", "action", "formaction")
"""Attributes that nothing of ours has, by their beginnings."""


@dataclass
class Form:
    """A form: where it is sent, and its fields by name; empty what people enter."""

    url: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> dict[str, str]:
        """Return the fields with a text where nothing is yet."""
        return {name: value or text for name, value in self.fields.items()}


class Markup(HTMLParser):
    """A page below a root, with the policy of its answer; `owned` is in names that are not ours."""

    def __init__(self, text: str, root: str, policy: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.problems: list[str] = []
        self._root, self._policy = root, policy
        self._raw = self._select = ""
        self._option: dict[str, str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        foreign = [
            f"{name}={value}" for name, value in given.items() if self._is_foreign(name, value)
        ]
        if foreign or "owned" in tag or tag in NEVER:
            self.problems.append(f"<{tag} {' '.join(foreign)}>")
        self._raw = tag if tag in {"script", "style"} else ""
        if tag == "form":
            method = "hx-post" if "hx-post" in given else "hx-get"
            self.forms.append(Form(given.get(method, ""), method))
        else:
            self.links += [given[name] for name in ("href", "hx-get") if given.get(name)]
        if self.forms and given.get("name"):
            self._select = given["name"] if tag == "select" else ""
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        self._option = given if tag == "option" and self._select else None

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            fields, chosen = self.forms[-1].fields, self._option.get("value", data)
            if "selected" in self._option or not fields[self._select]:
                fields[self._select] = chosen
        if self._raw and digest(data) not in self._policy:
            self.problems.append(f"<{self._raw}>{data[:80]}")

    def handle_endtag(self, tag: str) -> None:
        self._raw, self._option = "", None

    def _is_foreign(self, name: str, value: str) -> bool:
        if name in URLS:
            is_below = value.startswith((f"{self._root}/", "?", "#", "data:,")) or not value
            return not is_below or bool(set(value) & set("<>\"' \n\t"))
        if name in JSON:
            return not is_object(value)
        if name.startswith("hx-"):
            return name not in OURS or "owned" in value
        return "owned" in name or name.startswith(RUNS)


def is_object(text: str) -> bool:
    """Tell whether a text is an object of JSON, and no script."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
