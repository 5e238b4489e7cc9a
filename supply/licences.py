"""The licences of what the layers hold and of what is vendored: permissive ones alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from supply.sbom import FILE, LAYERS

PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0",
    "Unlicense",
}  # fmt: skip
"""Licences that ask for a notice at most."""


def components(build: Path) -> Iterator[dict[str, Any]]:
    """Yield the components of the bills in a folder that `sam build` made."""
    for layer in LAYERS:
        yield from json.loads((build / layer / FILE).read_text())["components"]


def expression(component: dict[str, Any]) -> str:
    """Return the licence of a component."""
    return str(component["licenses"][0]["expression"])


def is_permissive(licence: str) -> bool:
    """Tell whether a licence is permissive: of `A OR B` one, of `A AND B` both."""
    return bool(licence) and any(
        all(each.strip(" ()") in PERMISSIVE for each in re.split(r"\bAND\b", either))
        for either in re.split(r"\bOR\b", licence)
    )


def page(listed: Iterable[dict[str, Any]]) -> str:
    """Return the list as a table of Markdown."""
    rows = sorted(
        (each["name"], each["version"], expression(each), _where(each)) for each in listed
    )
    lines = ["| component | version | licence | where |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in dict.fromkeys(rows))]) + "\n"


def _where(component: dict[str, Any]) -> str:
    return next((f"`{each['value']}`" for each in component.get("properties", ())), "a layer")
