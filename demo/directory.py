"""The directory of the service, read as a client does, and compared with the source."""

from dataclasses import dataclass, field

from demo.mappings import (
    Document,
    ExternalId,
    current_values,
    group_values,
    manager_of,
    user_values,
)
from demo.source import Source
from demo.target import Target


@dataclass
class Directory:
    """All users and groups by `externalId`, and the flaws of the pages that listed them."""

    users: dict[str, Document] = field(default_factory=dict)
    groups: dict[str, Document] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)

    @property
    def active(self) -> int:
        """The number of active users."""
        return sum(user.get("active") is True for user in self.users.values())


def read(target: Target, count: int = 20) -> Directory:
    """Read both collections page by page, then each group with its members.

    Raises Refused where an answer is not what a client needs.
    """
    directory = Directory()
    for user in _walk(target, "User", count, directory.flaws):
        _keep(user, directory.users, directory.flaws)
    for bare in _walk(target, "Group", count, directory.flaws):
        group = target.read("Group", bare["id"], "a group's members", members=True)
        _keep(group, directory.groups, directory.flaws)
    return directory


def compare(
    directory: Directory, source: Source, external_id: ExternalId = ExternalId.OBJECT_ID
) -> list[str]:
    """Return the differences between the directory and the source, by attribute."""
    keys = {user.object_id: str(getattr(user, external_id)) for user in source.users.values()}
    ids = {
        object_id: directory.users[key]["id"]
        for object_id, key in keys.items()
        if key in directory.users
    }
    found = [*directory.flaws]
    found += _strangers("user", directory.users, set(keys.values()))
    found += _strangers("group", directory.groups, set(source.groups))
    for user in source.users.values():
        name = user.user_principal_name
        if user.object_id not in ids:
            found.append(f"user {name} is missing")
            continue
        resource = directory.users[keys[user.object_id]]
        wanted = user_values(user, external_id)
        for target, value in current_values(resource, wanted).items():
            if value != wanted[target]:
                found.append(f"user {name}: {target} is {value!r}, not {wanted[target]!r}")
        manager = ids.get(user.manager) if user.manager else None
        if manager_of(resource) != manager:
            found.append(f"user {name}: manager is {manager_of(resource)!r}, not {manager!r}")
    for group in source.groups.values():
        if group.object_id not in directory.groups:
            found.append(f"group {group.display_name} is missing")
            continue
        resource = directory.groups[group.object_id]
        values = group_values(group)
        for target, value in current_values(resource, values).items():
            if value != values[target]:
                found.append(f"group {group.display_name}: {target} is {value!r}")
        found += _membership(
            group.display_name, members(resource), {ids.get(m) for m in group.members}
        )
    return found


def members(group: Document) -> list[str]:
    """Return the ids of a group's members."""
    return [str(member.get("value")) for member in group.get("members") or ()]


def _walk(target: Target, resource_type: str, count: int, flaws: list[str]) -> list[Document]:
    found: list[Document] = []
    total = 1
    while len(found) < total:
        start = len(found) + 1
        page = target.page(resource_type, start, count, "the next page")
        answer = page.answer or {}
        if found and answer["totalResults"] != total:
            flaws.append(f"totalResults of {resource_type}s changed from page to page")
        total = answer["totalResults"]
        if answer.get("startIndex") != start:
            flaws.append(f"startIndex {answer.get('startIndex')} came back for {start}")
        if not page.resources:
            if len(found) < total:
                flaws.append(f"{resource_type}s: {total} announced, {len(found)} listed")
            break
        found += page.resources
    if len({resource["id"] for resource in found}) < len(found):
        flaws.append(f"a {resource_type} came on two pages")
    return found


def _keep(resource: Document, into: dict[str, Document], flaws: list[str]) -> None:
    key = str(resource.get("externalId", resource["id"]))
    if key in into:
        flaws.append(f"two resources bear the externalId {key}")
    into[key] = resource


def _strangers(noun: str, held_here: dict[str, Document], known: set[str]) -> list[str]:
    return [
        f"{noun} {resource.get('userName') or resource.get('displayName')} is not in the source"
        for key, resource in held_here.items()
        if key not in known
    ]


def _membership(name: str, listed: list[str], wanted: set[str | None]) -> list[str]:
    found = []
    if len(set(listed)) < len(listed):
        found.append(f"group {name}: a member is listed twice")
    if missing := len(wanted - set(listed)):
        found.append(f"group {name}: {missing} members are missing")
    if extra := len(set(listed) - wanted):
        found.append(f"group {name}: {extra} members too many")
    return found
