"""What is compared, looked up or logged is made of a text in time that grows with its length.

Values of requests, and cells of files that operators import, become keys by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scim2_models import Context

from rollcall.directory.precondition import Precondition
from rollcall.model import account_link, match_keys, redaction
from rollcall.model.record import Record
from rollcall.reconcile.conflicts import address_list, entra_properties, person
from rollcall.scim import body, case_folding, filters, json_text, names, quoting, tolerance
from rollcall.scim.attributes import declared, designate
from rollcall.scim.cursor import CursorSigner
from rollcall.scim.errors import SCIMException
from rollcall.scim.json_text import JsonTextError
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import ENTERPRISE, Kind
from rollcall.tenants import token_format
from tests.cost.processor import MAX_RATIO, Growth, Processor, growth, processor
from tests.cost.requests import SHAPES, repeated
from tests.long import LONG

VALUE = 280_000 if LONG else 30_000
"""The bytes of a value, which are those of a document at most."""

FILTER, PATH = 8_000, 1_000

USER = ["urn:ietf:params:scim:schemas:core:2.0:User"]
RECORD = Record(Kind.USER, "u", {"schemas": USER}, 1, "", "")


def user(**attributes: Any) -> dict[str, Any]:
    return {"schemas": USER, "userName": "ann", **attributes}


def matches(text: str, value: str) -> object:
    return filters.parse(text, [Kind.USER]).matches(Kind.USER, user(title=value))


MADE: dict[str, tuple[int, Callable[[str], object]]] = {
    "a folded name": (VALUE, case_folding.folded),
    "a folded name of a group": (VALUE, case_folding.collapsed),
    "an exact key": (VALUE, case_folding.exact),
    "a name that is checked": (VALUE, lambda text: names.check(Kind.USER, {}, {"userName": text})),
    "evidence of an address": (VALUE, match_keys.of_email),
    "evidence of a domain": (VALUE, lambda text: match_keys.of_email(f"a@{text}")),
    "evidence of a login": (VALUE, lambda text: match_keys.of(user(userName=text))),
    "evidence of a name": (VALUE, match_keys.of_name),
    "evidence of two names": (VALUE, lambda text: match_keys.of_name(f"{text} {text}")),
    "evidence of a number": (VALUE, match_keys.of_number),
    "a name before it was deleted": (VALUE, match_keys.former),
    "a domain that may be linked": (VALUE, account_link.domain_of),
    "a hash for the log": (VALUE, lambda text: redaction.keyed_hash(b"k", text)),
    "a sentence for the log": (VALUE, lambda text: redaction.redact(f"no {text}", {"x": text})),
    "a filter for the log": (VALUE, lambda text: redaction.redact("no a", {"filter": text})),
    "a path for the log": (VALUE, redaction.path),
    "a name for the log": (VALUE, redaction.name),
    "JSON text": (VALUE, json_text.read),
    "JSON text in a role": (VALUE, lambda text: tolerance.role({"value": text})),
    "a name of an attribute": (VALUE, lambda text: declared(Kind.USER, text)),
    "names of attributes": (VALUE, lambda text: Projection.of([text], None)),
    "a cursor": (VALUE, lambda text: CursorSigner(b"k").open(text, "", None, 0)),
    "a condition": (VALUE, lambda text: Precondition(text).check(RECORD)),
    "a token": (VALUE, token_format.is_well_formed),
    "a value that is searched": (VALUE, lambda text: matches('title co "x"', text)),
    "a body": (VALUE, lambda text: body.read(
        Kind.USER, user(**{ENTERPRISE: {"employeeNumber": text}}), Context.RESOURCE_CREATION_REQUEST
    )),
    "a filter": (FILTER, lambda text: filters.parse(text, [Kind.USER])),
    "a filter's value": (FILTER, lambda text: matches(f'title co "{text}"', "x")),
    "a quoted filter": (VALUE, quoting.quoted),
    "a path": (PATH, lambda text: designate(Kind.USER, text)),
    "a path's selection": (PATH, lambda text: designate(Kind.USER, f"emails[{text}].value")),
    "a cell of aliases": (VALUE, address_list.read_addresses),
    "a cell of a guest": (VALUE, person.guest_address),
    "a cell's heading": (PATH, entra_properties.property_name),
}  # fmt: skip


@pytest.fixture
def clock() -> Iterator[Processor]:
    with processor() as found:
        yield found


def done(make: Callable[[str], object], text: str) -> Callable[[], None]:
    def act() -> None:
        try:
            make(text)
        except (SCIMException, JsonTextError):
            return

    return act


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_of_a_text_takes_no_longer_than_its_length(
    what: str, clock: Processor
) -> None:
    size, make = MADE[what]
    found: list[Growth] = []
    for shape in SHAPES:
        short, long = (repeated(shape, each) for each in (size // 4, size))
        found.append(growth(f"{what}: {shape!r}", clock, done(make, short), done(make, long)))

    print("\n".join(map(str, sorted(found, key=lambda each: -each.ratio)[:3])))
    assert [str(each) for each in found if each.ratio > MAX_RATIO] == []
