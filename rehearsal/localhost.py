"""Names below localhost, which are this machine (RFC 6761, section 6.3).

Browsers and curl know that by themselves; Python leaves it to the system, which may not.
"""

from __future__ import annotations

import socket
from typing import Any

_ask: Any = socket.getaddrinfo


def resolve() -> None:
    """Make this process resolve such names."""
    socket.getaddrinfo = _resolve


def _resolve(host: Any, *arguments: Any, **named: Any) -> Any:
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "127.0.0.1"
    return _ask(host, *arguments, **named)
