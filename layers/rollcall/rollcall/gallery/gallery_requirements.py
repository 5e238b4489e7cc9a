"""Microsoft's requirements of a gallery application, one by one, and where each is answered.

By "User provisioning requirements for Microsoft Entra App Gallery" of 26 August 2026.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Answered(StrEnum):
    """Who answers a requirement."""

    BUILT_IN = "built in"
    SETTING = "a setting"
    YOURS = "yours"
    """Only the company that publishes the application can answer it."""


class GalleryRequirement(NamedTuple):
    """A requirement, in our words."""

    section: str
    text: str
    required: bool
    answered: Answered
    where: str


_API, _SIGN_IN, _COMPANY, _PAGES = "SCIM API", "sign-in", "company", "customer documentation"
_BUILT_IN, _SETTING, _YOURS = Answered

REQUIREMENTS = (
    GalleryRequirement(
        _API,
        "users, and groups as well where possible",
        True,
        _BUILT_IN,
        "docs/protocol.md; SCIM_User_*_Test and SCIM_Group_*_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "25 requests a second for each tenant",
        True,
        _SETTING,
        "50 unless `rollcall tenants rate TENANT` says otherwise, at least 25; docs/operations.md. "
        "The check sends one request at a time and does not measure it",
    ),
    GalleryRequirement(
        _API,
        "users and groups provisioned by a non-gallery application",
        True,
        _YOURS,
        "a run with an Entra tenant, docs/first-deploy.md; the check cannot show it",
    ),
    GalleryRequirement(
        _API,
        "sign-in tried with a non-gallery application",
        True,
        _YOURS,
        "Test Connection in the portal, docs/entra.md; Validate_Credentials_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "users disabled or deleted",
        True,
        _BUILT_IN,
        "both: Disable_User_Test and Delete_User_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "a lookup that finds nothing is a success with zero results",
        True,
        _BUILT_IN,
        "Create_User_Test and Create_Group_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "schema discovery",
        True,
        _BUILT_IN,
        "/Schemas, /ResourceTypes; Schema_Discoverability_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "several members changed by one PATCH",
        False,
        _BUILT_IN,
        "Group_Update_Add_Member_Test of the check",
    ),
    GalleryRequirement(
        _API,
        "bulk requests",
        False,
        _BUILT_IN,
        "/Bulk, docs/protocol.md; the check does not try it",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "OAuth client credentials or workload identity federation; no long-lived bearer tokens",
        True,
        _BUILT_IN,
        "`rollcall oauth`; docs/entra.md. Bearer tokens remain, for non-gallery applications",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "client id, client secret, token URL and SCIM URL for each customer",
        True,
        _BUILT_IN,
        "`rollcall oauth create TENANT`",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "client secrets expire after one to three years, and give no token afterwards",
        True,
        _BUILT_IN,
        "`rollcall oauth create TENANT`",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "two live secrets for a rotation, old ones can be deleted",
        True,
        _BUILT_IN,
        "`rollcall oauth rotate TENANT`, `rollcall oauth revoke TENANT`",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "access tokens live for one to six hours",
        True,
        _BUILT_IN,
        "one hour unless the client says otherwise; Validate_Credentials_Test of the check",
    ),
    GalleryRequirement(
        _SIGN_IN,
        "workload identity federation by Entra's signed assertions",
        False,
        _BUILT_IN,
        "`rollcall oauth trust TENANT`, docs/entra.md; Federated_Identity_Test of the check",
    ),
    GalleryRequirement(
        _COMPANY, "contacts of engineering and support", True, _YOURS, "your submission"
    ),
    GalleryRequirement(
        _COMPANY,
        "public documentation of the endpoint",
        True,
        _YOURS,
        "docs/protocol.md and docs/clients.md to begin with, on a page of yours",
    ),
    GalleryRequirement(
        _COMPANY, "100 common customers by the non-gallery way", True, _YOURS, "nothing here"
    ),
    GalleryRequirement(
        _COMPANY,
        "the compliance of each cloud that the application is listed in",
        True,
        _YOURS,
        "your certificates and AWS's; nothing here",
    ),
    GalleryRequirement(
        _PAGES,
        "set-up, attributes, sign-in and rotation, a pilot",
        True,
        _BUILT_IN,
        "docs/entra.md, to be taken over with your product's name",
    ),
    GalleryRequirement(
        _PAGES,
        "errors and what to do",
        True,
        _BUILT_IN,
        "docs/entra.md and `rollcall log TENANT`",
    ),
    GalleryRequirement(
        _PAGES, "licences, roles and support of the product", True, _YOURS, "nothing here"
    ),
)
