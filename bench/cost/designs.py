"""Where the state of tenants is kept: what each design costs, by how many tenants there are.

`calls` are the reads of a tenant's state in a month, one for each container and minute.
"""

from __future__ import annotations

from bench.cost.bill import GB, Line

DAYS = 730 / 24
TENANTS = (10, 1_000, 100_000)

ITEM = 2_000
"""The bytes of a tenant's state in the table."""

SHARED = 10
"""How many tenants use a container while it has the one key."""


def secrets(tenants: int, calls: float) -> list[Line]:
    """Return the bill of a secret for each tenant."""
    return [
        Line("secrets", "secret.month", tenants),
        Line("calls", "secret.call", tenants * (calls + DAYS)),  # the daily look for what expires
    ]


def sealed_items(tenants: int, calls: float) -> list[Line]:
    """Return the bill of an item for each tenant, sealed with a key in one secret."""
    return [
        Line("the secret with the key", "secret.month", 1),
        Line("its calls", "secret.call", tenants * calls / SHARED),
        *_items(tenants, calls),
    ]


def encrypted_items(tenants: int, calls: float) -> list[Line]:
    """Return the bill of an item for each tenant that a key of KMS decrypts."""
    return [
        Line("the key", "kms.key_month", 1),
        Line("decryptions", "kms.request", tenants * (calls + DAYS)),
        *_items(tenants, calls),
    ]


def _items(tenants: int, calls: float) -> list[Line]:
    return [
        Line("reads", "dynamodb.read_unit", tenants * (calls + DAYS)),
        Line("storage", "dynamodb.gb_month", tenants * ITEM / GB),
        Line("recovery", "dynamodb.recovery_gb_month", tenants * ITEM / GB),
    ]


DESIGNS = {
    "a secret for each tenant, as built": secrets,
    "items sealed with a key in one secret": sealed_items,
    "items encrypted with one key of KMS": encrypted_items,
}
