"""What an entry of the provisioning log means, and what is done about it in Entra ID.

The rows are those of the table of errors in docs/entra.md, which a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass

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

_OTHERWISE = "look at the sentence, and at the mapping of the attribute that it names"


def remedy(entry: LogEntry) -> Remedy | None:
    """Return what is done about a refusal, None for an entry that is none."""
    if entry.status < 400:
        return None
    for each in REMEDIES:
        if each.status == entry.status and entry.detail.startswith(each.detail):
            return each
    return Remedy(entry.status, "", "a failed request", entry.detail or "no details", _OTHERWISE)
