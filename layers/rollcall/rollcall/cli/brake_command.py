"""`rollcall brake`: accounts that were disabled in a wave, and the switch for planned work."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from rollcall.cli import held_command
from rollcall.cli.confirmation import Reason, give_reason
from rollcall.cli.connection import connect
from rollcall.cli.durations import later
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, Name, follow, print_listing, say
from rollcall.operations import disable_waves, planned_work
from rollcall.operations.disable_waves import STOP, BrakeView, EnableOutcome, Wave, WaveState

app = typer.Typer(
    no_args_is_help=True,
    help="""Stop a mistake of the identity provider, such as a filter that leaves out many people.

    A `wave` is more than 20 % of a tenant's linked accounts, and 10 at least, that clients have
    disabled or deleted within an hour. Disabling is never held: support is told within a minute,
    and may enable the accounts of a wave again. Deletions wait for a while, and where as many wait,
    until somebody releases or refuses them.""",
)

app.command("list")(held_command.list_held)
app.command()(held_command.release)
app.command()(held_command.refuse)
app.command("set")(held_command.set_grace)

WaveNumber = Annotated[
    int, typer.Option("--wave", min=1, help="The wave, by its number.", show_default=False)
]


@app.command()
def show(
    context: typer.Context,
    tenant: Name,
    wave: Annotated[
        int | None,
        typer.Option(min=1, help="A wave by its number; the latest without.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the accounts of a wave, since when, and how to stop it in Entra ID."""
    brake = disable_waves.view(connect(context), tenant, wave)
    if as_json:
        print(json.dumps(_plain(brake)))
        return
    if brake.switch.is_off(_now()):
        say(f"The brake is off until {brake.switch.until}, by {brake.switch.actor}.")
    if brake.stopped:
        say(held_command.stop_sentence(tenant, brake.stopped))
    if brake.shown is None:
        say(f"There was no wave of disabled accounts at {tenant} in the last 30 days.")
        return
    _print_waves(brake.waves)
    say(f"The accounts of wave {brake.shown.number}:")
    rows = Listing("userName", "disabled", "enabling it", "id")
    for account in brake.accounts:
        name = account.record.user_name if account.record else ""
        rows.add(name, account.time, account.outcome.value, account.user)
    print_listing(rows)
    if brake.shown.state is WaveState.OPEN:
        say(STOP)
        say(
            f"To enable these accounts again: `rollcall brake enable {tenant} --wave "
            f"{brake.shown.number}`. If the wave was meant to be: `rollcall brake dismiss {tenant} "
            f"--wave {brake.shown.number}`."
        )


@app.command()
def enable(
    context: typer.Context,
    tenant: Name,
    wave: WaveNumber,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Enable the accounts of a wave here again, until the identity provider next says otherwise.

    Who was changed since by anybody stays as it is. The identity provider is told nothing: stop and
    correct it first, as `rollcall brake show` says. The command can be stopped and repeated.
    """
    act = disable_waves.enable(connect(context), tenant, wave, dry_run=dry_run)
    outcomes = follow(act, "Enabling accounts")
    if as_json:
        plain = {outcome.name.lower(): number for outcome, number in outcomes.items()}
        print(json.dumps({"tenant": tenant, "wave": wave, "dryRun": dry_run, **plain}))
        return
    number = outcomes[EnableOutcome.ENABLED]
    accounts = f"{number:,} account{'s' * (number != 1)}"
    say(f"{accounts} would be enabled." if dry_run else f"{accounts} enabled.")
    left = [
        f"{outcomes[outcome]:,} {outcome.value}"
        for outcome in (EnableOutcome.ACTIVE, EnableOutcome.CHANGED, EnableOutcome.GONE)
        if outcomes[outcome]
    ]
    if left:
        say(f"Left as they are: {', '.join(left)}.")


@app.command()
def dismiss(context: typer.Context, tenant: Name, wave: WaveNumber) -> None:
    """Say that a wave was meant to be: the tenant needs no attention any more."""
    dismissed = disable_waves.dismiss(connect(context), tenant, wave)
    say(f"Wave {dismissed.number} of {tenant} is dismissed.")


@app.command()
def off(
    context: typer.Context,
    tenant: Name,
    until: Annotated[
        str,
        typer.Option(help="For how long, 30m, 4h or 2d, or until when, an RFC 3339 instant."),
    ],
    reason: Reason = "",
) -> None:
    """Switch the brake off for planned work, for 7 days at most.

    Nobody is told of a wave, and no deletion is stopped. What happens until then does not count
    afterwards.
    """
    moment = later(until, datetime.now(UTC))
    operator = give_reason(connect(context), reason, ask=True)
    switch = planned_work.switch_off(operator, tenant, moment)
    say(f"The brake of {tenant} is off until {switch.until}.")


@app.command()
def on(context: typer.Context, tenant: Name) -> None:
    """Switch the brake on again before the planned work was to end."""
    was_off = planned_work.switch_on(connect(context), tenant)
    say(f"The brake of {tenant} is on{' again' if was_off else ', as it was'}.")


def _print_waves(waves: tuple[Wave, ...]) -> None:
    rows = Listing("wave", "since", "until", "disabled", "of", "told", "state")
    for wave in waves:
        state = f"{wave.state.value} by {wave.actor}" if wave.actor else wave.state.value
        rows.add(
            str(wave.number), wave.began, wave.latest, f"{wave.disabled} when noticed",
            str(wave.linked), wave.told or "not yet", state,
        )  # fmt: skip
    print_listing(rows)


def _plain(brake: BrakeView) -> dict[str, Any]:
    return {
        "offUntil": brake.switch.until if brake.switch.is_off(_now()) else None,
        "purgeStopped": brake.stopped or None,
        "waves": [
            {
                "wave": wave.number, "since": wave.began, "until": wave.latest,
                "disabled": wave.disabled, "linked": wave.linked, "told": wave.told or None,
                "state": wave.state.value, "actor": wave.actor or None,
            }
            for wave in brake.waves
        ],
        "shown": brake.shown.number if brake.shown else None,
        "accounts": [
            {
                "id": account.user,
                "userName": account.record.user_name if account.record else None,
                "disabled": account.time,
                "enabling": account.outcome.name.lower(),
            }
            for account in brake.accounts
        ],
    }  # fmt: skip


def _now() -> str:
    return planned_work.instant(datetime.now(UTC))
