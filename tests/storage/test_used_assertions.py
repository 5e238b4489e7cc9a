"""An assertion that is accepted once is used once, however many try."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rollcall.runtime.services import Services
from rollcall.storage import deployment_keys
from rollcall.storage.used_assertions import UsedAssertions


def test_a_use_is_noted_once_and_until_it_expires(services: Services) -> None:
    used = UsedAssertions(services.table)

    assert used.note("digest", 2_000_000_000)
    assert not used.note("digest", 2_000_000_001)
    assert used.note("other", 2_000_000_000)
    item = services.table.get(deployment_keys.used_assertion("digest"))
    assert item is not None
    assert item["expires"] == 2_000_000_000


# moto applies what threads send at once one over the other.
@pytest.mark.parametrize("clients", ["dynoxide"], indirect=True)
def test_of_many_uses_at_once_one_is_the_first(services: Services) -> None:
    used = UsedAssertions(services.table)
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda _: used.note("digest", 2_000_000_000), range(24)))

    assert first.count(True) == 1
