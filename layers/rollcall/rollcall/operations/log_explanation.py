"""An entry of the provisioning log in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.model.redaction import GONE
from rollcall.operations import operator_acts
from rollcall.operations.remedies import REMEDIES, Remedy, remedy
from rollcall.storage.provisioning_log import LogEntry

__all__ = ["REMEDIES", "Explanation", "Remedy", "explain", "remedy"]


@dataclass(frozen=True)
class Explanation:
    """An entry in sentences: what was asked, what was answered, and where Entra ID shows it.

    `subject` is the id of the resource; `connection` is the same for a request of an identity
    provider that was refused, of which a connection may be the reason. `meaning` is what an act of
    an operator does, empty for a request.
    """

    asked: str
    answered: str
    remedy: Remedy | None
    subject: str
    entra: str
    connection: str
    meaning: str = ""


_ASKED = {
    "GET": "look for a {kind} by a name",
    "POST": "create a {kind}",
    "PUT": "replace a {kind} as a whole",
    "PATCH": "change a {kind}",
    "DELETE": "delete a {kind}",
}
_ACTIONS = {"POST": "Create", "PUT": "Update", "PATCH": "Update, Disable", "DELETE": "Delete"}
_ANSWERS = {"2": "done", "3": "sent elsewhere", "4": "refused", "5": "failed on our side"}


def explain(entry: LogEntry) -> Explanation:
    """Return an entry in sentences."""
    subject, own = entry.target.partition("/")[2], entry.method.islower()
    if subject == GONE:  # it was no id of ours
        subject = ""
    found = remedy(entry)
    answered = _ANSWERS.get(str(entry.status)[:1], "answered")
    if entry.method == "GET" and entry.status == 200:
        answered = "nothing was found: a creation follows"
    return Explanation(
        f"an operator's `{entry.method}`" if own else _asked(entry),
        f"{entry.status}: {answered}",
        found,
        subject,
        "" if own else _where(entry, subject, found),
        subject if found and not own and entry.status in (400, 404, 409) else "",
        operator_acts.sentence(entry) if own else "",
    )


def _asked(entry: LogEntry) -> str:
    kind = "group" if "Group" in (entry.target or entry.path) else "user"
    sentence = _ASKED.get(entry.method, entry.method)
    if not entry.target and "/Users" not in entry.path and "/Groups" not in entry.path:
        sentence = f"`{entry.method} {entry.path}`"
    return sentence.format(kind=kind)


def _where(entry: LogEntry, subject: str, found: Remedy | None) -> str:
    """Return where the log of Entra ID has the request, in the words of its portal."""
    filters = [f"Status {'Failure' if found else 'Success'}"]
    if action := _ACTIONS.get(entry.method):
        filters.append(f"Action {action}")
    if subject:
        filters.append(f"Target ID `{subject}`")
    shown = f", shown as `{found.shown}`" if found else ""
    place = "Entra ID, Enterprise apps, the application, Provisioning, Provisioning logs"
    return f"{place}: {', '.join(filters)}, Date around `{entry.time[:16]}Z`{shown}"
