"""Looks for a text within all accounts of a tenant; what it finds is there while it goes on."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import islice

from rollcall.model import match_keys
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations import account_attributes
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.indexing import Index
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import MAX_BATCH

MOST = 200
"""With how many accounts a search ends: whoever finds more has to type more."""

SHORTEST = 2
"""The characters that a text has at least."""


class TextSearchError(OperatorError):
    """A text is too short to be looked for."""


@dataclass(frozen=True)
class TextHit:
    """An account with the text, and the attributes that have it."""

    id: str
    user_name: str
    display_name: str
    state: str
    attributes: tuple[str, ...]


@dataclass
class TextSearch:
    """A search for a text in a tenant, and what it has found so far.

    A search that breaks off goes on where it was. Raises TextSearchError for too short a text.
    """

    tenant: str
    text: str
    batch: int = MAX_BATCH
    hits: list[TextHit] = field(default_factory=list)
    read: int = 0
    stopped: bool = False
    _position: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        """Check the text."""
        self._folded = match_keys.folded(self.text)
        if len(self._folded) < SHORTEST:
            raise TextSearchError(f"enter {SHORTEST} characters at least")

    def stop(self) -> None:
        """End the search after what it is reading; what was found stays."""
        self.stopped = True

    def run(self, operator: Operator) -> Generator[Progress, None, list[str]]:
        """Read all accounts in the order of creation, two reads for each batch.

        Returns what was read, and why it ended. Raises TenantError for an unknown tenant.
        """
        resources = operator.context(self.tenant).resources
        total = resources.count(Kind.USER)
        positions = resources.in_order(Kind.USER, Index.CREATED, self._position)
        while not self.stopped and len(self.hits) < MOST:
            batch = list(islice(positions, self.batch))
            if not batch:
                return [f"all accounts were read: {self.read:,}"]
            records = resources.read_many(Kind.USER, (identifier for _, identifier in batch))
            self._look(records.values())
            self.read, self._position = self.read + len(batch), batch[-1]
            yield Progress(self.read, max(self.read, total), "accounts", "reading")
        begun = f"{self.read:,} of {max(self.read, total):,} accounts were read, the oldest first"
        if self.stopped:
            return [f"the search was stopped: {begun}"]
        return [f"more accounts have this text than can be shown, enter more of it: {begun}"]

    def _look(self, records: Iterable[Record]) -> None:
        for record in records:
            texts = account_attributes.attributes(record)
            found = tuple(
                name
                for name, text in texts.items()
                if name != "state" and self._folded in match_keys.folded(text)
            )
            if found and len(self.hits) < MOST:
                shown = record.document.get("displayName") or ""
                state = "active" if record.active else "disabled"
                self.hits.append(TextHit(record.id, record.user_name, shown, state, found))
