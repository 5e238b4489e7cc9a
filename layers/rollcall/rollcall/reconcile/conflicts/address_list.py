"""Several addresses in one property: a list, or the text that a spreadsheet makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SCHEME = re.compile(r"[a-z][a-z0-9.-]*:", re.IGNORECASE)
_BEFORE_SCHEME = re.compile(rf"[\s;,|+\[({{\"'](?={_SCHEME.pattern})", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s;,|]+")
_AROUND = "[]{}()\"'+"
_ADDRESS = re.compile(r"[^\s@;,|<>\"]+@[^\s@;,|<>\".]+(?:\.[^\s@;,|<>\".]+)*")


def read_addresses(value: Any) -> tuple[list[str], bool]:
    """Return the addresses of mailboxes, and whether all of the value was read.

    Files join `SMTP:bob@x.example` and others by line breaks, blanks or punctuation. Addresses with
    another scheme (`X500:`, `SIP:`) are not mailboxes.
    """
    if isinstance(value, Mapping):
        value = value.get("value", value)  # as PowerShell writes an array inside of an object
    parts = value if isinstance(value, list) else [] if value is None else [value]
    addresses: list[str] = []
    complete = True
    for part in parts:
        texts = list(_texts(part)) if isinstance(part, str) else []
        complete &= isinstance(part, str) and all(_ADDRESS.fullmatch(text) for _, text in texts)
        addresses += [f"{scheme}{text}" for scheme, text in texts if _ADDRESS.fullmatch(text)]
    return addresses, complete


def _texts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the scheme, or an empty string, and the text of each address of a mailbox."""
    for piece in _BEFORE_SCHEME.split(text.strip()):
        match = _SCHEME.match(piece)
        scheme = match[0] if match else ""
        if scheme.lower() not in ("", "smtp:"):
            continue
        words = (word.strip(_AROUND) for word in _BETWEEN.split(piece[len(scheme) :]))
        for number, word in enumerate(filter(None, words)):
            yield scheme if number == 0 else "", word
