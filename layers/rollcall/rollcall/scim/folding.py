"""The forms under which strings are compared (RFC 7643 section 2.2, `caseExact`)."""

from __future__ import annotations

from rollcall.scim.normalization import normalized


def folded(value: str) -> str:
    """Return the key under which two spellings of a case-insensitive value are equal.

    The same mapping as the filter engine's (RFC 8265's UsernameCaseMapped without its refusals),
    so that what a claim calls a duplicate is what a filter finds.
    """
    return normalized("NFC", exact(value).lower())


def exact(value: str) -> str:
    """Return the key of a value whose case matters."""
    return normalized("NFC", value)


def encodable(value: str) -> bool:
    """Tell whether a string is text: half a character (a lone surrogate) is not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
