"""The paths that are served, of SCIM and of pages for people."""

from __future__ import annotations

import re

BASE = re.compile(r"/scim/(?P<tenant>[^/]+)/v2(?=/|$)")
"""The base path of a tenant."""

HANDOVER = "/handover"

REPORTS = "/reports"
