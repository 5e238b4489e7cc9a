"""`rollcall tenants policy` and `domains`: what an identity provider's writes may do."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rollcall.cli.connection import target
from rollcall.cli.terminal import AsJson, Name, operator, say
from rollcall.model.account_link import LinkPolicy, LinkRule
from rollcall.scim.member_operations import AbsentMembers
from rollcall.tenants.link_policies import LinkPolicies

domains = typer.Typer(
    no_args_is_help=True,
    help="""Name the mail domains that a tenant may link accounts of.

    An account belongs to the domain of its userName, or, where that is no address, to those of its
    e-mails. As long as no domain is named, accounts of any are linked, and none is adopted.""",
)

Domain = Annotated[str, typer.Argument(help="A mail domain, such as example.com.")]


def policy(
    context: typer.Context,
    name: Name,
    policy: Annotated[
        LinkRule | None,
        typer.Argument(help="The policy to set; without it the present one is shown."),
    ] = None,
    absent_members: Annotated[
        AbsentMembers | None,
        typer.Option(help="What a PUT of a group without members does with its members."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or set what writes of the identity provider do where the standard leaves it open.

    To an account that was there before:
    `match` links what a PATCH or PUT writes to, and refuses a POST that collides with an account.
    `adopt` links what a POST collides with, too, within the tenant's domains.
    `strict` refuses all of them until an operator links: `rollcall accounts relink`.

    Protected accounts are linked by none.

    To the members of a group whose PUT does not name any: `--absent-members keep`, the default,
    leaves them; `clear` removes them, for a client that always states the whole group.

    True everywhere within a minute.
    """
    services = target(context).services
    if policy is not None:
        LinkPolicies(services.tenants).set(name, policy)
        services.acts(name, operator()).tell("policy", f"Tenant/{name}", policy.value)
    if absent_members is not None:
        services.tenants.set_absent_members(name, absent_members)
        said = f"absent members: {absent_members.value}"
        services.acts(name, operator()).tell("policy", f"Tenant/{name}", said)
    tenant = services.tenants.show(name)
    if as_json:
        absent = {"absentMembers": tenant.absent_members.value}
        print(json.dumps({"tenant": name, **tenant.linking.content, **absent}))
        return
    _show(name, tenant.linking, as_json=False)
    done = "keeps them" if tenant.absent_members is AbsentMembers.KEEP else "removes them all"
    say(f"A PUT of a group without members {done}.")


@domains.command()
def add(context: typer.Context, name: Name, domain: Domain, as_json: AsJson = False) -> None:
    """Let the identity provider link accounts of a domain."""
    services = target(context).services
    linking = LinkPolicies(services.tenants).add(name, domain)
    services.acts(name, operator()).tell("domains", f"Tenant/{name}", f"{domain} added")
    _show(name, linking, as_json=as_json)


@domains.command()
def remove(context: typer.Context, name: Name, domain: Domain, as_json: AsJson = False) -> None:
    """Take a domain back; what is linked stays linked."""
    services = target(context).services
    linking = LinkPolicies(services.tenants).remove(name, domain)
    services.acts(name, operator()).tell("domains", f"Tenant/{name}", f"{domain} removed")
    _show(name, linking, as_json=as_json)


@domains.command(name="list")
def list_(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the domains of a tenant."""
    _show(name, target(context).services.tenants.show(name).linking, as_json=as_json)


def _show(name: str, linking: LinkPolicy, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"tenant": name, **linking.content}))
        return
    within = ", ".join(sorted(linking.domains)) or "any domain"
    say(f"{name} links by the policy {linking.policy.value}, accounts of {within}.")
