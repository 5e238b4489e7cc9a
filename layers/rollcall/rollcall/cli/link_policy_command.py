"""`rollcall tenants policy` and `domains`: which accounts an identity provider may link."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, Name, say
from rollcall.model.account_link import LinkPolicy, LinkRule
from rollcall.operations import link_policies
from rollcall.operations.link_policies import AbsentMembers

domains = typer.Typer(
    no_args_is_help=True,
    help="""Name the mail domains whose accounts a tenant may link.

    An account belongs to the domain of its userName or, if that is not an address, to those of its
    e-mails. Without any domain, accounts of all domains are linked, and none is adopted.""",
)

Domain = Annotated[str, typer.Argument(help="A mail domain, such as example.com.")]


def policy(
    context: typer.Context,
    name: Name,
    policy: Annotated[
        LinkRule | None,
        typer.Argument(help="The policy to set; without it, the current policy is shown."),
    ] = None,
    absent_members: Annotated[
        AbsentMembers | None,
        typer.Option(help="What a PUT of a group without members does to its members."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or set the effect of the identity provider's writes where the standard leaves it open.

    On an account that existed before:
    `match` links the account that a PATCH or PUT changes, and refuses a POST with a taken userName.
    `adopt` also links the account whose userName a POST has, within the tenant's domains.
    `strict` refuses them all until an operator links the account: `rollcall accounts relink`.

    Protected accounts are never linked.

    On the members of a group whose PUT does not name any: `--absent-members keep`, the default,
    keeps them; `clear` removes them, for a client that always sends the whole group.

    A change takes effect everywhere within a minute.
    """
    operator = connect(context)
    if policy is not None:
        link_policies.set_rule(operator, name, policy)
    if absent_members is not None:
        link_policies.set_absent_members(operator, name, absent_members)
    tenant = link_policies.read(operator, name)
    if as_json:
        absent = {"absentMembers": tenant.absent_members.value}
        print(json.dumps({"tenant": name, **tenant.link_policy.content, **absent}))
        return
    _print(name, tenant.link_policy, as_json=False)
    effect = "keeps them" if tenant.absent_members is AbsentMembers.KEEP else "removes them all"
    say(f"A PUT of a group without members {effect}.")


@domains.command()
def add(context: typer.Context, name: Name, domain: Domain, as_json: AsJson = False) -> None:
    """Let the identity provider link accounts of a domain."""
    policy = link_policies.add_domain(connect(context), name, domain)
    _print(name, policy, as_json=as_json)


@domains.command()
def remove(context: typer.Context, name: Name, domain: Domain, as_json: AsJson = False) -> None:
    """Remove a domain; accounts that are linked stay linked."""
    policy = link_policies.remove_domain(connect(context), name, domain)
    _print(name, policy, as_json=as_json)


@domains.command(name="list")
def list_(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the domains of a tenant."""
    _print(name, link_policies.read(connect(context), name).link_policy, as_json=as_json)


def _print(tenant: str, policy: LinkPolicy, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"tenant": tenant, **policy.content}))
        return
    within = ", ".join(sorted(policy.domains)) or "any domain"
    say(f"{tenant} links by the policy {policy.policy.value}, accounts of {within}.")
