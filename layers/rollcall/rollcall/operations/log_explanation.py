"""What an entry of the provisioning log means, and what is done about it in Entra ID.

The rows are those of the table of errors in docs/entra.md, which a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.model.redaction import GONE
from rollcall.storage.provisioning_log import LogEntry


@dataclass(frozen=True)
class Remedy:
    """What a refusal means and what to do, by a status and the beginning of a detail.

    `shown` is what Entra ID calls it in its *Provisioning logs*.
    """

    status: int
    detail: str
    shown: str
    sentence: str
    remedy: str


REMEDIES = (
    Remedy(
        401,
        "",
        "InvalidCredentials, Unauthorized",
        "the token is wrong, expired or retired, or belongs to another Tenant URL",
        "hand a new one over, and let the administrator copy Tenant URL and Secret Token again "
        "under Provisioning, Admin Credentials, Test Connection",
    ),
    Remedy(
        404,
        "there is no such endpoint",
        "SystemForCrossDomainIdentityManagementServiceIncompatible",
        "the Tenant URL is not complete",
        "the Tenant URL ends in `/v2`: copy it again under Provisioning, Admin Credentials",
    ),
    Remedy(
        409,
        "userName is taken",
        "Conflict, EntryConflict",
        "another account has this name, often of a colleague who left",
        "rename or delete that person, or merge the two accounts under Duplicates; Entra ID tries "
        "again by itself",
    ),
    Remedy(
        409,
        "displayName is taken",
        "Conflict, EntryConflict",
        "two groups have the same name, whatever its case",
        "rename one of them",
    ),
    Remedy(
        409,
        "the account is the product's own",
        "Conflict, EntryConflict",
        "the account was there before provisioning, and the link policy is `strict`",
        "decide whose account it is, and relink it",
    ),
    Remedy(
        409,
        "the account's address is in no domain",
        "Conflict, EntryConflict",
        "the address of the account is in a domain that is not known as the customer's",
        "add the domain on the page of the tenant, if it is theirs, or relink this one account",
    ),
    Remedy(
        400,
        "the account is protected",
        "a failed update",
        "a protected account, an emergency access for example",
        "take the person out of the scope of provisioning, or unprotect the account",
    ),
    Remedy(
        400,
        "Field 'userName' is required",
        "a failed creation",
        "the matching attribute is empty for this person, or not mapped",
        "fill the attribute in Entra ID, or map another under Provisioning, Mappings",
    ),
    Remedy(
        400,
        "userName is required",
        "a failed update",
        "the matching attribute is empty for this person, or not mapped",
        "fill the attribute in Entra ID, or map another under Provisioning, Mappings",
    ),
    Remedy(
        400,
        "userName holds",
        "a failed creation",
        "a copied name holds a character that nobody sees",
        "type the name anew in Entra ID",
    ),
    Remedy(
        400,
        "active takes",
        "a failed update",
        "the expression that is mapped to `active` gives something else than true or false",
        "restore the default of the mapping of `active`",
    ),
    Remedy(
        400,
        "members: there is no",
        "a failed update of a group",
        "Entra ID remembers an account that was never here: a connection from another tenant or a "
        "test",
        "restart provisioning with a full reset",
    ),
    Remedy(
        400,
        "this token is read-only",
        "a failed update",
        "the credentials were made for reading",
        "hand new ones over",
    ),
    Remedy(
        404,
        "there is no User",
        "InvalidAnchor",
        "the account was deleted here, and Entra ID remembers it",
        "delete the connection of this one person, or restart provisioning with a full reset: then "
        "it is matched or created again",
    ),
    Remedy(
        429,
        "",
        "TooManyRequests",
        "the tenant sent more than its rate",
        "nothing: the request is sent again; if it stays, raise the rate",
    ),
    Remedy(
        500,
        "",
        "InternalServerError, Timeout",
        "this failed on our side",
        "nothing: it is sent again in the next cycle; if it stays, look for the request id in the "
        "log of the functions",
    ),
    Remedy(
        503,
        "",
        "InternalServerError, Timeout",
        "it could not be answered in time, or the tenant is closed for a while",
        "nothing: it is sent again in the next cycle",
    ),
)


@dataclass(frozen=True)
class Explanation:
    """An entry in sentences: what was asked, what was answered, and where Entra ID shows it.

    `subject` is the id of the resource; `connection` is the same for a request of an identity
    provider that was refused, of which a connection may be the reason.
    """

    asked: str
    answered: str
    remedy: Remedy | None
    subject: str
    entra: str
    connection: str


_ASKED = {
    "GET": "look for a {kind} by a name",
    "POST": "create a {kind}",
    "PUT": "replace a {kind} as a whole",
    "PATCH": "change a {kind}",
    "DELETE": "delete a {kind}",
}
_ACTIONS = {"POST": "Create", "PUT": "Update", "PATCH": "Update, Disable", "DELETE": "Delete"}
_ANSWERS = {"2": "done", "3": "sent elsewhere", "4": "refused", "5": "failed on our side"}

_OTHERWISE = "look at the sentence, and at the mapping of the attribute that it names"


def remedy(entry: LogEntry) -> Remedy | None:
    """Return what is done about a refusal, None for an entry that is none."""
    if entry.status < 400:
        return None
    for each in REMEDIES:
        if each.status == entry.status and entry.detail.startswith(each.detail):
            return each
    return Remedy(entry.status, "", "a failed request", entry.detail or "no details", _OTHERWISE)


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
