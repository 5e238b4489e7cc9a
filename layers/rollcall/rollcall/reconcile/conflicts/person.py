"""A person of the identity provider, and what its provisioning job makes of it.

The job looks an account up by matching attributes, in order of precedence, and takes the first that
finds one; a guest's user principal name it sends as the guest's own address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rollcall.model import match_keys
from rollcall.model.match_keys import Evidence
from rollcall.reconcile.conflicts.entra_properties import NAMES
from rollcall.reconcile.input_error import InputError
from rollcall.scim.indexing import INDEXED, Indexed, IndexEntry
from rollcall.scim.resource_type import ENTERPRISE, Kind

_GUEST = re.compile(r"(?P<mailbox>.+)_(?P<home>[^_@]+)#EXT#@.+", re.IGNORECASE)
_UNSENDABLE = re.compile(r'["\\\x00-\x1f\x7f]')
"""What a filter would have to escape, which the job does not do."""

_INDEXED = {each.attribute: each for each in INDEXED[Kind.USER]}
_TARGETS = {
    "username": "userName",
    "externalid": "externalId",
    "emails.value": "emails.value",
    'emails[type eq "work"].value': "emails.value",
    "emails[primary eq true].value": "emails.value",
    "employeenumber": f"{ENTERPRISE}:employeeNumber",
    f"{ENTERPRISE}:employeenumber".lower(): f"{ENTERPRISE}:employeeNumber",
}


class ExternalId(StrEnum):
    """The property that the job maps to externalId: a stable one, or Entra's default."""

    OBJECT_ID = "objectId"
    MAIL_NICKNAME = "mailNickname"

    @property
    def source(self) -> str:
        """Graph's name of the property."""
        return NAMES[self.value.lower()]


@dataclass(frozen=True)
class MatchRule:
    """A matching attribute: what the job asks for, and the property that it asks with."""

    target: str
    source: str
    selection: str = ""
    """`work` or `primary` where the target is one of the e-mails, otherwise empty."""

    @property
    def indexed(self) -> Indexed:
        """How the attribute is compared."""
        return _INDEXED[self.target]

    def entry(self, value: str) -> IndexEntry:
        """Return the index entry that the job's filter asks for."""
        return self.indexed.entry(value)

    def account_values(self, document: Mapping[str, Any]) -> list[str]:
        """Return the values that an account has where the filter looks."""
        if not self.selection:
            return [each for each in self.indexed.values(document) if each]
        emails = document.get("emails") or ()
        return [each["value"] for each in emails if each.get("value") and self._selects(each)]

    def _selects(self, email: Mapping[str, Any]) -> bool:
        if self.selection == "primary":
            return email.get("primary") is True
        return str(email.get("type")).lower() == self.selection

    def __str__(self) -> str:
        """The rule as an operator writes it."""
        return f"{self.target}={self.source}"


def parse_match_rule(rule: str) -> MatchRule:
    """Read `target=property`. Raises InputError."""
    target, separator, source = rule.rpartition("=")
    target, source = target.strip(), source.strip()
    known = _TARGETS.get(re.sub(r"\s+", " ", target).lower())
    if not separator or not source:
        raise InputError(f"{rule!r} is no mapping: write userName=userPrincipalName")
    if known is None:
        named = ", ".join(
            ("userName", "externalId", 'emails[type eq "work"].value', "emails.value")
        )
        raise InputError(f"accounts are not matched by {target!r}: {named} or employeeNumber are")
    selection = re.search(r"type eq \"(\w+)\"|(primary) eq", target, re.IGNORECASE)
    chosen = (selection[1] or selection[2]).lower() if selection else ""
    return MatchRule(known, NAMES.get(source.lower(), source), chosen)


@dataclass(frozen=True)
class JobRules:
    """The job's mappings, as far as they decide which account is whose."""

    matches: Sequence[MatchRule] = (MatchRule("userName", "userPrincipalName"),)
    external_id: ExternalId = ExternalId.OBJECT_ID

    @property
    def user_name(self) -> MatchRule:
        """The mapping of userName, Entra's default where none is given."""
        given = (each for each in self.matches if each.target == "userName")
        return next(given, MatchRule("userName", "userPrincipalName"))

    @property
    def required_properties(self) -> set[str]:
        """The properties without which the check cannot be made."""
        return {each.source for each in self.matches}


@dataclass(frozen=True)
class Person:
    """A row of an export: where it stands, and its properties by Graph's names."""

    position: int
    properties: Mapping[str, Any]

    def value(self, source: str) -> str | None:
        """Return what the job sends for a property; a guest's name is its own address."""
        if source.lower() == "originaluserprincipalname":
            found = self.properties.get("userPrincipalName")
        else:
            found = self.properties.get(source)
        if isinstance(found, list):
            found = found[0] if found else None
        if found is None or isinstance(found, bool | Mapping):
            return None
        text = str(found)
        return guest_address(text) if source == "userPrincipalName" else text

    @property
    def key(self) -> str:
        """What two rows of one person have in common: the object id, else the name."""
        found = map(self.properties.get, ("id", "principalId", "userPrincipalName"))
        return str(next(filter(None, found), "")).casefold()

    def to_json(self) -> str:
        """Return the person as text that `loaded` reads."""
        return json.dumps([self.position, dict(self.properties)], default=str)

    @classmethod
    def from_json(cls, text: str) -> Person:
        """Return the person that `dumped` wrote."""
        return cls(*json.loads(text))

    @property
    def label(self) -> str:
        """The name to show to people."""
        shown = self.properties.get("displayName") or self.value("userPrincipalName")
        return str(shown or self.properties.get("id"))

    @property
    def user_name(self) -> str:
        """The user principal name as the job sends it, else the object id."""
        return self.value("userPrincipalName") or str(self.properties.get("id"))

    @property
    def enabled(self) -> bool:
        """Whether the person may sign in; assumed where the file does not say."""
        return self.properties.get("accountEnabled") is not False

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield property and address of all that the file has of the person."""
        for name in ("userPrincipalName", "mail", "onPremisesUserPrincipalName"):
            if found := self.value(name):
                yield name, found
        for name in ("otherMails", "proxyAddresses"):
            for each in self.properties.get(name) or ():
                scheme, _, address = str(each).rpartition(":")
                if scheme.lower() in {"", "smtp"}:
                    yield name, address
        for each in self.properties.get("identities") or ():
            if isinstance(each, Mapping) and each.get("signInType") == "emailAddress":
                yield "identities", str(each.get("issuerAssignedId") or "")

    def evidence(self) -> Iterator[tuple[str, Evidence]]:
        """Yield property and evidence of all that the file says of who the person is."""
        for name, address in self.addresses():
            if (found := match_keys.of_email(address)) is not None:
                yield name, found
        if (number := self.properties.get("employeeId")) and (
            found := match_keys.of_number(str(number))
        ):
            yield "employeeId", found
        if (found := match_keys.of_name(self._name())) is not None:
            yield "displayName", found

    def _name(self) -> str:
        given, surname = self.properties.get("givenName"), self.properties.get("surname")
        if given and surname:
            return f"{given} {surname}"
        return str(self.properties.get("displayName") or "")


def guest_address(name: str) -> str:
    """Return a user principal name as the job sends it: that of a guest as its own address."""
    found = _GUEST.fullmatch(name)
    return f"{found['mailbox']}@{found['home']}" if found else name


def is_unsendable(value: str) -> bool:
    """Tell whether the job cannot ask for a value."""
    return bool(_UNSENDABLE.search(value)) or value != value.strip()
