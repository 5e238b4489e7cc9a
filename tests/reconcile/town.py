"""Two hundred people, what the identity provider and the product know of each, and the truth.

Every reason for which a person gets a second account (clients.md section 7) has its people, beside
those with one account and those who only look alike. Beside the two hundred there are twenty pairs
of people who have nothing but the full name in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize

from demo.people import GIVEN, SURNAMES
from rollcall.scim.resource_type import ENTERPRISE

DOMAIN = "corp.test"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

CAUSES = {
    "same": 78,
    "case": 12,
    "unicode": 4,
    "plus": 10,
    "dots": 4,
    "upn": 15,
    "alias": 10,
    "number": 10,
    "domain": 6,
    "namesake": 8,
    "family": 2,
    "recreated": 6,
    "new": 20,
    "local": 10,
    "left": 5,
}
"""How many people there are of each kind; 200 together."""

NAMESAKES = {
    "local and IdP, other numbers": 5,
    "local and IdP, other telephones": 3,
    "local and IdP, nothing else": 2,
    "both local": 4,
    "both of the IdP": 3,
    "both linked": 3,
}
"""How many pairs of namesakes there are of each kind, by where the two are known; 20 together."""

STRONG = ("unicode", "plus", "dots", "upn", "alias", "number", "recreated", "domain")
"""The causes whose people get a second account, and whose evidence the directory then holds.

That of `domain` is the full name alone.
"""


@dataclass(frozen=True)
class Person:
    """A person: Graph's properties on one side (None: unknown there), accounts on the other.

    `accounts` are SCIM documents of the product's own, from before SCIM was switched on; `former`
    are those that the identity provider had made and deleted softly.
    """

    number: int
    cause: str
    name: str
    graph: dict[str, Any] | None
    accounts: list[dict[str, Any]] = field(default_factory=list)
    former: list[dict[str, Any]] = field(default_factory=list)

    @property
    def provisioned(self) -> dict[str, Any] | None:
        """The user that Entra's default mapping makes of the person."""
        if self.graph is None:
            return None
        return account(
            self.name,
            self.graph["userPrincipalName"],
            self.graph["mail"],
            number=self.graph["employeeId"],
            externalId=self.graph["id"],
            **_telephone(self.graph.get("telephoneNumber")),
        )


def account(
    name: str, user_name: str, *emails: str | None, number: str | None = None, **attributes: Any
) -> dict[str, Any]:
    """Return a SCIM user."""
    given, family = name.split()
    document: dict[str, Any] = {
        "schemas": [USER],
        "userName": user_name,
        "displayName": name,
        "name": {"givenName": given, "familyName": family},
        "active": True,
        **attributes,
    }
    if mails := [each for each in emails if each]:
        document["emails"] = [{"value": each, "type": "work"} for each in mails]
    if number:
        document[ENTERPRISE] = {"employeeNumber": number}
    return document


def town() -> list[Person]:
    """Return the two hundred and the namesakes, the same ones each time."""
    causes = [cause for cause, number in CAUSES.items() for _ in range(number)]
    people = [_person(number, cause) for number, cause in enumerate(causes)]
    pairs = [kind for kind, number in NAMESAKES.items() for _ in range(number)]
    for pair, kind in enumerate(pairs):
        people += [_namesake(len(causes) + 2 * pair + each, pair, kind) for each in (0, 1)]
    return people


def _person(number: int, cause: str) -> Person:
    name = _shared_name(number) if cause == "namesake" else _name(number)
    local = f"{_plain(name)}.{number}"
    address = f"{local}@{DOMAIN}"
    graph: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "userPrincipalName": address,
        "mail": address,
        "employeeId": f"{number:05}",
        "displayName": name,
        "accountEnabled": True,
    }
    former: list[dict[str, Any]] = []
    own = [account(name, address, address)] * (cause not in {"new", "recreated", "left"})
    match cause:
        case "case":
            own = [account(name, address.title(), address.upper())]
        case "unicode":
            graph |= {"userPrincipalName": f"strasse{address}", "mail": f"strasse{address}"}
            own = [account(name, f"Straße{address}", f"Straße{address}")]
        case "plus":
            own = [account(name, f"{local}+product@{DOMAIN}", f"{local}+product@{DOMAIN}")]
        case "dots":
            graph |= {
                "userPrincipalName": f"{local}_gmail.com#EXT#@{DOMAIN}",
                "mail": f"{local}@gmail.com",
            }
            undotted = f"{local.replace('.', '')}@googlemail.com"
            own = [account(name, undotted, undotted)]
        case "upn":
            graph |= {"userPrincipalName": f"u{number:05}@{DOMAIN}"}
        case "alias":
            own = [account(name, f"login{number}", f"{number}@old.test", address)]
        case "number":
            own = [account(_name(number + 200), f"maiden{number}@{DOMAIN}", number=str(number))]
        case "domain":
            graph |= {"employeeId": None}
            own = [account(name, f"{local}@old.test", f"{local}@old.test")]
        case "family":
            own = [account(name, address, address, f"family@{DOMAIN}")]
        case "recreated":
            gone = f"{number:032x}{address}"
            former = [account(name, gone, address, active=False)]
        case "left":
            former = [account(name, address, address, active=False)]
    known = None if cause in {"local", "left"} else graph
    return Person(number, cause, name, known, own, former)


def documents(people: list[Person]) -> Iterator[tuple[Person, dict[str, Any]]]:
    """Yield all that is to be created before the first cycle, with whose it is."""
    for each in people:
        for document in (*each.accounts, *each.former):
            yield each, document


def _namesake(number: int, pair: int, kind: str) -> Person:
    """Return one of two people with one name: the first with an even number, then the second."""
    second = number % 2 == 1
    given, surnames = GIVEN.split(), SURNAMES.split()
    name = f"{given[pair]} {surnames[pair * 7 + 1 - pair // 9 * 63]}"  # nobody else's
    address = f"{_plain(name)}{2 if second else ''}@{DOMAIN}"
    numbered = kind in {"local and IdP, other numbers", "both linked"}
    telephone = f"+44 20 7946 0{number}" if kind == "local and IdP, other telephones" else None
    employee = f"{number:05}" if numbered else None
    graph = {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "userPrincipalName": address,
        "mail": address,
        "employeeId": employee,
        "telephoneNumber": telephone,
        "displayName": name,
        "accountEnabled": True,
    }
    own = account(name, address, address, number=employee, **_telephone(telephone))
    is_known = {"both local": False, "both of the IdP": True, "both linked": True}.get(kind, second)
    has_account = {"both of the IdP": False}.get(kind, kind.startswith("both") or not second)
    return Person(number, kind, name, graph if is_known else None, [own] * has_account)


def _telephone(number: str | None) -> dict[str, Any]:
    return {"phoneNumbers": [{"value": number, "type": "work"}]} if number else {}


def _shared_name(number: int) -> str:
    """Return the name of two people who are not the same, the first with an odd number."""
    return _name(number - 1 + number % 2)


def _name(number: int) -> str:
    given, surnames = GIVEN.split(), SURNAMES.split()
    return f"{given[number % len(given)]} {surnames[number * 7 % len(surnames)]}"


def _plain(name: str) -> str:
    bare = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return bare.replace(" ", ".").replace("'", "")
