"""Advice for the findings of a check."""

from __future__ import annotations

from shlex import quote

from rollcall.model.account_link import domain_of
from rollcall.reconcile.advice import Advice, AdvisedAct
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.person import JobRules, Person


def link(
    tenant: str, rules: JobRules, person: Person, account: DirectoryAccount, *, covered: bool
) -> Advice:
    """Advise to link an account that the link policy refuses.

    `covered`: the policy covers the domain of the account.
    """
    value = person.value(rules.external_id.source)
    option = f" --external-id {quote(value)}" if value else ""
    commands = [f"rollcall accounts relink {tenant} {account.id}{option}"]
    values = {"account": account.id, **({"externalId": value} if value else {})}
    acts = [AdvisedAct("relink", "Link", values)]
    support, domain = "link it", domain_of(account.user_name)
    if not covered and domain is not None:
        support += ", or name its domain"
        commands.append(f"rollcall tenants domains add {tenant} {quote(domain)}")
        acts.append(AdvisedAct("domain", f"Add the domain {domain}", {"domain": domain}))
    confirm = "confirm that the account is this person's"
    return Advice(confirm, support, tuple(commands), tuple(acts))


def rename(tenant: str, rules: JobRules, person: Person, account: DirectoryAccount) -> Advice:
    """Advise to give an account the userName that the job looks for."""
    if account.link.protected:
        return Advice("leave the person out of the job's scope: the account is protected")
    name = person.value(rules.user_name.source) or person.user_name
    return Advice(
        "confirm that it is the same person",
        "let the job find the account",
        (f"rollcall accounts relink {tenant} {account.id} --user-name {quote(name)}",),
        (AdvisedAct("relink", f"Call it {name}", {"account": account.id, "userName": name}),),
    )


def merge(tenant: str, keep: DirectoryAccount, remove: DirectoryAccount) -> Advice:
    """Advise to merge two accounts."""
    return Advice(
        "confirm that both accounts are one person's",
        "make one account of them",
        (f"rollcall accounts merge {tenant} --keep {keep.id} --remove {remove.id}",),
        (AdvisedAct("merge", "Merge", {"keep": keep.id, "remove": remove.id}),),
    )


ASK_OWNER = Advice("ask whose account it is: an address may have been given to somebody new")
ASK_OWNER_OF_BOTH = Advice("ask whose account it is", "correct the address of the other")
PERHAPS_ELSEWHERE = Advice(
    "give support an export of the whole directory: the file does not name everybody", "check again"
)


def unclaimed(account: DirectoryAccount) -> Advice:
    """Advise on an active account that is nobody's in the file."""
    return Advice(
        "say whether it is meant to be there",
        "protect it if it is, otherwise disable it",
        acts=(
            AdvisedAct("protect", "Protect", {"account": account.id}),
            AdvisedAct("switch-off", "Disable", {"account": account.id}),
        ),
    )


def out_of_scope(account: DirectoryAccount) -> Advice:
    """Advise on a person whose account is protected."""
    return Advice(
        "leave the person out of the job's scope: each change will be refused",
        acts=(AdvisedAct("unprotect", "Unprotect", {"account": account.id}),),
    )
