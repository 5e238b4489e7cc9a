"""The acts on what a tenant's clients may do: link policy, domains, members, rate, protection."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan, chosen, required
from rollcall.console.sign_in_acts import number
from rollcall.model.progress import Progress
from rollcall.operations import accounts, link_policies, tenant_rates
from rollcall.operations.link_policies import AbsentMembers, LinkRule
from rollcall.operations.operator import Operator

ABSENT = {
    AbsentMembers.KEEP: "a group keeps its members where a PUT says nothing of them",
    AbsentMembers.CLEAR: "a PUT that says nothing of members removes all members of the group",
}

RULES = {
    LinkRule.MATCH: "a change of an account that the product has already links it; a creation that "
    "collides with it is refused",
    LinkRule.ADOPT: "a creation that collides with an account links it, too",
    LinkRule.STRICT: "only support links accounts that the product has already",
}

LISTED = 200
"""How many accounts are named; the others are counted."""

SOON = "it is in effect everywhere within a minute"


def plan_rule(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan another link policy."""
    rule, before = chosen(form, "rule", LinkRule), link_policies.read(operator, tenant)
    if rule is LinkRule.ADOPT and not before.link_policy.domains:
        raise ActError("under adopt a creation takes an account over: add the domains first")

    def carry_out(operator: Operator) -> ActResult:
        link_policies.set_rule(operator, tenant, rule)
        return ActResult([f"the link policy is `{rule.value}`: {SOON}"])

    changes = [Change("link policy", before.link_policy.policy.value, rule.value)]
    return Plan(f"Change the link policy of {tenant}", "Change", carry_out, changes, [RULES[rule]])


def plan_domain(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan a further mail domain, or one less."""
    domain = link_policies.normalized(required(form, "domain", "a domain"))
    removes = form.get("remove") == "yes"
    before = sorted(link_policies.read(operator, tenant).link_policy.domains)

    def carry_out(operator: Operator) -> ActResult:
        change = link_policies.remove_domain if removes else link_policies.add_domain
        after = sorted(change(operator, tenant, domain).domains)
        return ActResult([f"accounts are linked in {', '.join(after) or 'any domain'}: {SOON}"])

    after = [each for each in before if each != domain] if removes else [*before, domain]
    changes = [Change("domains", ", ".join(before) or "any", ", ".join(after) or "any")]
    notes = [] if after else ["without a domain, accounts of any domain may be linked"]
    verb = "Remove" if removes else "Add"
    return Plan(f"{verb} the domain {domain}", verb, carry_out, changes, notes)


def plan_absent(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan what a PUT of a group without members does."""
    policy = chosen(form, "absent", AbsentMembers)
    before = link_policies.read(operator, tenant).absent_members

    def carry_out(operator: Operator) -> ActResult:
        link_policies.set_absent_members(operator, tenant, policy)
        return ActResult([f"a PUT of a group without `members` does `{policy.value}`: {SOON}"])

    changes = [Change("PUT of a group without members", before.value, policy.value)]
    notes = [ABSENT[policy]]
    return Plan(f"Change the groups of {tenant}", "Change", carry_out, changes, notes)


def plan_rate(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan another rate."""
    rate = 0 if form.get("rate") in {"", "0"} else number(form, "rate", 25, 1000, "requests")
    before = tenant_rates.read(operator, tenant)

    def carry_out(operator: Operator) -> ActResult:
        tenant_rates.set_rate(operator, tenant, rate)
        return ActResult([f"`{tenant}` may send {_rate(rate)}: {SOON}"])

    changes = [Change("rate", _rate(before), _rate(rate))]
    return Plan(f"Change the rate of {tenant}", "Change", carry_out, changes)


def plan_protected(_: Operator, tenant: str, __: Form) -> Plan:
    """Plan to look for the accounts that no client may change."""

    def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
        found = yield from accounts.look_for_protected(operator, tenant)
        told = [f"`{each.user_name}` is {each.link}, with the id `{each.id}`" for each in found]
        if len(told) > LISTED:
            command = f"`rollcall accounts list {tenant} --state protected`"
            told = [*told[:LISTED], f"and {len(told) - LISTED:,} more: {command}"]
        return told or ["no account is protected"]

    def carry_out(_: Operator) -> ActResult:
        return ActResult(["the search has begun"], rest=(f"Protected accounts of {tenant}", steps))

    notes = [
        "no client may change or delete a protected account; People has the act that protects one",
        "it reads all accounts, a hundred at a time, and changes nothing",
    ]
    return Plan(f"Look for the protected accounts of {tenant}", "Look", carry_out, notes=notes)


def _rate(rate: int) -> str:
    return f"{rate} requests a second" if rate else "what the deployment allows"


ACTS: dict[str, Act] = {
    "rule": plan_rule,
    "domain": plan_domain,
    "absent": plan_absent,
    "rate": plan_rate,
    "protected": plan_protected,
}
