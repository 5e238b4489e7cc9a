"""200 people of a customer who had accounts before SCIM was switched on, in every way it happens.

Each person has a cause, which says how the product's account differs from the person; the causes
are those of duplicates in the field. Beside the 200 there are twenty pairs of namesakes: in ten of
them the other one is a person of the product alone.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from unicodedata import normalize

from demo import people
from demo.entra import Source, User


class Cause(StrEnum):
    """How an account differs from the person whose it is."""

    EXACT = "the same name"
    CASE = "another case"
    UNICODE = "another composition of Unicode"
    ALIAS = "an alias, or the name before a marriage"
    MAIL = "mail instead of the user principal name"
    TAGGED = "a plus-address"
    NUMBER = "the employee number alone"
    DOMAIN = "another domain"
    NAME = "the name alone"
    SECOND = "two accounts, one of which matches"
    SEVERAL = "two accounts, none of which matches"
    PROTECTED = "a protected account"
    GUEST = "a guest"
    DISABLED = "disabled in the identity provider"
    UNASSIGNED = "not assigned"
    NEW = "no account yet"
    NAMESAKE_NUMBERED = "no account yet, beside a namesake's with another employee number"
    NAMESAKE = "no account yet, beside a namesake's"
    PAIR = "the same name, beside a namesake"


NUMBERS = {
    Cause.EXACT: 70, Cause.CASE: 15, Cause.UNICODE: 5, Cause.ALIAS: 20, Cause.MAIL: 15,
    Cause.TAGGED: 10, Cause.NUMBER: 10, Cause.DOMAIN: 10, Cause.NAME: 5, Cause.SECOND: 5,
    Cause.SEVERAL: 4, Cause.PROTECTED: 3, Cause.GUEST: 3, Cause.DISABLED: 5, Cause.UNASSIGNED: 5,
    Cause.NEW: 15, Cause.NAMESAKE_NUMBERED: 8, Cause.NAMESAKE: 2, Cause.PAIR: 20,
}  # fmt: skip
DUPLICATED = {Cause.ALIAS, Cause.MAIL, Cause.TAGGED, Cause.NUMBER, Cause.DOMAIN}
LINKED = {Cause.EXACT, Cause.CASE, Cause.UNICODE, Cause.GUEST, Cause.PAIR}
STRANGERS = NUMBERS[Cause.NAMESAKE_NUMBERED] + NUMBERS[Cause.NAMESAKE]
"""Accounts of namesakes who are not in the identity provider."""
STRAYS = 6
"""Accounts of nobody in the identity provider."""

HEAD = (
    "userName",
    "email",
    "employeeNumber",
    "givenName",
    "familyName",
    "displayName",
    "protected",
)


@dataclass
class Person:
    """A person, the aliases that Entra knows, and the product's accounts.

    `strangers` are those of a namesake who is not in the identity provider.
    """

    user: User
    cause: Cause
    aliases: list[str] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)
    strangers: list[dict[str, str]] = field(default_factory=list)

    @property
    def exported(self) -> dict[str, Any]:
        """The person as Graph answers it."""
        user = self.user
        upn = user.user_principal_name
        if self.cause is Cause.GUEST:
            mailbox, _, home = upn.partition("@")
            upn = f"{mailbox}_{home}#EXT#@{people.DOMAIN}"
        return {
            "id": user.object_id,
            "userPrincipalName": upn,
            "mail": user.mail,
            "otherMails": [],
            "proxyAddresses": [f"SMTP:{user.mail}", *(f"smtp:{each}" for each in self.aliases)],
            "mailNickname": user.mail_nickname,
            "displayName": user.display_name,
            "givenName": user.given_name,
            "surname": user.surname,
            "employeeId": user.employee_id,
            "accountEnabled": user.account_enabled,
        }


def everyone() -> list[Person]:
    """Return the 200 people and the namesakes, the same ones each time."""
    users = iter(people.staff(7, sum(NUMBERS.values())))
    return [
        _made(cause, next(users), number)
        for cause, many in NUMBERS.items()
        for number in range(many)
    ]


def source(staff: list[Person]) -> Source:
    """Return the identity provider's directory."""
    made = Source()
    made.add(*(each.user for each in staff))
    return made


def write(staff: list[Person], path: Path) -> dict[str, Path]:
    """Write the product's accounts, the export and who is assigned."""
    files = {name: path / name for name in ("accounts.csv", "users.json", "assigned.txt")}
    with files["accounts.csv"].open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, HEAD, restval="")
        writer.writeheader()
        writer.writerows(one for each in staff for one in (*each.accounts, *each.strangers))
        writer.writerows(_strays())
    files["users.json"].write_text(json.dumps({"value": [each.exported for each in staff]}))
    assigned = (each.user.object_id for each in staff if each.user.assigned)
    files["assigned.txt"].write_text("\n".join(assigned))
    return files


