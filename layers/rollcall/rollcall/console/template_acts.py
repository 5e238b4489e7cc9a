"""The acts on templates: set after their text was checked, applied to users, removed."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from rollcall.console.act import Act, ActError, ActResult, Change, Form, Plan, changed, required
from rollcall.console.work import Steps, finished
from rollcall.model.progress import Progress
from rollcall.operations import followers, template_changes, template_preview
from rollcall.operations.followers import Transition
from rollcall.operations.operator import Operator
from rollcall.operations.template_changes import Template, TemplateChange
from rollcall.operations.template_preview import AppliedUser

MAX_USERS = 100
LISTED = 20
"""How many users are named; the others are counted."""


def facts(template: Template | None) -> Mapping[str, str]:
    """Return what a template says, as text by attribute."""
    if template is None:
        return {}
    found: dict[str, str] = {"for": template.audience}
    found |= {f"workAreas {area}": level for area, level in template.areas.items()}
    found |= {f"attributes {name}": value for name, value in template.attributes.items()}
    if template.role:
        found["role"] = template.role
    if template.group is not None and not template.follows:
        found["window"] = f"{template.window} days"
    return {**found, "lasts": template.lasts}


def plan_set(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan new templates and new versions of others. Raises TemplateError for each mistake."""
    text = required(form, "text", "the templates, in YAML or JSON")
    templates = template_changes.read_text(operator, text, "the text")
    planned = template_changes.set_templates(operator, tenant, templates, dry_run=True)
    if not any(each.is_new_version for each in planned):
        raise ActError("the templates are as they were: there is nothing to set")
    follows = any(each.follows for change in planned for each in _both(change))
    concerned = followers.transitions(operator, tenant, planned) if follows else []

    def carry_out(operator: Operator) -> ActResult:
        if template_changes.set_templates(operator, tenant, templates, dry_run=True) != planned:
            raise ActError("the templates were changed since this was shown: look again")
        changes = template_changes.set_templates(operator, tenant, templates)
        sentences = [
            f"`{each.after.name}` is version {each.after.version}, for {each.after.audience}"
            for each in changes
        ]
        return ActResult(sentences, rest=_bringing(tenant) if follows else None)

    names = ", ".join(each.after.name for each in planned)
    changes = [row for each in planned for row in _rows(each, is_named=len(planned) > 1)]
    notes = [*(_sentence(each) for each in planned), *_losses(concerned)]
    return Plan(f"Set {names}", "Set", carry_out, changes, notes)


def plan_remove(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan the removal of a template."""
    name = required(form, "template", "the template")
    template = template_changes.show(operator, tenant, name)

    def carry_out(operator: Operator) -> ActResult:
        template_changes.remove(operator, tenant, name)
        kept = (
            "its members lose what it gave them" if template.follows else "users keep what it gave"
        )
        rest = _bringing(tenant) if template.follows else None
        return ActResult([f"`{name}` is removed; {kept}"], rest=rest)

    loss = (
        "its members lose what it gives"
        if template.follows
        else "users keep what it gave them, and new users do not get it any more"
    )
    changes = changed(facts(template), {})
    return Plan(f"Remove {name}", "Remove", carry_out, changes, [loss], typed=name)


def plan_apply(operator: Operator, tenant: str, form: Form) -> Plan:
    """Plan that existing users get the templates that apply to them and that they do not have."""
    lines = required(form, "users", "ids or userNames, one a line").splitlines()
    names = list(dict.fromkeys(each.strip() for each in lines if each.strip()))
    if len(names) > MAX_USERS:
        raise ActError(
            f"enter {MAX_USERS} users at most, not {len(names):,}: `rollcall templates apply "
            f"{tenant} --users FILE` takes any number"
        )
    expected = finished(template_preview.apply_templates(operator, tenant, names, dry_run=True))
    missing = [f"there is no user {each}" for each in expected.missing]
    if not any(each.templates for each in expected.users):
        raise ActError(
            "\n".join([*missing, "nobody gets anything: they have what applies to them"])
        )

    def carry_out(operator: Operator) -> ActResult:
        def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
            users = [each.id for each in expected.users]
            done = yield from template_preview.apply_templates(operator, tenant, users)
            got = [each for each in done.users if each.templates]
            gone = [f"there is no user {each} any more" for each in done.missing]
            return [f"{len(got):,} of {len(users):,} users got templates", *gone]

        return ActResult(["giving has begun"], rest=(f"Templates of {tenant}", steps))

    return Plan(
        f"Give templates to {sum(1 for each in expected.users if each.templates):,} users",
        "Give",
        carry_out,
        [Change(each.name, "", _given(each)) for each in expected.users],
        [*missing, "no access is removed, and nothing is given twice"],
    )


def _bringing(tenant: str) -> tuple[str, Steps]:
    """Return the work that brings members to the current versions."""

    def steps(operator: Operator) -> Generator[Progress, None, Sequence[str]]:
        number = yield from followers.bring(operator, tenant)
        return [f"{number:,} members were changed; the sweep looks at all of them again"]

    return f"Members of groups of {tenant}", steps


def _both(change: TemplateChange) -> list[Template]:
    return [each for each in (change.before, change.after) if each is not None]


def _rows(change: TemplateChange, *, is_named: bool) -> list[Change]:
    rows = changed(facts(change.before), facts(change.after))
    if not is_named:
        return rows
    return [Change(f"{change.after.name}: {each.name}", each.before, each.after) for each in rows]


def _sentence(change: TemplateChange) -> str:
    before, after = change.before, change.after
    if not change.is_new_version:
        return f"`{after.name}` stays as it is"
    whom = "all members" if after.follows else "users who come from now on"
    return f"`{after.name}` {'is new' if before is None else 'gets a new version'}, for {whom}"


def _losses(concerned: Sequence[Transition]) -> list[str]:
    """Return who keeps and who loses what groups gave forever."""
    sentences = []
    for each in concerned:
        members, losing = len(each.members), len(each.losing)
        names = ", ".join(each.losing[:LISTED])
        more = f" and {losing - LISTED:,} more" if losing > LISTED else ""
        sentences.append(
            f"`{each.template}`: {members:,} who got it from the group keep it as long as they are "
            f"members, {losing:,} are not members any more and lose it"
            + (f": {names}{more}" if losing else "")
        )
    return sentences


def _given(user: AppliedUser) -> str:
    names = [f"{each.name} version {each.version}" for each in user.templates]
    held = [f"{each.name} as long as it is a member" for each in user.following]
    return ", ".join([*names, *held]) or "nothing, it has all of it"


ACTS: dict[str, Act] = {
    "set-templates": plan_set,
    "remove-template": plan_remove,
    "apply-templates": plan_apply,
}
