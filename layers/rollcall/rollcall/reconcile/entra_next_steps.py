"""What Entra ID does after the link of an account changed, and what its administrator does there.

Entra ID remembers the id that it was given, and does not notice a change on this side. It matches
again only after a restart with a full reset, or after the connection of one object was deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollcall.model.account_link import AccountLink, LinkPolicy, LinkRule

Steps = Sequence[str]

RESET = (
    "POST https://graph.microsoft.com/v1.0/servicePrincipals/{id}/synchronization/jobs/{jobId}/restart"
    ' with {"criteria": {"resetScope": "Full"}}'
)


def undecided(linked: Sequence[str], local: Sequence[str], deleted: Sequence[str]) -> Steps:
    """Return what Entra ID does with accounts of one person until they are decided about.

    They are named by their userNames; of the linked ones, `deleted` are those whose person is
    deleted there.
    """
    steps: list[str] = []
    alive = [each for each in linked if each not in deleted]
    if not linked:
        steps += [
            "Entra ID knows none of them yet. The first cycle looks for the person by the matching "
            "attribute, and links the account that has it as its userName; with none, it creates "
            "one more."
        ]
    if alive:
        steps += [f"Entra ID knows {_listed(alive)}, and goes on writing to what it knows."]
    if deleted:
        steps += [
            f"In Entra ID, the person of {_listed(deleted)} is deleted. The account is switched "
            "off, and is deleted thirty days after the person, unless that one is restored there."
        ]
    if linked and local:
        steps += [f"It does not know {_listed(local)}, and sends nothing for it."]
    if len(alive) > 1:
        steps += [
            "There, open `Users`, and look for each by its Object ID, which is the `externalId` "
            "here. Where they are one person, delete the one that is not used any more; then merge "
            "here, and say which one that was."
        ]
    elif linked:
        steps += ["Nothing has to be done there before they are merged."]
    return steps


def after_unlink(identifier: str, external_id: str | None, linking: LinkPolicy) -> Steps:
    """Return the steps after an unlink, with both anchors of the person's connection."""
    again = (
        "and is refused until an operator links the account"
        if linking.policy is LinkRule.STRICT
        else "and links the account again"
    )
    return (
        "Entra ID does not notice. It remembers this account for the person, and sends nothing "
        f"until the person changes there: that change goes to the remembered id {again}.",
        "In Entra ID, for this one person: pause the provisioning; delete the person's connection, "
        f"source anchor `{external_id or 'unknown'}`, target anchor `{identifier}`; correct what "
        "made it match this account; provision the person on demand; resume.",
        "A restart from the portal keeps the connection. To match everybody anew, restart with a "
        f"full reset: `{RESET}`",
    )


def after_relink(identifier: str, external_id: str | None, user_name: str) -> Steps:
    """Return the steps after a relink."""
    return (
        f"A job that does not know this account yet finds it by its userName `{user_name}`"
        + (f" or its externalId `{external_id}`" if external_id else "")
        + ", and writes to it.",
        "A job that remembers another account for the person goes on writing to that one: delete "
        "the person's connection while the provisioning is paused (target anchor of this account: "
        f"`{identifier}`), then provision the person on demand.",
    )


def after_switch(link: AccountLink, *, active: bool) -> Steps:
    """Return the steps after an account was enabled or disabled here."""
    if link.protected:
        return ("The account is protected: no identity provider changes that.",)
    if link.local:
        return (
            "No identity provider has linked the account: the first one that does says whether it "
            "is active.",
        )
    if active:
        return (
            "Entra ID does not notice. If the person is out of scope, deleted or blocked there, it "
            "disables the account again when the person changes: correct that there.",
        )
    return (
        "Entra ID does not notice. When the person changes there, or is provisioned on demand, it "
        "compares the account, and enables it again, unless the person is out of scope, deleted or "
        "blocked there.",
        "So that it stays disabled, remove the person in `Users and groups` of the application, or "
        "block the sign-in of the person in Entra ID; or protect the account here, and no client "
        "changes it.",
    )


def after_merge(survivor: str, removed: str, *, linked: bool, stub: bool) -> Steps:
    """Return the steps after a merge; `stub`: Entra ID knows the removed id, too."""
    if stub:
        return (
            f"Entra ID goes on with the id `{survivor}`: nothing has to be done there.",
            f"It also remembers `{removed}` for the person that is deleted there. What it still "
            "sends to that id is kept apart and reaches nobody; its DELETE, thirty days after the "
            "deletion, is answered as it expects and leaves the survivor alone.",
            "Do not restore the deleted person in Entra ID: it would have two again.",
        )
    if linked:
        return (
            f"Entra ID goes on with the id `{survivor}`, the one that it knows, and notices "
            "nothing: nothing has to be done there.",
            f"The product may go on using `{removed}`: it means the account that stayed.",
        )
    return (
        f"No identity provider knows either account yet. The first cycle finds `{survivor}` by "
        "what it matches by: see `rollcall conflicts check`.",
        f"The product may go on using `{removed}`: it means the account that stayed.",
    )


def before_erasure(identifier: str) -> Steps:
    """Return the steps before a person is erased, so that nothing creates the person again."""
    return (
        "First the identity provider has to stop sending the person: otherwise it finds no account "
        "some day, and creates a new one with everything that was erased.",
        "In Entra ID, in `Users and groups` of the application, remove the person and the groups "
        "that bring the person, or delete the person under `Users`, and again under `Deleted "
        "users` with `Delete permanently`. Entra ID then switches the account off or deletes it: "
        f"`{identifier}` is in the `Provisioning logs` with the action `Disable` or `Delete`.",
        "Where attributes decide who is provisioned, take the person out of the `Source Object "
        "Scope` of the mapping.",
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{each}`" for each in names)
