"""The paths that are served, of SCIM and of pages for people."""

from __future__ import annotations

import re

BASE = re.compile(r"/scim/(?P<tenant>[^/]+)/v2(?=/|$)")
"""The base path of a tenant."""

ACCESS = re.compile(r"/scim/(?P<tenant>[^/]+)/access")
"""The path where the product asks who may sign in."""

OAUTH = re.compile(r"/scim/(?P<tenant>[^/]+)/oauth2(?=/|$)")
"""The path of a tenant's token endpoint and its metadata."""

METADATA = "/.well-known/oauth-authorization-server"
"""Where the metadata of a token endpoint is, after or before its path (RFC 8414 section 3)."""

HANDOVER = "/handover"

REPORTS = "/reports"
