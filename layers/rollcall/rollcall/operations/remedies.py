"""What refusals mean, and what is done about each in Entra ID, in the words of its portal."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.storage.provisioning_log import LogEntry


@dataclass(frozen=True)
class Remedy:
    """What a refusal means and what to do, by its status, scimType and how its detail begins.

    `shown` is what Entra ID calls it in its *Provisioning logs*.
    """

    status: int
    detail: str
    shown: str
    sentence: str
    remedy: str
    scim_type: str = ""


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
"""The refusals that Entra ID meets, as in docs/entra.md."""

_MAPPINGS = "under Provisioning, Mappings"
_UPDATE = "a failed update"
_CLIENT = "Entra ID does not send it: look which client did, and mend that one"

KINDS = (
    Remedy(
        400,
        "",
        _UPDATE,
        "the request cannot be carried out, for the reason that the answer gives",
        f"correct what the answer names, for the person or {_MAPPINGS}",
    ),
    Remedy(
        400,
        "",
        "a failed match",
        "somebody is looked for by an attribute, or in a way, that no search takes",
        f"{_MAPPINGS}, match users by `userName` alone and groups by `displayName`",
        "invalidFilter",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "one request changes or asks for more than one may",
        "let the client send fewer members, or ask for fewer resources, at a time",
        "tooMany",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "the attribute, or the account, cannot be changed by a client",
        f"{_MAPPINGS}, set `Apply this mapping` of the attribute to `Only during object creation`, "
        "or delete the mapping",
        "mutability",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "the body of the request is not built as SCIM says",
        "Entra ID builds it rightly: where it is its request, send the request id to the operator; "
        "else mend the client",
        "invalidSyntax",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "a mapping leads to an attribute that there is not",
        f"{_MAPPINGS}, choose another target attribute, and delete the wrong one under `Show "
        "advanced options`, `Edit attribute list`",
        "invalidPath",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "a value is to be changed that the account does not have",
        "press `Provision on demand` for this person: what is missing is then sent as a whole",
        "noTarget",
    ),
    Remedy(
        400,
        "",
        _UPDATE,
        "a value is missing, or is not what the attribute takes",
        "correct the value that the answer names in Entra ID, or the expression that makes it "
        f"{_MAPPINGS}",
        "invalidValue",
    ),
    Remedy(400, "", _UPDATE, "a page of a list does not go on", _CLIENT, "invalidCursor"),
    Remedy(400, "", _UPDATE, "a page of a list was asked for too late", _CLIENT, "expiredCursor"),
    Remedy(400, "", _UPDATE, "a page of a list is to be too long", _CLIENT, "invalidCount"),
    Remedy(
        403,
        "",
        "InsufficientRights, NotPermitted",
        "the credentials are good, but not for this request",
        "hand credentials for provisioning over, and let the administrator enter them under "
        "Provisioning, Admin Credentials",
    ),
    Remedy(
        404,
        "",
        "InvalidAnchor",
        "what the request is about is not here, or not any more",
        "delete the connection of this one object, or restart provisioning with a full reset",
    ),
    Remedy(
        405,
        "",
        "MethodNotAllowed",
        "this address does not take this kind of request",
        f"copy the Tenant URL again under Provisioning, Admin Credentials; otherwise {_CLIENT}",
    ),
    Remedy(
        409,
        "",
        "Conflict, EntryConflict",
        "the request does not go with what the resource is by now",
        "look at the account, and press `Provision on demand` for this person",
    ),
    Remedy(
        409,
        "",
        "Conflict, EntryConflict",
        "another account or group has this value, which only one may have",
        "change the value of one of them, or merge the two accounts under Duplicates; Entra ID "
        "tries again by itself",
        "uniqueness",
    ),
    Remedy(
        412,
        "",
        _UPDATE,
        "somebody else changed it after the client had read it",
        "nothing, where the client reads it again and repeats; Entra ID does not ask for a version",
    ),
    Remedy(
        413,
        "",
        _UPDATE,
        "the request, or the resource after it, is larger than what is kept",
        f"{_MAPPINGS}, leave out the attribute with the large value; let other clients send less "
        "at a time",
    ),
    Remedy(415, "", _UPDATE, "the body is no JSON", _CLIENT),
    Remedy(501, "", "NotImplemented", "Rollcall does not offer this", _CLIENT),
)
"""What refusals mean that are none of these, by status and scimType."""

_OTHERWISE = "look at the sentence, and at the mapping of the attribute that it names"


def remedy(entry: LogEntry) -> Remedy | None:
    """Return what is done about a refusal, None for an entry that is none."""
    if entry.status < 400:
        return None
    for each in REMEDIES:
        if each.status == entry.status and entry.detail.startswith(each.detail):
            return each
    for scim_type in (entry.scim_type, ""):
        for each in KINDS:
            if (each.status, each.scim_type) == (entry.status, scim_type):
                return each
    return Remedy(entry.status, "", "a failed request", entry.detail or "no details", _OTHERWISE)
