"""Two values are the same evidence exactly where people would say that they are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.model import match_keys
from rollcall.model.match_keys import Evidence, Source
from rollcall.scim.indexing import lookups
from rollcall.scim.resource_type import ENTERPRISE, Kind
from tests.scim import strategies
from tests.scim.strategies import FAST

HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann.Lee@Corp.test", "ann.lee@corp.TEST"),
        (" ann@corp.test ", "ann@corp.test"),
        ("ann@corp.test.", "ann@corp.test"),
        ("ÉLODIE@corp.test", "e\u0301lodie@corp.test"),
        ("STRASSE@corp.test", "straße@corp.test"),
        ("ann\u200b@corp.test", "ann@corp.test"),
        ("ａｎｎ＠corp.test", "ann@corp.test"),
        ("ann@xn--mller-kva.test", "ann@MÜLLER.test"),
        ("SMTP:ann@corp.test", "ann@corp.test"),
        ("mailto:ann@corp.test", "smtp:ann@corp.test"),
    ],
)
def test_spellings_of_one_address_are_the_same_address(one: str, other: str) -> None:
    assert match_keys.address(one) == match_keys.address(other) is not None


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("ann+news@corp.test", "ann@corp.test"),
        ("ann+a+b@corp.test", "ann@corp.test"),
        ("A.n.n@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("a.nn+news@GoogleMail.com", "ann@gmail.com"),
        ("ann_home.test#EXT#@corp.onmicrosoft.com", "ann@home.test"),
        ("ann_lee_home.test#EXT#@corp.onmicrosoft.com", "ann_lee@home.test"),
        ("a.n+x_gmail.com#EXT#@corp.onmicrosoft.com", "an@gmail.com"),
    ],
)
def test_an_alias_has_the_canonical_address_of_its_mailbox(alias: str, canonical: str) -> None:
    found = match_keys.address(alias)

    assert found is not None
    assert found[1] == canonical
    assert found[0] != canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.lee@corp.test", "annlee@corp.test"),
        ("ann@corp.test", "ann@corp.example"),
        ("ann@mail.corp.test", "ann@corp.test"),
        ("+a@corp.test", "+b@corp.test"),
        ("аnn@corp.test", "ann@corp.test"),
        ("#EXT#@corp.onmicrosoft.com", "ann#EXT#@corp.onmicrosoft.com"),
    ],
)
def test_other_addresses_are_told_apart(one: str, other: str) -> None:
    first, second = match_keys.address(one), match_keys.address(other)

    assert first is not None
    assert second is not None
    assert first[1] != second[1]


@pytest.mark.parametrize("value", ["", "ann", "@corp.test", "ann@", "ann lee@corp.test", "@", "."])
def test_what_is_no_address_is_none(value: str) -> None:
    assert match_keys.address(value) is None


@pytest.mark.parametrize(
    ("user_name", "before"),
    [
        (f"{HEX}ann@corp.test", "ann@corp.test"),
        (f"{HEX.upper()}ann@corp.test", "ann@corp.test"),
        (f"{HEX}ann", "ann"),
        (HEX, None),
        (f"{HEX}@corp.test", None),
        (f"{HEX[:-1]}zoe@corp.test", None),
        ("ann@corp.test", None),
    ],
)
def test_a_user_name_of_entras_soft_delete_is_recognised(
    user_name: str, before: str | None
) -> None:
    assert match_keys.former(user_name) == before


@pytest.mark.parametrize(
    ("one", "other"), [("00123", "123"), ("E 17", "e17"), ("Ｅ17", "e17"), ("A-9", "a-9")]
)
def test_spellings_of_one_employee_number_are_equal(one: str, other: str) -> None:
    first, second = match_keys.of_number(one), match_keys.of_number(other)

    assert first is not None
    assert second is not None
    assert first.canonical == second.canonical


@pytest.mark.parametrize("value", ["", "0", "000", "-", "N/A", "none", " unknown ", "TBD", "?"])
def test_a_placeholder_is_no_employee_number(value: str) -> None:
    assert match_keys.of_number(value) is None


@pytest.mark.parametrize(
    "name",
    [
        "Élodie Durand",
        "durand, elodie",
        "Elodie  DURAND (Contractor)",
        "E\u0301lodie Durand [ext]",
    ],
)
def test_spellings_of_one_name_are_equal(name: str) -> None:
    found = match_keys.of_name(name)

    assert found is not None
    assert found.canonical == "name:durand elodie"


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("Ann (Lee", "name:ann lee"),
        ("Ann (x) Lee (y", "name:ann lee y"),
        ("Ann ((x) Lee]", "name:ann lee"),
        ("Ann [x) Lee", "name:ann lee"),
        (") Ann Lee (", "name:ann lee"),
    ],
)
def test_a_bracket_that_is_not_closed_opens_no_remark(name: str, canonical: str) -> None:
    found = match_keys.of_name(name)

    assert found is not None
    assert found.canonical == canonical


def test_a_label_longer_than_a_domains_is_taken_as_it_stands() -> None:
    label = "xn--" + "a" * 60

    assert match_keys.address(f"ann@{label}.test") == (f"ann@{label}.test",) * 2


@pytest.mark.parametrize("name", ["", "Reception", "(Ann Lee)", "—"])
def test_a_single_word_is_no_name_of_a_person(name: str) -> None:
    assert match_keys.of_name(name) is None


def test_a_user_gives_all_its_evidence() -> None:
    document = {
        "userName": "Ann.Lee@corp.test",
        "displayName": "Ann Lee (IT)",
        "emails": [{"value": "ann.lee@corp.test"}, {"value": "a.l+x@gmail.com"}, {"type": "home"}],
        ENTERPRISE: {"employeeNumber": "0042"},
    }

    assert match_keys.of(document) == {
        Evidence("address:ann.lee@corp.test", Source.USER_NAME, "ann.lee@corp.test"),
        Evidence("address:ann.lee@corp.test", Source.EMAIL, "ann.lee@corp.test"),
        Evidence("address:al@gmail.com", Source.EMAIL, "a.l+x@gmail.com"),
        Evidence("number:42", Source.EMPLOYEE_NUMBER, "0042"),
        Evidence("name:ann lee", Source.NAME, "ann lee (it)"),
    }


@pytest.mark.parametrize(
    ("user_name", "expected"),
    [
        ("Ann", Evidence("login:ann", Source.USER_NAME, "ann")),
        (f"{HEX}Ann", Evidence("login:ann", Source.FORMER, "ann")),
        (f"{HEX}Ann@B.c", Evidence("address:ann@b.c", Source.FORMER, "ann@b.c")),
        ("Ann@B.c", Evidence("address:ann@b.c", Source.USER_NAME, "ann@b.c")),
    ],
)
def test_a_user_name_is_an_address_or_a_login(user_name: str, expected: Evidence) -> None:
    assert match_keys.of({"userName": user_name}) == {expected}


def test_given_and_family_name_go_before_what_is_shown() -> None:
    name = {"givenName": "Ann", "familyName": "Lee", "formatted": "Dr Ann Lee"}

    assert match_keys.full_name({"displayName": "Boss", "name": name}) == "Ann Lee"
    assert match_keys.full_name({"displayName": "Boss", "name": {"givenName": "Ann"}}) == "Boss"
    assert match_keys.full_name({"name": {"formatted": "Dr Ann Lee"}}) == "Dr Ann Lee"
    assert match_keys.full_name({}) == ""


def test_a_user_name_that_is_an_address_of_the_same_user_says_nothing_more() -> None:
    document: dict[str, Any] = {"userName": "Ann@b.c", "emails": [{"value": "ann@B.c"}]}

    assert match_keys.unindexed(document) == frozenset()
    assert match_keys.unindexed({**document, "userName": f"{HEX}ann@b.c"}) == {
        Evidence("address:ann@b.c", Source.FORMER, "ann@b.c")
    }


@FAST
@given(strategies.users)
def test_lookups_bear_what_does_not_stand_apart(document: dict[str, Any]) -> None:
    carried = {match_keys.of_index_entry(each) for each in lookups(Kind.USER, document)} - {None}
    apart = match_keys.unindexed(document)
    left_out = match_keys.of(document) - carried - apart

    assert carried | apart <= match_keys.of(document)
    assert {each.source for each in left_out} <= {Source.USER_NAME}
    assert {(each.canonical, each.value) for each in left_out} <= {
        (each.canonical, each.value) for each in carried if each is not None
    }


@FAST
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert match_keys.folded(match_keys.folded(text)) == match_keys.folded(text)


@FAST
@given(st.text(), st.text())
def test_case_never_tells_addresses_apart(local: str, domain: str) -> None:
    written = f"{local}@{domain}"

    assert match_keys.address(written.casefold()) == match_keys.address(written)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("Alice Smith", True),
        ("Smith,Alice", True),
        ("山田　太郎", True),
        ("O'Brien", False),
        ("Jean-Luc", False),
        ("Alice (Sales)", False),
        ("Alice -", False),
        ("", False),
    ],
)
def test_a_full_name_has_two_words(name: str, full: bool) -> None:
    assert match_keys.is_full_name(name) is full


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0958",
        "020 7946 0958",
        "+44 (0)20 7946-0958",
        "tel:+44-20-7946-0958;ext=12",
        "020.7946.0958 ext 12",
        "００４４２０７９４６０９５８",
    ],
)
def test_a_telephone_number_is_the_same_however_it_is_written(number: str) -> None:
    assert match_keys.telephone(number) == "9460958"


@pytest.mark.parametrize("number", ["", "none", "+"])
def test_what_has_no_digits_is_no_telephone_number(number: str) -> None:
    assert match_keys.telephones({"phoneNumbers": [{"value": number}, {"type": "work"}]}) == set()
