"""The format of tokens and of the codes of hand-over links, and the digest that is stored.

A prefix, 40 random characters and a checksum of 6, so that a mistyped or invented token is refused
without reading anything. Only a SHA-256 is stored: 238 random bits need no slow hash.
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
    """Tell whether a token has the right prefix, length and checksum."""
    if len(token) != len(prefix) + _RANDOM + _CHECK or not token.startswith(prefix):
        return False
    body, check = token[len(prefix) : -_CHECK], token[-_CHECK:]
    return token.isascii() and _checksum(body) == check


def digest(token: str) -> str:
    """Return the digest of a token, which is stored."""
    return sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, characters = crc32(body.encode(errors="replace")), []
    for _ in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[rest])
    return "".join(reversed(characters))
