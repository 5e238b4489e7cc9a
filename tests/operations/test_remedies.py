"""Every refusal that the service can answer with is explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.operations import remedies
from rollcall.operations.remedies import KINDS, REMEDIES
from rollcall.scim import errors
from rollcall.scim.errors import SCIMException, TooManyRequests, Unavailable
from rollcall.storage.provisioning_log import LogEntry

FAILURE = (500, "")
"""What is answered to a failure on our side."""


def refusals() -> set[tuple[int, str]]:
    """Return the statuses and scimTypes of the errors of the protocol, as the code has them."""
    own = {each for each in _classes(SCIMException) if each.__module__ == errors.__name__}
    busy = {(status, "") for status in (429, 503)}
    plain = {(each.status, each.scim_type) for each in own - {Unavailable, TooManyRequests}}
    return plain | busy | {FAILURE}


def _classes(above: type[SCIMException]) -> Iterator[type[SCIMException]]:
    yield above
    for each in above.__subclasses__():
        yield from _classes(each)


@pytest.mark.parametrize(("status", "scim_type"), sorted(refusals()))
def test_a_refusal_is_explained_and_has_a_remedy(status: int, scim_type: str) -> None:
    found = remedies.remedy(LogEntry(status=status, scim_type=scim_type, detail="whatever it is"))

    assert found in (*REMEDIES, *KINDS), found
    assert found is not None
    assert min(map(len, (found.shown, found.sentence, found.remedy))) > 8, found


def test_the_kinds_are_those_of_the_code_and_each_is_there_once() -> None:
    kinds = [(each.status, each.scim_type) for each in KINDS]

    assert len(kinds) == len(set(kinds))
    assert set(kinds) <= refusals()


def test_a_known_sentence_is_explained_before_its_kind() -> None:
    entry = LogEntry(status=409, scim_type="uniqueness", detail="userName is taken by another user")
    found = remedies.remedy(entry)

    assert found is not None
    assert "a colleague who left" in found.sentence