def _made(cause: Cause, user: User, number: int) -> Person:
    person = Person(user, cause)
    _MAKERS.get(cause, _plain)(person, number)
    return person


def _account(person: Person, user_name: str, **columns: str) -> None:
    user = person.user
    names = {
        "givenName": str(user.given_name),
        "familyName": str(user.surname),
        "displayName": str(user.display_name),
    }
    email = user_name if "@" in user_name else ""
    person.accounts.append({"userName": user_name, "email": email, **names, **columns})


def _plain(person: Person, _: int) -> None:
    _account(person, person.user.user_principal_name)


def _case(person: Person, number: int) -> None:
    name = person.user.user_principal_name
    _account(person, name.upper() if number % 2 else name.title())


def _unicode(person: Person, number: int) -> None:
    name = f"zoë{number}@{people.DOMAIN}"
    person.user = replace(person.user, user_principal_name=name, mail=name)
    _account(person, normalize("NFD", name))


def _alias(person: Person, number: int) -> None:
    former = f"former{number}@{people.DOMAIN}"
    person.aliases.append(former)
    _account(person, former, familyName="Former")


def _mail(person: Person, number: int) -> None:
    mail = f"mail{number}@{people.DOMAIN}"
    person.user = replace(person.user, mail=mail)
    _account(person, mail)


def _tagged(person: Person, _: int) -> None:
    mailbox, at, domain = person.user.user_principal_name.partition("@")
    _account(person, f"{mailbox}+product{at}{domain}")


def _number(person: Person, number: int) -> None:
    named = {"employeeNumber": f"00{number + 500}", "familyName": "Other", "displayName": "Other"}
    person.user = replace(person.user, employee_id=str(number + 500))
    _account(person, f"login{number}")
    person.accounts[0] |= named


def _domain(person: Person, _: int) -> None:
    mailbox = person.user.user_principal_name.partition("@")[0]
    _account(person, f"{mailbox}@bought.example")


def _name(person: Person, number: int) -> None:
    names = {"givenName": "Only", "familyName": f"Name{chr(65 + number)}"}
    shown = " ".join(names.values())
    person.user = replace(
        person.user, given_name="Only", surname=names["familyName"], display_name=shown
    )
    _account(person, f"initials{number}", **names, displayName=shown)


def _second(person: Person, number: int) -> None:
    person.aliases.append(f"second{number}@{people.DOMAIN}")
    _plain(person, number)
    _account(person, person.aliases[0])


def _several(person: Person, number: int) -> None:
    person.aliases += [f"one{number}@{people.DOMAIN}", f"two{number}@{people.DOMAIN}"]
    for each in person.aliases:
        _account(person, each)


def _protected(person: Person, _: int) -> None:
    _account(person, person.user.user_principal_name, protected="yes")


def _guest(person: Person, number: int) -> None:
    name = f"guest_{number}@home.example"
    person.user = replace(person.user, user_principal_name=name, mail=name)
    _account(person, name)


def _disabled(person: Person, number: int) -> None:
    person.user = replace(person.user, account_enabled=False)
    _plain(person, number)


def _unassigned(person: Person, number: int) -> None:
    person.user = replace(person.user, assigned=False)
    _plain(person, number)


def _new(person: Person, _: int) -> None:
    person.accounts.clear()


def _namesake_numbered(person: Person, number: int) -> None:
    _stranger(person, f"other{number}@bought.example", employeeNumber=f"X{number}")


def _namesake(person: Person, number: int) -> None:
    _stranger(person, f"stranger{number}@bought.example")


def _stranger(person: Person, user_name: str, **columns: str) -> None:
    _account(person, user_name, **columns)
    person.strangers, person.accounts = person.accounts, []


def _pair(person: Person, number: int) -> None:
    family = f"Twin{chr(65 + number // 2)}"
    shown = f"Only {family}"
    person.user = replace(person.user, given_name="Only", surname=family, display_name=shown)
    _plain(person, number)


def _strays() -> Iterator[dict[str, str]]:
    for each in range(STRAYS):
        yield {"userName": f"stray{each}@{people.DOMAIN}", "displayName": f"Stray No{each}"}


_MAKERS: dict[Cause, Callable[[Person, int], None]] = {
    Cause.CASE: _case, Cause.UNICODE: _unicode, Cause.ALIAS: _alias, Cause.MAIL: _mail,
    Cause.TAGGED: _tagged, Cause.NUMBER: _number, Cause.DOMAIN: _domain, Cause.NAME: _name,
    Cause.SECOND: _second, Cause.SEVERAL: _several, Cause.PROTECTED: _protected,
    Cause.GUEST: _guest, Cause.DISABLED: _disabled, Cause.UNASSIGNED: _unassigned, Cause.NEW: _new,
    Cause.NAMESAKE_NUMBERED: _namesake_numbered, Cause.NAMESAKE: _namesake, Cause.PAIR: _pair,
}  # fmt: skip
