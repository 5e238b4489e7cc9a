"""`rollcall accounts unlink`, `relink` and `merge`: shown before and after, then done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    Account,
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    asking,
    err,
    operator,
    print_listing,
    say,
)
from rollcall.directory.account_changes import AccountChanges, AccountPlan, MergePlan
from rollcall.model.record import Record
from rollcall.reconcile import entra_next_steps
from rollcall.runtime.services import Services
from rollcall.scim.resource_models import ENTERPRISE


def unlink(
    context: typer.Context,
    name: Name,
    account: Account,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Clear the link of an account to its person in the identity provider.

    The account, its groups and what templates gave it stay; externalId goes. Says what Entra ID
    does next, and what has to be done there for this person.
    """
    services, handled = _opened(context, name)
    plan = handled.unlink(account)
    linking = services.tenants.show(name).linking
    external_id = plan.before.document.get("externalId")
    steps = entra_next_steps.after_unlink(plan.before.id, external_id, linking)
    asking = f"Clear the link of {_name(plan.before)}?"
    _do(handled, plan, steps, _Choice(dry_run, yes, as_json, asking))


def relink(
    context: typer.Context,
    name: Name,
    account: Account,
    external_id: Annotated[
        str | None, typer.Option(help="The person that it is linked to, as the job sends it.")
    ] = None,
    user_name: Annotated[
        str | None, typer.Option(help="The userName that the job is to find it by.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Link an account, whatever the tenant's link policy is.

    For a person who was re-created in the identity provider, for an account that the job would not
    find, and under the policy `strict`, which waits for this.
    """
    _, handled = _opened(context, name)
    plan = handled.relink(account, external_id, user_name)
    after = plan.after.document
    steps = entra_next_steps.after_relink(plan.after.id, after.get("externalId"), after["userName"])
    _do(handled, plan, steps, _Choice(dry_run, True, as_json))


def merge(
    context: typer.Context,
    name: Name,
    keep: Annotated[str, typer.Option(help="The account whose data of the product stay.")],
    remove: Annotated[str, typer.Option(help="The account that becomes part of the other.")],
    idp_deletes: Annotated[
        str | None,
        typer.Option(
            help="Where both are linked: the one whose person is deleted in the identity provider."
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make one account of two that are one person's.

    The id that stays is the one that the identity provider knows, whichever is kept; the other goes
    on meaning the same account. userName, externalId, e-mails, names and active come from the
    linked one, everything else from both, the kept one's first; groups and grants from both.

    May be repeated, with the ids, when it broke off: what is left is done.
    """
    _, handled = _opened(context, name)
    begun = handled.begun(keep, remove)
    if begun is not None:
        if not dry_run:
            _finish(handled, *begun)
        say("They are one account already." if dry_run else "What was left of it is done.")
        return
    plan = handled.merge(keep, remove, idp_deletes)
    steps = entra_next_steps.after_merge(
        plan.before.id,
        plan.removed.id,
        linked=not plan.before.link.local,
        stub=plan.stub is not None,
    )
    asking = f"Make one account of {_name(plan.before)} and {_name(plan.removed)}?"
    _do(handled, plan, steps, _Choice(dry_run, yes, as_json, asking))
    if not dry_run:
        _finish(handled, plan.removed.id, plan.before.id)


class _Choice:
    """How a plan is to be carried out, or not."""

    def __init__(self, dry_run: bool, yes: bool, as_json: bool, asking: str = "") -> None:
        self.dry_run, self.yes, self.as_json, self.asking = dry_run, yes, as_json, asking


def _opened(context: typer.Context, name: str) -> tuple[Services, AccountChanges]:
    services = target(context).services
    return services, services.operated(name, operator()).accounts


def _do(handled: AccountChanges, plan: AccountPlan, steps: Sequence[str], choice: _Choice) -> None:
    if not choice.as_json:
        _show(plan)
    if not (choice.dry_run or choice.yes):
        if choice.as_json:
            raise UsageError("--json does not ask: add --yes or --dry-run")
        with asking():
            confirmed = typer.confirm(choice.asking)
        if not confirmed:
            raise UsageError("nothing is changed")
    if not choice.dry_run:
        handled.carry_out(plan)
    if choice.as_json:
        removed = {"removed": _plain(plan.removed)} if isinstance(plan, MergePlan) else {}
        said = {"before": _plain(plan.before), **removed, "after": _plain(plan.after)}
        print(json.dumps({**said, "dryRun": choice.dry_run, "next": list(steps)}))
        return
    say("Nothing is changed yet." if choice.dry_run else "Done.", style="bold")
    for step in steps:
        say(f"- {step}")


def _finish(handled: AccountChanges, removed: str, survivor: str) -> None:
    with err.status("memberships") as status:
        while not handled.finish(removed):
            status.update("memberships, there are many")
        for looked_at in handled.reassign(removed, survivor):
            status.update(f"managers: {looked_at:,} accounts looked at")


def _show(plan: AccountPlan) -> None:
    columns = {"before": _flat(plan.before), "after": _flat(plan.after)}
    if isinstance(plan, MergePlan):
        columns = {
            "stays": columns["before"], "goes": _flat(plan.removed), "after": columns["after"]
        }  # fmt: skip
        if groups := len(plan.groups):
            said = f"{_name(plan.removed)} is in {groups} groups, which become the other's too."
            say(said)
    rows = Listing("", *columns)
    for each in dict.fromkeys(key for column in columns.values() for key in column):
        values = [column.get(each, "") for column in columns.values()]
        if len(set(values)) > 1:
            rows.add(each, *values)
    if rows:
        print_listing(rows)


def _flat(record: Record) -> dict[str, str]:
    """Return what there is to see of an account, a line for each attribute."""
    found = {"id": record.id, "state": record.link.state.value}
    for name, value in record.document.items():
        if name == "schemas":
            continue
        if isinstance(value, Mapping):
            short = "enterprise" if name == ENTERPRISE else name
            found |= {f"{short}.{key}": _text(each) for key, each in value.items()}
        else:
            found[name] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        return str(value.get("value") or value.get("formatted") or json.dumps(value))
    return value if isinstance(value, str) else json.dumps(value)


def _plain(record: Record) -> dict[str, Any]:
    return {"id": record.id, "link": record.link.item, **record.document}


def _name(record: Record) -> str:
    return str(record.document["userName"])
