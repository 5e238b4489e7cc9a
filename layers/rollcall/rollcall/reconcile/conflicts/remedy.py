"""What an operator does about a finding, as a sentence with the command in it."""

from __future__ import annotations

from shlex import quote

from rollcall.reconcile.conflicts.account import Account
from rollcall.reconcile.conflicts.person import Person, Rules
from rollcall.scim.link import domain_of


def link(tenant: str, rules: Rules, person: Person, account: Account) -> str:
    """Link an account that the policy does not let the job link."""
    value = person.value(rules.external_id.source)
    option = f" --external-id {quote(value)}" if value else ""
    return f"link it: `rollcall accounts relink {tenant} {account.id}{option}`"


def admit(tenant: str, account: Account) -> str:
    """Let the job link accounts of a domain."""
    domain = domain_of(account.user_name)
    if domain is None:
        return ""
    return f", or name its domain: `rollcall tenants domains add {tenant} {quote(domain)}`"


def rename(tenant: str, rules: Rules, person: Person, account: Account) -> str:
    """Give an account the name that the job looks for."""
    if account.link.protected:
        return "the account is protected: leave the person out of the job's scope"
    name = person.value(rules.name.source) or person.user_name
    return (
        "if it is the same person, let the job find the account: "
        f"`rollcall accounts relink {tenant} {account.id} --user-name {quote(name)}`"
    )


def merge(tenant: str, keep: Account, remove: Account) -> str:
    """Make one account of two."""
    return (
        "if they are one person's: "
        f"`rollcall accounts merge {tenant} --keep {keep.id} --remove {remove.id}`"
    )


OUT_OF_SCOPE = "leave the person out of the job's scope: each change will be refused"
WHOSE = "ask whose account it is: an address may have been given to somebody new"
WHICH = "ask whose account it is, and correct the address of the other"
UNCLAIMED = "protect it if it is meant to be there, otherwise disable it in the product"
PERHAPS_ELSEWHERE = "check again with the whole directory: the file does not name everybody"
