"""Fictional people with offices, departments and managers, the same ones for the same seed.

Telephone numbers are from the ranges that regulators keep free for fiction.
"""

import unicodedata
from dataclasses import dataclass
from random import Random
from uuid import UUID

from demo.source import Group, User

DOMAIN = "example.com"

GIVEN = """\
Ada Amara Anaïs Andrzej Åsa Ben Björn Carmen Chidi Chloé Dana Dmitri Eilidh Elif Emeka Farah Femi
Finn Giulia Grace Hana Hugo Ines Ivo Jamal Jana José Kaito Keira Lena Liam Luca Łukasz Maeve Marek
Mei Milan Naledi Niamh Noor Olga Omar Petra Priya Quentin Rahel Ravi Rosa Sakura Seán Sofia Tariq
Tomás Uma Viktor Wanda Xavier Yara Yusuf Zoë
"""
SURNAMES = """\
Abara Adeyemi Akhtar Andersson Bakker Bauer Brandt Brown Castillo Chen Clarke Costa Dąbrowski Dubois
Eriksen Evans Fischer Ferrari Fraser García Grant Haddad Hansen Horvat Ivanova Jansen Johansson Kaya
Kim Kowalska Lambert Larsen Lehmann MacLeod Mbeki Meyer Moreau Müller Murphy Nakamura Nguyen Novák
O'Brien O'Neill Okafor Patel Pereira Quinn Rossi Sato Schröder Silva Singh Søndergaard Taylor Turner
Ueda Vargas Walsh Weiß Yilmaz Young Zieliński
"""

DEPARTMENTS = {
    "Engineering": ("Software Engineer", "Site Reliability Engineer", "Test Engineer"),
    "Sales": ("Account Manager", "Sales Engineer", "Account Executive"),
    "Finance": ("Accountant", "Financial Analyst", "Payroll Specialist"),
    "Compliance": ("Auditor", "Risk Analyst", "Policy Writer"),
}
EVERYONE = "All Staff"

# Letters that have no decomposition into a base letter and a mark.
_LATIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss"})


@dataclass(frozen=True)
class Office:
    """A place of work and the form of its telephone numbers."""

    street: str
    city: str
    state: str | None
    postal_code: str
    country: str
    language: str
    landline: str
    mobile: str


OFFICES = (
    Office(
        "7 Harbour Walk",
        "Brighton",
        "East Sussex",
        "BN1 0ZZ",
        "GB",
        "en-GB",
        "+44 1632 960{:03}",
        "+44 7700 900{:03}",
    ),
    Office(
        "410 Juniper Street",
        "Portland",
        "OR",
        "97299",
        "US",
        "en-US",
        "+1 503 555 0{:03}",
        "+1 971 555 0{:03}",
    ),
    Office(
        "12 rue des Tilleuls",
        "Nantes",
        None,
        "44999",
        "FR",
        "fr-FR",
        "+33 2 61 91 0{:03}",
        "+33 6 39 98 0{:03}",
    ),
)


def staff(seed: int, count: int) -> list[User]:
    """Return users: the first leads all, the next ones lead one department each."""
    random = Random(seed)
    given_names, surnames = GIVEN.split(), SURNAMES.split()
    heads: dict[str, str] = {}
    users: list[User] = []
    taken: set[str] = set()
    departments = list(DEPARTMENTS)
    for number in range(count):
        given, surname = random.choice(given_names), random.choice(surnames)
        nickname = _nickname(given, surname, taken)
        department = departments[(number - 1) % len(departments)]
        office = random.choice(OFFICES)
        if number == 0:
            department, title, manager = "Executive", "Chief Executive", None
        elif department not in heads:
            title, manager = f"Head of {department}", users[0].object_id
        else:
            title, manager = random.choice(DEPARTMENTS[department]), heads[department]
        user = User(
            object_id=_object_id(random),
            user_principal_name=f"{nickname}@{DOMAIN}",
            mail_nickname=nickname,
            display_name=f"{given} {surname}",
            given_name=given,
            surname=surname,
            job_title=title,
            department=department,
            employee_id=f"E{1000 + number}",
            mail=f"{nickname}@{DOMAIN}",
            preferred_language=office.language,
            office=f"{office.city}, room {random.randint(101, 499)}",
            street_address=office.street,
            city=office.city,
            state=office.state,
            postal_code=office.postal_code,
            country=office.country,
            telephone=office.landline.format(random.randint(100, 199)),
            mobile=office.mobile.format(random.randint(100, 199)) if number % 3 else None,
            fax=office.landline.format(random.randint(100, 199)) if number % 10 == 2 else None,
            manager=manager,
        )
        users.append(user)
        if number > 0:
            heads.setdefault(department, user.object_id)
    return users


def groups(seed: int, users: list[User]) -> list[Group]:
    """Return a group of all users and one for each department."""
    random = Random(f"groups {seed}")
    everyone = Group(
        _object_id(random), EVERYONE, members=frozenset(user.object_id for user in users)
    )
    return [
        everyone,
        *(
            Group(
                _object_id(random),
                department,
                members=frozenset(
                    user.object_id for user in users if user.department == department
                ),
            )
            for department in DEPARTMENTS
        ),
    ]


def nickname(given: str, surname: str) -> str:
    """Return a name as the local part of an address, in ASCII."""
    plain = f"{given}.{surname}".lower().translate(_LATIN)
    marked = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def _nickname(given: str, surname: str, taken: set[str]) -> str:
    plain = nickname(given, surname)
    names = (plain if number == 1 else f"{plain}{number}" for number in range(1, 1000))
    chosen = next(name for name in names if name not in taken)
    taken.add(chosen)
    return chosen


def _object_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
