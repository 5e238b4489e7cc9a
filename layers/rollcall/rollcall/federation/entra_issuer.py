"""The issuers of Microsoft Entra ID: their hosts, cloud by cloud, and the forms of their URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""An id of Entra: a tenant's, an application's, an object's."""

_GLOBAL, _GOVERNMENT, _CHINA = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
)

CLOUDS = {
    _GLOBAL: _GLOBAL,
    "login.windows.net": _GLOBAL,
    "sts.windows.net": _GLOBAL,
    _GOVERNMENT: _GOVERNMENT,
    _CHINA: _CHINA,
    "sts.chinacloudapi.cn": _CHINA,
}
"""Every host of Entra, and the host that issues version 2.0 in its cloud."""

KEY_HOSTS = frozenset({_GLOBAL, "login.windows.net", _GOVERNMENT, _CHINA})
"""The hosts that serve the keys of issuers, before a deployment adds its own."""

VERSION_2, VERSION_1 = "v2.0", ""

ISSUER, CONFIGURATION, KEYS = "issuer", "OpenID configuration", "URL of the keys"

FORMS = {
    "v2.0": (VERSION_2, ISSUER),
    "v2.0/.well-known/openid-configuration": (VERSION_2, CONFIGURATION),
    ".well-known/openid-configuration": (VERSION_1, CONFIGURATION),
    "discovery/v2.0/keys": (VERSION_2, KEYS),
    "discovery/keys": (VERSION_1, KEYS),
}
"""What follows the tenant in a URL of Entra: the version, and what the URL is."""


@dataclass(frozen=True)
class EntraIssuer:
    """An issuer of Entra's form: `origin` is the scheme and the host of its version 2.0."""

    origin: str
    tenant: str
    version: str = VERSION_2

    @property
    def url(self) -> str:
        """The issuer, exactly as it stands in assertions."""
        if self.version == VERSION_2:
            return f"{self.origin}/{self.tenant}/v2.0"
        host = "sts.chinacloudapi.cn" if self.origin.endswith(".cn") else "sts.windows.net"
        return f"https://{host}/{self.tenant}/"

    @property
    def jwks(self) -> str:
        """Where its keys are."""
        path = "discovery/v2.0/keys" if self.version == VERSION_2 else "discovery/keys"
        return f"{self.origin}/{self.tenant}/{path}"


def tenant_id(issuer: str) -> str:
    """Return the tenant id in an issuer of Entra's form, "" for any other issuer."""
    first = urlsplit(issuer).path.strip("/").partition("/")[0]
    return first if GUID.fullmatch(first) else ""
