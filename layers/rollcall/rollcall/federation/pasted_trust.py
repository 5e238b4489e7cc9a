"""The values of a trust as an administrator copies them: read with tolerance, and explained."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rollcall.federation.entra_issuer import (
    CLOUDS,
    FORMS,
    GUID,
    ISSUER,
    KEY_HOSTS,
    KEYS,
    VERSION_1,
    VERSION_2,
    EntraIssuer,
    tenant_id,
)
from rollcall.federation.trust import Trust
from rollcall.operator_error import OperatorError

MAX_VALUE = 500
"""How many characters a value has at most; Entra's have about 100."""

_QUOTES = "\"'`<>,;\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_APPLICATION = re.compile(rf"(?:api://)?({GUID.pattern})/?(?:/\.default/?)?", re.IGNORECASE)
_ANY_TENANT = {"common", "organizations"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True)
class ValueNames:
    """What the four values are called where they are pasted: as options, unless said otherwise."""

    issuer: str = "--issuer"
    jwks: str = "--jwks"
    subject: str = "--subject"
    audience: str = "--audience"


OPTIONS = ValueNames()


class TrustError(OperatorError):
    """A value of a trust cannot be right; the sentence names the value and the problem."""


@dataclass(frozen=True)
class PastedTrust:
    """A trust as it was read. `notes` say what was read differently from what was pasted."""

    trust: Trust
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read(
    issuer: str,
    jwks: str,
    subject: str,
    audience: str,
    *,
    single_use: bool = False,
    hosts: Collection[str] = KEY_HOSTS,
    loopback: bool = False,
    names: ValueNames = OPTIONS,
) -> PastedTrust:
    """Read the four values that an administrator copies; without `jwks` it follows from the issuer.

    `hosts` may serve keys; with `loopback` an issuer on this machine may, too. Raises TrustError.
    """
    reader = _Reader(hosts, loopback, names)
    issuer = reader.issuer(issuer)
    jwks = reader.jwks(jwks, issuer)
    trust = Trust(
        issuer, jwks, reader.subject(subject, issuer), reader.audience(audience, issuer), single_use
    )
    return PastedTrust(trust, tuple(reader.notes), tuple(_warnings(trust, names)))


class _Reader:
    def __init__(self, hosts: Collection[str], loopback: bool, names: ValueNames) -> None:
        self._names = names
        self._hosts = hosts
        self._loopback = loopback
        self.notes: list[str] = []

    def issuer(self, pasted: str) -> str:
        name = self._names.issuer
        text = _bare(name, pasted)
        if GUID.fullmatch(text.lower()):
            value = EntraIssuer(f"https://{next(iter(CLOUDS))}", text.lower()).url
            return self._noted(name, pasted, value, "is a tenant id")
        url = self._url(name, text)
        if url.netloc not in CLOUDS and url.scheme != "http":
            # It is compared exactly with what stands in assertions.
            return self._noted(name, pasted, text if _SCHEME.match(text) else url.geturl())
        issuer, form = _entra(name, url)
        if form == ISSUER and url.netloc not in CLOUDS.values() and issuer.version == VERSION_2:
            return self._noted(name, pasted, issuer.url, f"is at {url.netloc}")
        return self._noted(name, pasted, issuer.url, "" if form == ISSUER else f"is the {form}")

    def jwks(self, pasted: str, issuer: str) -> str:
        name, other = self._names.jwks, self._names.issuer
        expected = _issuer_of(issuer)
        if not pasted.strip():
            if expected is None:
                raise TrustError(f"{name} is needed: no URL of keys follows from this {other}")
            self.notes.append(f"{name} follows from {other}: {expected.jwks}")
            return expected.jwks
        url = self._url(name, _bare(name, pasted))
        if url.netloc in CLOUDS or url.scheme == "http":
            return self._keys_of_entra(pasted, url, expected)
        if url.netloc not in self._hosts:
            raise TrustError(
                f"{name} is at {url.netloc}, and keys are read only from "
                f"{', '.join(sorted(self._hosts))} (and what the stack's IssuerHosts adds)"
            )
        return self._noted(name, pasted, url.geturl())

    def _keys_of_entra(self, pasted: str, url: SplitResult, expected: EntraIssuer | None) -> str:
        name, other = self._names.jwks, self._names.issuer
        if expected is None:
            raise TrustError(f"{name} has the keys of Entra, and {other} is no issuer of Entra")
        if f"{url.scheme}://{CLOUDS.get(url.netloc, url.netloc)}" != expected.origin:
            raise TrustError(f"{name} is at {url.netloc}, which is another cloud than {other}")
        if url.path.strip("/").partition("/")[0].lower() in _ANY_TENANT:
            return self._noted(name, pasted, url.geturl())
        named, form = _entra(name, url)
        if named.tenant != expected.tenant:
            raise TrustError(
                f"{name} names the tenant {named.tenant}, and {other} {expected.tenant}"
            )
        if form != KEYS:
            return self._noted(name, pasted, expected.jwks, f"is the {form}")
        if url.scheme == "https" and url.netloc not in self._hosts:
            return self._noted(name, pasted, expected.jwks, f"is at {url.netloc}")
        return self._noted(name, pasted, url._replace(path=url.path.rstrip("/")).geturl())

    def subject(self, pasted: str, issuer: str) -> str:
        name = self._names.subject
        text = _bare(name, pasted)
        if GUID.fullmatch(text.lower()):
            return self._noted(name, pasted, text.lower())
        if _SCHEME.match(text):
            raise TrustError(
                f"{name} is an object id, and {text} looks like another of the values: "
                "are they swapped?"
            )
        if tenant_id(issuer):
            raise TrustError(f"{name} is an object id, a GUID, and {text} is none")
        return self._noted(name, pasted, text)

    def audience(self, pasted: str, issuer: str) -> str:
        name = self._names.audience
        text = _bare(name, pasted)
        if match := _APPLICATION.fullmatch(text):
            return self._noted(name, pasted, match[1].lower(), "names an application")
        scheme, _, rest = text.lower().partition("://")
        if scheme == "https" and re.split(r"[/?#]", rest)[0] in CLOUDS:
            raise TrustError(
                f"{name} is an application's id, and {text} looks like another of the values: "
                "are they swapped?"
            )
        if tenant_id(issuer) and not _SCHEME.match(text):
            raise TrustError(
                f"{name} is api://APPLICATION-ID or an application's id, and {text} is neither"
            )
        return self._noted(name, pasted, text.removesuffix("/.default"))

    def _url(self, name: str, text: str) -> SplitResult:
        if not _SCHEME.match(text):
            text = f"https://{text}"
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError as error:
            raise TrustError(f"{name} is no URL: {text}") from error
        host = (url.hostname or "").lower()
        if url.scheme == "http" and host == "127.0.0.1" and self._loopback:
            return url._replace(netloc=url.netloc.lower())
        if url.scheme == "http" and host in CLOUDS:
            url = url._replace(scheme="https")
        if url.scheme != "https" or not host or "." not in host:
            raise TrustError(f"{name} has to be a URL that begins with https://, not {text}")
        if port not in {None, 443} and (host := f"{host}:{port}") not in self._hosts:
            raise TrustError(f"{name} has a port that it may not have: {text}")
        if url.username is not None or url.fragment or (url.query and name == self._names.issuer):
            raise TrustError(f"{name} has a part that it may not have: {text}")
        return url._replace(netloc=host)

    def _noted(self, name: str, pasted: str, value: str, reason: str = "") -> str:
        if pasted != value:
            why = f"{reason}, and is read as" if reason else "is read as"
            self.notes.append(f"{name} {why} {value}")
        return value


def _bare(name: str, pasted: str) -> str:
    """Return a pasted value without blanks, invisible characters and quotes."""
    visible = "".join(
        each for each in pasted if not each.isspace() and unicodedata.category(each)[0] != "C"
    ).strip(_QUOTES)
    if not visible:
        raise TrustError(f"{name} is empty")
    if len(visible) > MAX_VALUE:
        raise TrustError(f"{name} has more than {MAX_VALUE} characters")
    if not visible.isascii():
        odd = next(each for each in visible if not each.isascii())
        raise TrustError(f"{name} has a character that no such value has: {odd}")
    return visible


def _entra(name: str, url: SplitResult) -> tuple[EntraIssuer, str]:
    """Return the issuer that a URL of Entra's form names, and what the URL is."""
    tenant, _, rest = url.path.strip("/").lower().partition("/")
    if not GUID.fullmatch(tenant):
        raise TrustError(
            f"{name} has to name the tenant by its id, a GUID, and not by {tenant or 'nothing'}"
        )
    alone = VERSION_1 if url.netloc.startswith("sts.") else VERSION_2
    form = FORMS.get(rest) if rest else (alone, ISSUER)
    if form is None:
        raise TrustError(f"{name} is neither an issuer nor a URL of keys of Entra: {url.geturl()}")
    host = CLOUDS.get(url.netloc, url.netloc)
    return EntraIssuer(f"{url.scheme}://{host}", tenant, form[0]), form[1]


def _issuer_of(issuer: str) -> EntraIssuer | None:
    url = urlsplit(issuer)
    if url.netloc in CLOUDS or url.scheme == "http":
        return _entra(OPTIONS.issuer, url)[0]
    return None


def _warnings(trust: Trust, names: ValueNames) -> list[str]:
    tenant = tenant_id(trust.issuer)
    warnings = []
    if trust.subject == trust.audience:
        warnings.append(
            f"{names.subject} and {names.audience} are the same id: the subject is an object id, "
            "the audience an application's"
        )
    for name, value in ((names.subject, trust.subject), (names.audience, trust.audience)):
        if value == tenant:
            warnings.append(f"{name} is the tenant id, which is neither a subject nor an audience")
    return warnings
