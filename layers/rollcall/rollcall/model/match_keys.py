"""The evidence that two accounts belong to one person: addresses, employee numbers, names.

Nothing is decided here: a user is turned into canonical values that are equal where people would
call them equal, each with the folded value that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from unicodedata import category

from rollcall.scim.indexing import IndexEntry
from rollcall.scim.normalization import normalized
from rollcall.scim.resource_type import ENTERPRISE


class Source(StrEnum):
    """Where in a user a piece of evidence stands."""

    EMAIL = "email"
    USER_NAME = "userName"
    FORMER = "former"
    """The userName before Entra ID deleted the person softly (exchange u20)."""
    EMPLOYEE_NUMBER = "employeeNumber"
    NAME = "name"
    INACTIVE = "inactive"
    """No value of the user: since when it is not active."""


@dataclass(frozen=True, order=True, slots=True)
class Evidence:
    """A value that other accounts of the same person may have as well.

    `canonical` begins with what it is (`address:`, `login:`, `number:`, `name:`, `inactive:`);
    `value` is as it stands in the user, folded.
    """

    canonical: str
    source: Source
    value: str


@dataclass(frozen=True, slots=True)
class MatchKey:
    """A piece of an account's evidence; `position` is where it stands in the order of all."""

    evidence: Evidence
    account: str
    position: str


DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
"""Providers that ignore dots before the @, and the name under which each is known."""

PLACEHOLDERS = frozenset({"n/a", "na", "none", "null", "nil", "unknown", "tbd", "tba", "xxx"})
"""Texts that stand for no employee number."""

_ATTRIBUTES = ("emails", "userName", "name", "displayName", ENTERPRISE)
"""What evidence is made of."""

_FORMER = re.compile(r"[0-9a-f]{32}(?=[^@])", re.IGNORECASE)
_SCHEME = re.compile(r"(?:smtp|mailto):")
_GUEST = "#ext#"
_REMARK = re.compile(r"[(\[][^)\]]*+[)\]]")
_WORD = re.compile(r"[^\W_]+")
_MAX_LABEL = 63
_BETWEEN_WORDS = re.compile(r"[\s,;]+")
_TELEPHONE = re.compile(r"[0-9][0-9\s()./-]*")


def of(document: Mapping[str, Any]) -> frozenset[Evidence]:
    """Return all that a user's document says of who it is."""
    found = {of_email(each["value"]) for each in document.get("emails") or () if each.get("value")}
    found.update(_of_user_name(document.get("userName") or ""))
    if number := document.get(ENTERPRISE, {}).get("employeeNumber"):
        found.add(of_number(number))
    found.add(of_name(full_name(document)))
    return frozenset(each for each in found if each is not None)


