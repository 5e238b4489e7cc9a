"""A person of the identity provider, and the rules by which its provisioning job finds accounts.

The job tries its matching attributes in order of precedence and takes the first that finds an
account. For a guest it sends the guest's own address as the user principal name.
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
"""Characters that a filter has to escape, which the job does not do."""

_INDEXED = {index.attribute: index for index in INDEXED[Kind.USER]}
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
    """A matching attribute: the attribute that the job filters by, and the property it compares."""

    target: str
    source: str
    selection: str = ""
    """`work` or `primary` when the target is one of the e-mails, otherwise empty."""

    @property
    def indexed(self) -> Indexed:
        """The index of the attribute."""
        return _INDEXED[self.target]

    def entry(self, value: str) -> IndexEntry:
        """Return the index entry that the filter of the job looks up."""
        return self.indexed.entry(value)

    def account_values(self, document: Mapping[str, Any]) -> list[str]:
        """Return the values of an account that the filter compares."""
        if not self.selection:
            return [value for value in self.indexed.values(document) if value]
        emails = document.get("emails") or ()
        return [email["value"] for email in emails if email.get("value") and self._selects(email)]

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
    kind = (selection[1] or selection[2]).lower() if selection else ""
    return MatchRule(known, NAMES.get(source.lower(), source), kind)


@dataclass(frozen=True)
class JobRules:
    """The mappings of the job that decide which account belongs to which person."""

    matches: Sequence[MatchRule] = (MatchRule("userName", "userPrincipalName"),)
    external_id: ExternalId = ExternalId.OBJECT_ID

    @property
    def user_name(self) -> MatchRule:
        """The mapping of userName, by default that of Entra."""
        rules = (rule for rule in self.matches if rule.target == "userName")
        return next(rules, MatchRule("userName", "userPrincipalName"))

    @property
    def required_properties(self) -> set[str]:
        """The properties that the check cannot do without."""
        return {rule.source for rule in self.matches}


@dataclass(frozen=True)
class Person:
    """A row of an export: its position, and its properties by Graph's names."""

    position: int
    properties: Mapping[str, Any]

    def value(self, source: str) -> str | None:
        """Return the value that the job sends for a property, None when there is none."""
        if source.lower() == "originaluserprincipalname":
            value = self.properties.get("userPrincipalName")
        else:
            value = self.properties.get(source)
        if isinstance(value, list):
            value = value[0] if value else None
        if value is None or isinstance(value, bool | Mapping):
            return None
        text = str(value)
        return guest_address(text) if source == "userPrincipalName" else text

    @property
    def key(self) -> str:
        """The object id, else the user principal name: the same in all rows of one person."""
        values = map(self.properties.get, ("id", "principalId", "userPrincipalName"))
        return str(next(filter(None, values), "")).casefold()

    def to_json(self) -> str:
        """Return the person as JSON."""
        return json.dumps([self.position, dict(self.properties)], default=str)

    @classmethod
    def from_json(cls, text: str) -> Person:
        """Return the person that `to_json` wrote."""
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
        """Whether the person is enabled; true when the file does not say."""
        return self.properties.get("accountEnabled") is not False

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield the property and the address of all addresses of the person."""
        for name in ("userPrincipalName", "mail", "onPremisesUserPrincipalName"):
            if value := self.value(name):
                yield name, value
        for name in ("otherMails", "proxyAddresses"):
            for value in self.properties.get(name) or ():
                scheme, _, address = str(value).rpartition(":")
                if scheme.lower() in {"", "smtp"}:
                    yield name, address
        for identity in self.properties.get("identities") or ():
            if isinstance(identity, Mapping) and identity.get("signInType") == "emailAddress":
                yield "identities", str(identity.get("issuerAssignedId") or "")

    def evidence(self) -> Iterator[tuple[str, Evidence]]:
        """Yield the property and the evidence of each value that identifies the person."""
        for name, address in self.addresses():
            if (evidence := match_keys.of_email(address)) is not None:
                yield name, evidence
        if (number := self.properties.get("employeeId")) and (
            evidence := match_keys.of_number(str(number))
        ):
            yield "employeeId", evidence
        if (evidence := match_keys.of_name(self._name())) is not None:
            yield "displayName", evidence

    def _name(self) -> str:
        given, surname = self.properties.get("givenName"), self.properties.get("surname")
        if given and surname:
            return f"{given} {surname}"
        return str(self.properties.get("displayName") or "")


def guest_address(name: str) -> str:
    """Return a user principal name as the job sends it: for a guest, the guest's own address."""
    match = _GUEST.fullmatch(name)
    return f"{match['mailbox']}@{match['home']}" if match else name


def is_unsendable(value: str) -> bool:
    """Tell whether the job cannot filter by a value."""
    return bool(_UNSENDABLE.search(value)) or value != value.strip()
