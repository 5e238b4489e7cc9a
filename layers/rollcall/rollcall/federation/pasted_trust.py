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


class TrustError(OperatorError):
    """A value of a trust cannot be right; the sentence names the option and the problem."""


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
) -> PastedTrust:
    """Read the four values that an administrator copies; without `jwks` it follows from the issuer.

    `hosts` may serve keys; with `loopback` an issuer on this machine may, too. Raises TrustError.
    """
    reader = _Reader(hosts, loopback)
    issuer = reader.issuer(issuer)
    jwks = reader.jwks(jwks, issuer)
    trust = Trust(
        issuer, jwks, reader.subject(subject, issuer), reader.audience(audience, issuer), single_use
    )
    return PastedTrust(trust, tuple(reader.notes), tuple(_warnings(trust)))


class _Reader:
    def __init__(self, hosts: Collection[str], loopback: bool) -> None:
        self._hosts = hosts
        self._loopback = loopback
        self.notes: list[str] = []

    def issuer(self, pasted: str) -> str:
        text = _bare("--issuer", pasted)
        if GUID.fullmatch(text.lower()):
            value = EntraIssuer(f"https://{next(iter(CLOUDS))}", text.lower()).url
            return self._noted("--issuer", pasted, value, "is a tenant id")
        url = self._url("--issuer", text)
        if url.netloc not in CLOUDS and url.scheme != "http":
            # It is compared exactly with what stands in assertions.
            return self._noted("--issuer", pasted, text if _SCHEME.match(text) else url.geturl())
        issuer, form = _entra("--issuer", url)
        if form == ISSUER and url.netloc not in CLOUDS.values() and issuer.version == VERSION_2:
            return self._noted("--issuer", pasted, issuer.url, f"is at {url.netloc}")
        return self._noted(
            "--issuer", pasted, issuer.url, "" if form == ISSUER else f"is the {form}"
        )

    def jwks(self, pasted: str, issuer: str) -> str:
        expected = _issuer_of(issuer)
        if not pasted.strip():
            if expected is None:
                raise TrustError("--jwks is needed: no URL of keys follows from this --issuer")
            self.notes.append(f"--jwks follows from --issuer: {expected.jwks}")
            return expected.jwks
        url = self._url("--jwks", _bare("--jwks", pasted))
        if url.netloc in CLOUDS or url.scheme == "http":
            return self._keys_of_entra(pasted, url, expected)
        if url.netloc not in self._hosts:
            raise TrustError(
                f"--jwks is at {url.netloc}, and keys are read only from "
                f"{', '.join(sorted(self._hosts))} (and what the stack's IssuerHosts adds)"
            )
        return self._noted("--jwks", pasted, url.geturl())

    def _keys_of_entra(self, pasted: str, url: SplitResult, expected: EntraIssuer | None) -> str:
        if expected is None:
            raise TrustError("--jwks has the keys of Entra, and --issuer is no issuer of Entra")
        if f"{url.scheme}://{CLOUDS.get(url.netloc, url.netloc)}" != expected.origin:
            raise TrustError(f"--jwks is at {url.netloc}, which is another cloud than --issuer")
        if url.path.strip("/").partition("/")[0].lower() in _ANY_TENANT:
            return self._noted("--jwks", pasted, url.geturl())
        named, form = _entra("--jwks", url)
        if named.tenant != expected.tenant:
            raise TrustError(
                f"--jwks names the tenant {named.tenant}, and --issuer {expected.tenant}"
            )
        if form != KEYS:
            return self._noted("--jwks", pasted, expected.jwks, f"is the {form}")
        if url.scheme == "https" and url.netloc not in self._hosts:
            return self._noted("--jwks", pasted, expected.jwks, f"is at {url.netloc}")
        return self._noted("--jwks", pasted, url.geturl())

    def subject(self, pasted: str, issuer: str) -> str:
        text = _bare("--subject", pasted)
        if GUID.fullmatch(text.lower()):
            return self._noted("--subject", pasted, text.lower())
        if _SCHEME.match(text):
            raise TrustError(
                f"--subject is an object id, and {text} looks like another of the values: "
                "are they swapped?"
            )
        if tenant_id(issuer):
            raise TrustError(f"--subject is an object id, a GUID, and {text} is none")
        return self._noted("--subject", pasted, text)

    def audience(self, pasted: str, issuer: str) -> str:
        text = _bare("--audience", pasted)
        if match := _APPLICATION.fullmatch(text):
            return self._noted("--audience", pasted, match[1].lower(), "names an application")
        if text.lower().startswith("https://") and urlsplit(text).netloc.lower() in CLOUDS:
            raise TrustError(
                f"--audience is an application's id, and {text} looks like another of the values: "
                "are they swapped?"
            )
        if tenant_id(issuer) and not _SCHEME.match(text):
            raise TrustError(
                f"--audience is api://APPLICATION-ID or an application's id, and {text} is neither"
            )
        return self._noted("--audience", pasted, text.removesuffix("/.default"))

    def _url(self, option: str, text: str) -> SplitResult:
        if not _SCHEME.match(text):
            text = f"https://{text}"
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError as error:
            raise TrustError(f"{option} is no URL: {text}") from error
        host = (url.hostname or "").lower()
        if url.scheme == "http" and host == "127.0.0.1" and self._loopback:
            return url._replace(netloc=url.netloc.lower())
        if url.scheme == "http" and host in CLOUDS:
            url = url._replace(scheme="https")
        if url.scheme != "https" or not host or "." not in host:
            raise TrustError(f"{option} has to be a URL that begins with https://, not {text}")
        if url.username is not None or url.fragment or port not in {None, 443}:
            raise TrustError(f"{option} has a part that it may not have: {text}")
        if option == "--issuer" and url.query:
            raise TrustError(f"{option} has a part that it may not have: {text}")
        return url._replace(netloc=host)

    def _noted(self, option: str, pasted: str, value: str, reason: str = "") -> str:
        if pasted != value:
            why = f"{reason}, and is read as" if reason else "is read as"
            self.notes.append(f"{option} {why} {value}")
        return value


