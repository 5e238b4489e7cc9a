"""The tenant that has everything: no shape of a key is missing from it."""

from __future__ import annotations

from rollcall.runtime.services import Services
from tests.storage.shapes import shape_of, shapes
from tests.tenants.everything import fill, items


def test_a_filled_tenant_has_an_item_of_every_shape(services: Services) -> None:
    fill(services, "acme")

    assert {shape_of(item, "acme") for item in items(services)} == shapes("acme").keys()
