"""The acts on how a tenant signs in: links, tokens, clients and trusts.

A plan says how what it makes is called: tried again after an answer was lost, it makes that again,
and no second one.
"""

from __future__ import annotations

from datetime import timedelta

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan, chosen, required
from rollcall.operations import client_registration, handover_link, tokens, trusts
from rollcall.operations.client_registration import MAX_DAYS, MIN_DAYS
from rollcall.operations.operator import Operator
from rollcall.operations.tokens import TOKEN_DAYS, Scope
from rollcall.operations.trusts import ValueNames

OVERLAPS = {"0": "at once", "1": "a day later", "7": "seven days later"}
"""When what is replaced ends, in days."""

ENTRIES = ValueNames("Issuer", "JWKS URL", "Subject", "Audience")
"""What the values of a trust are called on the page."""

ONCE = "it is not kept and cannot be shown again: hand it over now"


def plan_handover(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a link for the administrator of the identity provider."""
    hours = number(form, "hours", 1, 14 * 24, "hours")

    def carry_out(operator: Operator) -> ActResult:
        link = handover_link.create(operator, tenant, timedelta(hours=hours), TOKEN_DAYS)
        told = [f"the link opens until {link.opens_until}: send it to the administrator"]
        if link.withdrawn:
            told.append(f"{link.withdrawn} earlier links, which nobody opened, are ended")
        told += [
            f"`{each.id}` was handed over, never used, and is revoked" for each in link.revoked
        ]
        return ActResult(told, {"Link for the administrator": link.url})

    notes = [
        f"the link opens for {hours} hours. Its button makes a token or a client and shows it "
        "once; the page has the steps for Entra ID with the values filled in",
        "links that nobody opened end; tokens and clients in use go on working",
    ]
    changes = [Change("link", "", "a new one")]
    return Plan(f"Hand the connection of {tenant} over", "Make the link", carry_out, changes, notes)


def plan_issue(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a further token."""
    label, days = required(form, "label", "a label"), number(form, "days", 1, 731, "days")
    scope, new = chosen(form, "scope", Scope), tokens.new_token_id()

    def carry_out(operator: Operator) -> ActResult:
        issued = tokens.issue(operator, tenant, label, days, scope, identifier=new)
        return ActResult([f"the token `{issued.token.id}` works", ONCE], {"Token": issued.plain})

    changes = [Change("token", "", f"{label}, {scope.value}, for {days} days")]
    return Plan(f"Issue a token of {tenant}", "Issue", carry_out, changes)


def plan_rotate(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the replacement of a token."""
    token = required(form, "token", "the token")
    overlap = number(form, "overlap", 0, 30, "days")
    before, new = tokens.show(operator, tenant, token).token, tokens.new_token_id()

    def carry_out(operator: Operator) -> ActResult:
        issued = tokens.rotate(
            operator, tenant, token, timedelta(days=overlap), TOKEN_DAYS, identifier=new
        )
        told = [f"the token `{issued.token.id}` works in the place of `{token}`", ONCE]
        return ActResult(told, {"Token": issued.plain})

    ends = OVERLAPS.get(str(overlap), f"{overlap} days later")
    changes = [
        Change(f"token {token}", f"until {before.expires[:10]}", f"ends {ends}"),
        Change("new token", "", f"{before.label}, {before.scope}, for {TOKEN_DAYS} days"),
    ]
    notes = ["enter the new token in Entra ID under Provisioning before the old one ends"]
    return Plan(f"Replace the token {token}", "Replace", carry_out, changes, notes)


def plan_revoke(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the end of a token."""
    token = required(form, "token", "the token")
    found = tokens.show(operator, tenant, token)

    def carry_out(operator: Operator) -> ActResult:
        tokens.revoke(operator, tenant, token)
        return ActResult([f"the token `{token}` is refused everywhere within a minute"])

    notes = [] if found.use is None else [f"it was last used on {found.use.last}"]
    changes = [Change(f"token {token}", f"{found.token.label}, works", "refused")]
    return Plan(
        f"Revoke the token {token}", "Revoke", carry_out, changes, notes, asks_why=True, typed=token
    )


def plan_retire(operator: Operator, tenant: str, _: Form) -> Plan:
    """Plan the end of all bearer tokens, once the clients of OAuth have taken over."""
    planned = tokens.plan_retirement(operator, tenant)
    if not planned.tokens:
        raise ActError(f"{tenant} has no live token")
    objects = bool(planned.objections)

    def carry_out(operator: Operator) -> ActResult:
        ended = tokens.retire(operator, tenant, force=objects).tokens
        return ActResult(
            [f"the token `{each.token.id}` is refused everywhere within a minute" for each in ended]
        )

    changes = [
        Change(f"token {each.token.id}", f"{each.token.label}, works", "refused")
        for each in planned.tokens
    ]
    notes = [f"not yet: {each}" for each in planned.objections]
    title = f"Retire the tokens of {tenant}"
    return Plan(title, "Retire", carry_out, changes, notes, asks_why=True, typed=tenant)


def plan_client(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan an OAuth client with a secret."""
    label = required(form, "label", "a label")
    days = number(form, "days", MIN_DAYS, MAX_DAYS, "days")
    new = client_registration.new_client_id()

    def carry_out(operator: Operator) -> ActResult:
        issued = client_registration.create(
            operator, tenant, label, days, Scope.READ_WRITE, identifier=new
        )
        told = [f"the client `{issued.client.id}` may sign in", ONCE]
        secrets = {"Client identifier": issued.client.id, "Client secret": issued.plain}
        return ActResult(told, secrets)

    changes = [Change("client", "", f"{label}, with a secret for {days} days")]
    return Plan(f"Add a client of {tenant}", "Add", carry_out, changes)


def plan_trust(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a client that signs in by assertions of an issuer."""
    label = required(form, "label", "a label")
    names = ("issuer", "jwks", "subject", "audience")
    issuer, jwks, subject, audience = (form.get(name, "").strip() for name in names)
    pasted = trusts.read(operator, issuer, jwks, subject, audience, names=ENTRIES)
    new = client_registration.new_client_id()

    def carry_out(operator: Operator) -> ActResult:
        client = trusts.create(
            operator, tenant, pasted.trust, label, Scope.READ_WRITE, identifier=new
        )
        told = [
            f"`{client.id}` signs in by assertions of `{pasted.trust.issuer}`, without a secret"
        ]
        return ActResult(told, {"Client identifier": client.id})

    changes = [Change(name, "", getattr(pasted.trust, name)) for name in names]
    return Plan(
        f"Trust an issuer for {tenant}",
        "Trust it",
        carry_out,
        changes,
        [*pasted.notes, *pasted.warnings],
    )


def plan_rotate_client(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan another secret of a client."""
    client = required(form, "client", "the client")
    overlap, new = number(form, "overlap", 0, 30, "days"), client_registration.new_secret_id()

    def carry_out(operator: Operator) -> ActResult:
        issued = client_registration.rotate(
            operator, tenant, client, timedelta(days=overlap), TOKEN_DAYS, identifier=new
        )
        return ActResult(
            [f"the secret `{issued.secret.id}` of `{client}` works", ONCE],
            {"Client secret": issued.plain},
        )

    ends = OVERLAPS.get(str(overlap), f"{overlap} days later")
    changes = [Change("secret", "the live one", f"a new one; the live one ends {ends}")]
    return Plan(f"Replace the secret of {client}", "Replace", carry_out, changes)


def plan_revoke_client(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the end of a client."""
    client = required(form, "client", "the client")

    def carry_out(operator: Operator) -> ActResult:
        client_registration.revoke(operator, tenant, client)
        return ActResult([f"`{client}` and its access tokens are refused within a minute"])

    changes = [Change(f"client {client}", "works", "refused")]
    return Plan(
        f"Revoke the client {client}", "Revoke", carry_out, changes, asks_why=True, typed=client
    )


def plan_revoke_secret(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the end of one of the two secrets of a client, as of the old one after a rotation."""
    client, secret = required(form, "client", "the client"), required(form, "secret", "the secret")
    used = client_registration.show(operator, tenant, client)

    def carry_out(operator: Operator) -> ActResult:
        client_registration.revoke_secret(operator, tenant, client, secret)
        return ActResult([f"the secret `{secret}` and its access tokens are refused"])

    use = used.uses_of_secrets.get(secret)
    notes = [] if use is None else [f"it was last used on {use.last}"]
    changes = [Change(f"secret {secret}", "works", "refused")]
    title = f"Revoke a secret of {client}"
    return Plan(title, "Revoke", carry_out, changes, notes, asks_why=True, typed=secret)


def number(form: Form, name: str, least: int, most: int, unit: str) -> int:
    """Return a whole number that was entered. Raises ActError."""
    text = form.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ActError(f"enter {least} to {most} {unit}, not {text or 'nothing'}")
    return int(text)


ACTS: dict[str, Act] = {
    "handover": plan_handover,
    "issue": plan_issue,
    "rotate": plan_rotate,
    "revoke": plan_revoke,
    "retire": plan_retire,
    "client": plan_client,
    "trust": plan_trust,
    "rotate-client": plan_rotate_client,
    "revoke-client": plan_revoke_client,
    "revoke-secret": plan_revoke_secret,
}