def _bare(option: str, pasted: str) -> str:
    """Return a pasted value without blanks, invisible characters and quotes."""
    visible = "".join(
        each for each in pasted if not each.isspace() and unicodedata.category(each)[0] != "C"
    ).strip(_QUOTES)
    if not visible:
        raise TrustError(f"{option} is empty")
    if len(visible) > MAX_VALUE:
        raise TrustError(f"{option} has more than {MAX_VALUE} characters")
    if not visible.isascii():
        odd = next(each for each in visible if not each.isascii())
        raise TrustError(f"{option} has a character that no such value has: {odd}")
    return visible


def _entra(option: str, url: SplitResult) -> tuple[EntraIssuer, str]:
    """Return the issuer that a URL of Entra's form names, and what the URL is."""
    tenant, _, rest = url.path.strip("/").lower().partition("/")
    if not GUID.fullmatch(tenant):
        raise TrustError(
            f"{option} has to name the tenant by its id, a GUID, and not by {tenant or 'nothing'}"
        )
    alone = VERSION_1 if url.netloc.startswith("sts.") else VERSION_2
    form = FORMS.get(rest) if rest else (alone, ISSUER)
    if form is None:
        raise TrustError(
            f"{option} is neither an issuer nor a URL of keys of Entra: {url.geturl()}"
        )
    host = CLOUDS.get(url.netloc, url.netloc)
    return EntraIssuer(f"{url.scheme}://{host}", tenant, form[0]), form[1]


def _issuer_of(issuer: str) -> EntraIssuer | None:
    url = urlsplit(issuer)
    if url.netloc in CLOUDS or url.scheme == "http":
        return _entra("--issuer", url)[0]
    return None


def _warnings(trust: Trust) -> list[str]:
    tenant = tenant_id(trust.issuer)
    warnings = []
    if trust.subject == trust.audience:
        warnings.append(
            "--subject and --audience are the same id: the subject is an object id, "
            "the audience an application's"
        )
    for option, value in (("--subject", trust.subject), ("--audience", trust.audience)):
        if value == tenant:
            warnings.append(
                f"{option} is the tenant id, which is neither a subject nor an audience"
            )
    return warnings
