"""A stored resource, and the representation of it that clients get (RFC 7643 section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.model.access import NO_ACCESS, Access
from rollcall.model.account_link import LINKED, AccountLink
from rollcall.scim.document import split_extensions
from rollcall.scim.resource_type import ENTERPRISE, ROLLCALL, ROLLCALL_GROUP, Kind


@dataclass(frozen=True)
class Record:
    """A canonical document and what is stored beside it.

    `document` is without id, meta, members and groups. `created` and `modified` are RFC 3339
    instants in UTC with milliseconds; `version` counts from 1. Of a group, `pending` names an
    unfinished change of its members, and `epoch` counts the changes of several members at once.
    Of a user, `link` is the link of the account, `access` its access, and `alias` the id of the
    user that it was merged into. `deleted` is when the resource was deleted; then nothing else is
    left of it.
    """

    kind: Kind
    id: str
    document: Mapping[str, Any]
    version: int
    created: str
    modified: str
    pending: str = ""
    epoch: int = 0
    link: AccountLink = LINKED
    access: Access = NO_ACCESS
    alias: str = ""
    deleted: str = ""

    @property
    def etag(self) -> str:
        """The weak entity tag of this version (RFC 9110 section 8.8.3)."""
        return f'W/"{self.version}"'

    @property
    def user_name(self) -> str:
        """The userName of a user."""
        return str(self.document["userName"])

    @property
    def active(self) -> bool:
        """Whether a user may be used: also when the document does not say (RFC 7643 4.1.1)."""
        return self.document.get("active") is not False

    def location(self, base_url: str) -> str:
        """Return the URL of the resource below the tenant's base URL."""
        return f"{base_url}{self.kind.endpoint}/{self.id}"

    def representation(
        self,
        base_url: str,
        *,
        members: Mapping[str, str] | None = None,
        groups: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Return the whole resource, with what depends on the host and on other items spliced in.

        `members` maps ids to their type, `groups` holds ids; None or empty leaves them out.
        """
        document, _ = split_extensions(self.kind, self.document)
        resource: dict[str, Any] = {"schemas": document["schemas"], "id": self.id}
        resource.update(document)
        manager = document.get(ENTERPRISE, {}).get("manager")
        if manager:
            located = {**manager, "$ref": f"{base_url}/Users/{manager['value']}"}
            resource[ENTERPRISE] = {**document[ENTERPRISE], "manager": located}
        if groups := list(groups or ()):
            resource["groups"] = [
                {"value": each, "$ref": f"{base_url}/Groups/{each}", "type": "direct"}
                for each in groups
            ]
        if members:
            resource["members"] = members_of(base_url, members)
        self.access.complete(resource)
        if self.deleted:
            urn = ROLLCALL if self.kind is Kind.USER else ROLLCALL_GROUP
            resource |= {"schemas": [self.kind.schema, urn], urn: {"deleted": self.deleted}}
        resource["meta"] = {
            "resourceType": self.kind.value,
            "created": self.created,
            "lastModified": self.modified,
            "location": self.location(base_url),
            "version": self.etag,
        }
        return resource


def members_of(base_url: str, members: Mapping[str, str]) -> list[dict[str, str]]:
    """Return members, ids by type, as a group's representation shows them."""
    return [
        {"value": each, "$ref": f"{base_url}/{kind}s/{each}", "type": kind}
        for each, kind in members.items()
    ]
