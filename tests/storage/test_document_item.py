"""What is read of a document item."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import ATTRIBUTES, record_of


class Noting(dict[str, Any]):
    """An item that notes what is asked of it."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__(item)
        self.asked: set[str] = set()

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("kind", Kind)
def test_a_record_is_made_of_the_attributes_that_are_named(kind: Kind) -> None:
    item = Noting(
        {"pk": f"acme#{kind.value.upper()}#a", "document": '{"schemas":[]}', "version": 1,
         "created": "c", "modified": "m"}
    )  # fmt: skip

    assert record_of(kind, item) is not None
    assert item.asked == {"pk", *ATTRIBUTES}
