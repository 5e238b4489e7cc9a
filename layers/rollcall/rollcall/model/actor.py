"""Who causes a write: stored in the items that it writes, for change events and logs."""

from __future__ import annotations

from dataclasses import dataclass

OPERATOR = "operator:"


@dataclass(frozen=True)
class Actor:
    """The request that causes a write, and whose it is.

    `actor` is `token:<id>`, or `operator:` and the ARN of a session of AWS, on a machine of its own
    the name of its user. `user` is the user's name beside an ARN, `reason` why an operator acts.
    Only the log keeps the ARN, the user and the reason.
    """

    request: str = ""
    actor: str = ""
    user: str = ""
    reason: str = ""

    @property
    def token(self) -> str:
        """The id of the token, empty where no token acts."""
        return self.actor.removeprefix("token:") if self.actor.startswith("token:") else ""

    @property
    def public(self) -> str:
        """The actor without account and person, for what customers see."""
        return public(self.actor)

    @property
    def item(self) -> dict[str, str]:
        """The actor as the attribute `origin` of an item."""
        return {"request": self.request, "actor": self.public}


def public(actor: str) -> str:
    """Return an actor without account and person: of a session's ARN the role alone.

    Of another ARN it is what it is of: `user`, `root`, `federated-user`.
    """
    if not actor.startswith(f"{OPERATOR}arn:"):
        return actor
    kind, *names = actor.removeprefix(OPERATOR).split(":", 5)[-1].split("/")
    return OPERATOR + (names[0] if kind == "assumed-role" and names else kind)
