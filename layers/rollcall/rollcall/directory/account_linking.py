"""How a client's write links an existing account, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.account_link import AccountLink, LinkState
from rollcall.model.record import Record
from rollcall.scim.errors import MutabilityException, UniquenessException
from rollcall.scim.indexing import claim
from rollcall.scim.resource_type import Kind

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def check_write(context: Context, record: Record) -> None:
    """Check that the actor may change or delete a user; an operator always may.

    Raises MutabilityException for a protected account (a 401, 403 or 404 would stop the tenant's
    whole job), UniquenessException for a local one that the tenant's policy does not link.
    """
    if context.linking is None:
        return
    if record.link.protected:
        raise MutabilityException(detail="the account is protected: an operator keeps it as it is")
    refusal = context.linking.refusal(record.link, record.document)
    if refusal is not None:
        raise UniquenessException(detail=refusal)


def new_link(context: Context, record: Record) -> AccountLink | None:
    """Return the link that an accepted write gives a user, None when the link stays."""
    policy = context.linking
    if policy is None or not record.link.local or record.link.protected:
        return None
    if policy.refusal(record.link, record.document) is not None:
        return None
    return replace(record.link, state=LinkState.LINKED)


def find_linkable(context: Context, document: Mapping[str, Any]) -> str | None:
    """Return the id of the account with the name in a POST, None when no POST may link one."""
    if context.linking is None or not context.linking.domains:
        return None
    found = context.resources.find(Kind.USER, claim(Kind.USER, document), unique=True)
    return next(iter(found), None)


def check_post(context: Context, record: Record) -> None:
    """Check that a POST may link an account.

    Raises UniquenessException, also for the second of two POSTs of one name: the first has linked
    the account.
    """
    policy = context.linking
    if policy is None or not policy.adopts(record.link, record.document):
        raise UniquenessException(detail="userName is taken by another user")


def merged(before: Mapping[str, Any], posted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of an account with the attributes of a POST; all others stay."""
    schemas = [*before["schemas"]]
    schemas += [each for each in posted["schemas"] if each not in schemas]
    extensions = {
        urn: {**before.get(urn, {}), **value} for urn, value in posted.items() if ":" in urn
    }
    return {**before, **posted, **extensions, "schemas": schemas}


def as_patch(posted: Any) -> dict[str, Any]:
    """Return the PATCH that writes the attributes of a POST to an account."""
    return {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": posted}]}
