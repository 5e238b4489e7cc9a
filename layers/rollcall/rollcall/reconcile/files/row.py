"""A row of a file, as every reader yields it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ERROR = re.compile(r"#(?:N/A|NV|N/D|[¡¿]?[A-ZÉ/0]{2,10}[!?]|##+)")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}")


@dataclass(frozen=True)
class Row:
    """A row: its position and its values by name; `problem` says why it cannot be used.

    `where` is the number of the line on which it begins, or of the object in JSON that is not in
    lines.
    """

    position: int
    values: Mapping[str, Any]
    problem: str = ""


def spreadsheet_damage(value: Any) -> str:
    """Return how a spreadsheet damaged a value, empty if it did not."""
    if not isinstance(value, str):
        return ""
    if _ERROR.fullmatch(value):
        return f"{value} is an error of the spreadsheet"
    if _ROUNDED.fullmatch(value):
        return f"{value} is a number that the spreadsheet has rounded"
    return ""
