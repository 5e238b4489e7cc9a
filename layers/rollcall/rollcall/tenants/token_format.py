"""Secret tokens and the codes of hand-over links: how they look, and what is kept of them.

A prefix + 40 random characters + 6 that check the rest, so that a mistyped or invented one is
refused without asking anybody. Only a SHA-256 is kept: with 238 random bits there is nothing that a
slow hash would protect.
"""

from __future__ import annotations

import secrets
import string
from hashlib import sha256
from zlib import crc32

PREFIX = "rollcall_"

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 40, 6


def generate(prefix: str = PREFIX) -> str:
    """Return a new token, or a code with a prefix of its own."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{prefix}{body}{_checksum(body)}"


def is_well_formed(token: str, prefix: str = PREFIX) -> bool:
    """Tell whether a token could be one of ours, without asking anybody."""
    if len(token) != len(prefix) + _RANDOM + _CHECK or not token.startswith(prefix):
        return False
    body, check = token[len(prefix) : -_CHECK], token[-_CHECK:]
    return token.isascii() and _checksum(body) == check


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, characters = crc32(body.encode(errors="replace")), []
    for _ in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[rest])
    return "".join(reversed(characters))