def is_unchanged(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two documents have the same evidence because what it is made of is the same."""
    return all(before.get(name) == after.get(name) for name in _ATTRIBUTES)


def of_index_entry(entry: IndexEntry) -> Evidence | None:
    """Return the evidence in an index entry, None when there is none."""
    if entry.attribute == "emails.value":
        return of_email(entry.key)
    if entry.attribute == f"{ENTERPRISE}:employeeNumber":
        return of_number(entry.key)
    return None


def of_stored(source: Source, value: str) -> Evidence | None:
    """Return the evidence of a stored source and folded value."""
    match source:
        case Source.EMPLOYEE_NUMBER:
            return of_number(value)
        case Source.NAME:
            return of_name(value)
        case Source.INACTIVE:
            return Evidence("inactive:", source, value)
        case Source.EMAIL:
            return of_email(value)
    return _of_name_or_address(source, value)


def unindexed(document: Mapping[str, Any]) -> frozenset[Evidence]:
    """Return the evidence of a user that is in no index entry and adds something to those."""
    every = of(document)
    emails = {each.value for each in every if each.source is Source.EMAIL}
    return frozenset(
        each
        for each in every
        if each.source in {Source.FORMER, Source.NAME}
        or (each.source is Source.USER_NAME and each.value not in emails)
    )


def former(user_name: str) -> str | None:
    """Return the userName that Entra ID prefixed when it deleted the person softly.

    None when it did not: 32 hex digits and nothing else, or a domain behind them, are a name.
    """
    found = _FORMER.match(user_name)
    return user_name[found.end() :] if found else None


def folded(value: str) -> str:
    """Return the key under which spellings are equal that only computers tell apart.

    Wider than the key of a claim: compatibility forms, `ß` and `ss`, and invisible characters. Two
    names that are told apart here are different for everybody.
    """
    if value.isascii():  # the same, in a quarter of the time
        return value.lower().strip()
    text = "".join(each for each in value if category(each) != "Cf")
    for _ in range(3):  # folding may bring forms that fold again (Unicode 3.13, D146)
        text = normalized("NFKC", text.casefold())
    return text.strip()


def of_email(value: str) -> Evidence | None:
    """Return the evidence in an address, None when it is none."""
    return _of_address(Source.EMAIL, value)


def of_number(value: str) -> Evidence | None:
    """Return the evidence in an employee number, None when it stands for no number.

    Spreadsheets take leading zeros away.
    """
    number = "".join(folded(value).split())
    canonical = number.lstrip("0") if number.isdigit() else number
    if canonical in PLACEHOLDERS or not _WORD.search(canonical):
        return None
    return Evidence(f"number:{canonical}", Source.EMPLOYEE_NUMBER, number)


def of_name(value: str) -> Evidence | None:
    """Return the evidence in a person's name, None when it has a single word.

    A weak hint: the order of the words, accents and remarks in brackets do not count.
    """
    name = " ".join(folded(value).split())
    plain = normalized("NFD", _without_remarks(name))
    bare = "".join(each for each in plain if category(each) != "Mn")
    words = sorted(_WORD.findall(bare))
    if len(words) < 2:
        return None
    return Evidence(f"name:{' '.join(words)}", Source.NAME, name)


def full_name(document: Mapping[str, Any]) -> str:
    """Return the name of a user: given and family name, else the name that is shown."""
    name = document.get("name") or {}
    if name.get("givenName") and name.get("familyName"):
        return f"{name['givenName']} {name['familyName']}"
    return document.get("displayName") or name.get("formatted") or ""


def is_full_name(value: str) -> bool:
    """Tell whether a name has two words or more, of which a hyphen or an apostrophe makes none."""
    words = _BETWEEN_WORDS.split(_without_remarks(folded(value)))
    return sum(bool(_WORD.search(each)) for each in words) > 1


def employee_number(document: Mapping[str, Any]) -> str:
    """Return the employee number of a user as it is compared, empty when there is none."""
    found = of_number(document.get(ENTERPRISE, {}).get("employeeNumber") or "")
    return "" if found is None else found.canonical.partition(":")[2]


def telephones(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the telephone numbers of a user as they are compared, see `telephone`."""
    found = (telephone(each.get("value") or "") for each in document.get("phoneNumbers") or ())
    return frozenset(filter(None, found))


def telephone(value: str) -> str:
    """Return the last seven digits of a telephone number, empty where there are none.

    These are the same with and without a country code. What stands behind a letter or a semicolon
    is an extension (RFC 3966 section 3), which does not count.
    """
    found = _TELEPHONE.search(folded(value))
    return "" if found is None else "".join(filter(str.isdigit, found[0]))[-7:]


def address(value: str) -> tuple[str, str] | None:
    """Return an address folded, and its canonical form; None when it is no address.

    The canonical form has no `+tag`, no dots where the provider ignores them, the domain in
    Unicode, and is the home address of a guest (`ann_home.test#EXT#@tenant.onmicrosoft.com`).
    """
    text = _SCHEME.sub("", folded(value), count=1)
    local, at, domain = text.rpartition("@")
    domain = ".".join(map(_unicode, domain.rstrip(".").split(".")))
    if not (local and at and domain) or any(each.isspace() for each in text):
        return None
    whole = f"{local}@{domain}"
    if local.endswith(_GUEST):
        mailbox, _, home = local.removesuffix(_GUEST).rpartition("_")
        if mailbox and home:
            local, domain = mailbox, home
    local = local.partition("+")[0] or local
    if domain in DOTLESS:
        local, domain = local.replace(".", "") or local, DOTLESS[domain]
    return whole, f"{local}@{domain}"


def _without_remarks(name: str) -> str:
    """Return a name without what stands in brackets; a bracket that is not closed opens none.

    Looked for up to the last closing bracket, a remark has an end wherever it begins.
    """
    end = max(name.rfind(")"), name.rfind("]")) + 1
    return _REMARK.sub(" ", name[:end]) + name[end:]


def _of_address(source: Source, value: str) -> Evidence | None:
    found = address(value)
    return None if found is None else Evidence(f"address:{found[1]}", source, found[0])


def _of_user_name(value: str) -> Iterator[Evidence]:
    before = former(value)
    name, source = (value, Source.USER_NAME) if before is None else (before, Source.FORMER)
    if (found := _of_name_or_address(source, name)) is not None:
        yield found


def _of_name_or_address(source: Source, value: str) -> Evidence | None:
    found = _of_address(source, value)
    if found is None and (login := folded(value)):
        return Evidence(f"login:{login}", source, login)
    return found


def _unicode(label: str) -> str:
    """Return a label of a domain as people read it (RFC 3492); domains have none that is longer."""
    if not label.startswith("xn--") or len(label) > _MAX_LABEL:
        return label
    try:
        return folded(label[4:].encode().decode("punycode"))
    except UnicodeError:
        return label
