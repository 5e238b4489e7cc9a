"""Stream records without the values of a user, so that its events can still be published.

An event holds names of attributes and no values. So each value is replaced by a hash, with a key
that nobody keeps: what was equal before and after a change stays equal, and nothing else is left.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rollcall.aws.dead_letters import StreamRecord
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys

_TEXTS = ("document", "stub")
"""The attributes of an item that hold a document as JSON text."""

_DEFAULTS = "attributes"
"""The attribute of a grant that holds the values which a template gave."""


@dataclass(frozen=True)
class RecordBlanking:
    """Blanks the records of some users of a tenant; `key` is made for one use and not kept."""

    tenant: str
    users: Collection[str]
    key: bytes

    def blanked(self, record: StreamRecord) -> StreamRecord:
        """Return a record, without the values of these users if it is of one of them."""
        body = record["dynamodb"]
        partitions = {Keys(self.tenant).partition(Kind.USER, user) for user in self.users}
        if body["Keys"]["pk"]["S"] not in partitions:
            return record
        images = {
            name: self._image(body[name]) for name in ("OldImage", "NewImage") if name in body
        }
        return {**record, "dynamodb": {**body, **images}}

    def _image(self, image: Mapping[str, Any]) -> dict[str, Any]:
        blanked = dict(image)
        for name in _TEXTS:
            if name in image:
                document = self._value(json.loads(image[name]["S"]))
                blanked[name] = {"S": json.dumps(document)}
        if _DEFAULTS in image:
            blanked[_DEFAULTS] = self._value(image[_DEFAULTS])
        return blanked

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._value(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._value(part) for part in value]
        if value is None or isinstance(value, bool):
            return value
        text = str(value)
        # What is blank already stays as it is, so that this may be repeated.
        return text if text.startswith(_BLANK) else f"{_BLANK}{self._hash(text)}"

    def _hash(self, text: str) -> str:
        return hmac.digest(self.key, text.encode(errors="replace"), sha256).hex()[:16]


_BLANK = "blank:"
