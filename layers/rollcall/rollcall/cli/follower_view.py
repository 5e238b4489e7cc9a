"""Prints who is concerned by templates that follow memberships, and how far their members are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollcall.cli.terminal import print_lines, say
from rollcall.operations.followers import TemplateWalk, Transition
from rollcall.operations.template_changes import TemplateChange


def print_transitions(concerned: Sequence[Transition]) -> None:
    """Print who keeps and who loses what groups gave forever, when templates follow memberships."""
    for each in concerned:
        members, losing = len(each.members), len(each.losing)
        say(
            f"{each.template}: {members:,} who got it from the group keep it as long as they are "
            f"members, {losing:,} are not members any more and lose it" + (":" if losing else ".")
        )
        for name in each.losing:
            print_lines(f"  {name}")


def losing_of(change: TemplateChange, concerned: Sequence[Transition]) -> dict[str, Any]:
    """Return who keeps and who loses what a template gave forever, for programs."""
    found = [each for each in concerned if each.template == change.after.name]
    return {"keeping": list(found[0].members), "losing": list(found[0].losing)} if found else {}


def progress_of(walk: TemplateWalk) -> dict[str, Any]:
    """Return how far the members of a group are, for programs."""
    return {
        "group": walk.group,
        "since": walk.since,
        "passes": walk.passes,
        "seen": walk.seen,
        "changed": walk.changed,
    }


def sentence_of(walk: TemplateWalk) -> str:
    """Return how far the members of a group are."""
    since = f"members of {walk.group} are brought to this version since {walk.since[:19]}Z"
    if walk.begun:
        return f"{since}: {walk.seen:,} looked at, {walk.changed:,} changed"
    return f"{since}: {'looked at once, and soon again' if walk.passes else 'not begun'}"
