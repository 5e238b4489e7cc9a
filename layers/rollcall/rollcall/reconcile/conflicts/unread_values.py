"""Values of a file that are not understood: reported, because they were not checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_MAX_SHOWN = 60

_ADDRESSES = (
    "`{name}` of {people} cannot be read whole ({first}): addresses that were not read were not "
    "checked."
)
_SENTENCES = {
    "otherMails": _ADDRESSES,
    "proxyAddresses": _ADDRESSES,
    "accountEnabled": "`{name}` of {people} is not understood ({first}): they count as enabled.",
    "assigned": "Of who is assigned {people} cannot be read ({first}): they count as not assigned.",
    "twice": "Rows of {people} differ under one object id ({first}): what comes first counts.",
}
_SENTENCE = "`{name}` of {people} cannot be read ({first}): it was not checked."


@dataclass
class UnreadValues:
    """Values that are not understood: by property, how many and the first one."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, where: str, value: Any) -> None:
        """Add a value of a property; `where` is a position such as `line 7`."""
        text = str("empty" if value in (None, "") else value).replace("`", "'")
        shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
        self.first.setdefault(name, f"first in {where}: `{shown}`")
        self.counts[name] = self.counts.get(name, 0) + 1

    def sentences(self) -> Iterator[str]:
        """Yield the consequence for each property, as a sentence."""
        for name, count in self.counts.items():
            people = f"{count:,} {'person' if count == 1 else 'people'}"
            sentence = _SENTENCES.get(name, _SENTENCE)
            yield sentence.format(name=name, people=people, first=self.first[name])
