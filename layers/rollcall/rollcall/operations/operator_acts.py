"""What the acts of operators do, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from rollcall.storage.provisioning_log import LogEntry

OPERATOR_ACTS: Mapping[str, str] = {
    "apply": "a user got the templates that apply and that were missing",
    "brake dismissed": "a wave of disabled accounts was meant to be",
    "brake enable": "an account of a wave is enabled again",
    "brake enabled": "the accounts of a wave are enabled again",
    "brake off": "the brake is off for planned work: no wave is told of, no deletion is stopped",
    "brake on": "the brake is on again",
    "brake refuse": "a deleted account is brought back",
    "brake release": "a deleted account is purged and cannot be brought back",
    "brake set": "deletions of clients wait for another number of days",
    "create": "SCIM is switched on for the tenant",
    "create Client": "an OAuth client is added",
    "disable": "SCIM is switched off for the tenant",
    "disable User": "an account is disabled",
    "dismiss": "a finding is dismissed: its accounts belong to different people",
    "domains": "the mail domains are changed in which accounts may be linked",
    "enable": "SCIM is switched on again for the tenant",
    "enable User": "an account is enabled",
    "erase": "everything that is kept of a person is erased",
    "grant": "access is given by hand",
    "handover": "a link is made by which the administrator gets the credentials",
    "import": "accounts that the product has already are imported",
    "issue": "a token is issued",
    "merge": "two accounts are made one",
    "move": "the tenant is moved to another deployment",
    "notes": "a note about the tenant is added or removed",
    "open": "a dismissed finding is open again",
    "policy": "the link policy is changed, or what a PUT of a group without members does",
    "protect": "no client may change or delete the account",
    "rate": "the tenant may send another number of requests a second",
    "relink": "an account is linked to a person of the identity provider",
    "repair": "what was not consistent in the table is repaired",
    "restore": "the data of an earlier time is brought back",
    "revoke": "access is taken away",
    "revoke Client": "an OAuth client, or one of its secrets, is refused from now on",
    "revoke Token": "a token is refused from now on",
    "rotate": "a token is replaced by a new one",
    "rotate Client": "the secret of an OAuth client is replaced by a new one",
    "templates": "templates are set or removed",
    "trust": "a client signs in by assertions of an issuer, without a secret",
    "unlink": "the link of an account is cleared: the product alone has it",
    "unprotect": "clients may change and delete the account again",
}
"""By the names that the log has for them, and by what they were done to where that matters."""


def sentence(entry: LogEntry) -> str:
    """Return what an act of an operator does, empty for one that is not known."""
    kind = entry.target.partition("/")[0]
    return OPERATOR_ACTS.get(f"{entry.method} {kind}") or OPERATOR_ACTS.get(entry.method, "")
