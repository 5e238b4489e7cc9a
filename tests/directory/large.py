"""Groups as large as they get, made of member items alone: what is measured reads no others."""

from __future__ import annotations

from typing import Any

from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from tests.directory.people import group

BATCH = 25


def filled(services: Services, tenant: str, directory: Directory, name: str, size: int) -> str:
    """Create a group of so many members that nobody asks about, and return its id."""
    identifier = group(directory, name)
    keys = Keys(tenant)
    for begin in range(0, size, BATCH):
        puts: list[Any] = [
            {
                "PutRequest": {
                    "Item": {
                        **{part: {"S": value} for part, value in _key(keys, identifier, each)},
                        "member": {"S": _name(each)},
                        "type": {"S": Kind.USER.value},
                    }
                }
            }
            for each in range(begin, min(begin + BATCH, size))
        ]
        services.clients.dynamodb.batch_write_item(RequestItems={services.table.name: puts})
    return identifier


def _key(keys: Keys, group: str, number: int) -> list[tuple[str, str]]:
    return list(keys.member(group, _name(number)).items())


def _name(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"
