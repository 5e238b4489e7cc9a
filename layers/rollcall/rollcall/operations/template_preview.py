"""A preview of what templates give to a new user, and their application to existing users."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.progress import Progress
from rollcall.operations.accounts import AccountError, find_user
from rollcall.operations.operator import Operator
from rollcall.operations.user_access import UserAccess, access_of, change_grants, read_by_id
from rollcall.reconcile.files import text_file
from rollcall.scim.indexing import claim
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.parallel_reads import MAX_THREADS, at_once
from rollcall.storage.resources import Resources
from rollcall.storage.template_items import CurrentTemplates, TemplateContent, TemplateItems
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import Grant, with_grants
from rollcall.templates.template import Template
from rollcall.templates.template_file import TemplateError


@dataclass(frozen=True)
class TemplatePreview:
    """Whether a template applies to a user, or to one in these groups, and why.

    `granted` is the version that the user has, `status` says it in words, or why there is none.
    """

    template: Template
    applies: bool
    reason: str
    granted: int | None = None
    status: str = ""


@dataclass(frozen=True)
class AccessPreview:
    """Every template of a tenant, and the access that all those which apply give together."""

    templates: Sequence[TemplatePreview]
    access: Access


@dataclass
class AppliedTemplates:
    """The users of a list with the templates that each got, and the names of unknown users."""

    users: list[AppliedUser] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AppliedUser:
    """A user, as the list names it, the templates that it got, and those of its memberships.

    The latter it has anyway, in their current versions.
    """

    name: str
    id: str
    templates: Sequence[Template]
    following: Sequence[Template] = ()


def preview(
    operator: Operator, tenant: str, user: str | None = None, groups: Collection[str] = ()
) -> AccessPreview:
    """Return what templates would give to a user who is created now; nothing is given.

    `groups` are groups of the user besides those that it has, by id or displayName, also ones that
    have not arrived. Raises AccountError for an unknown user, TemplateError for a group that does
    not exist and that no template names.
    """
    context, current, account, found = _looked_up(operator, tenant, user, groups)
    access = None if account is None else read_by_id(context, account)
    expected = [name for name in groups if name not in found]
    members = {*found.values(), *(access.groups if access else ())}
    catalogue = Catalogue.of(current)
    previews = previews_of(catalogue, members, expected)
    for name in expected:
        if not any(
            other.applies and other.template.group for other in previews_of(catalogue, (), [name])
        ):
            raise TemplateError(f"there is no group {name}, and no template waits for it")
    grants = [Grant.from_template(preview.template, "") for preview in previews if preview.applies]
    together = with_grants(Access(), grants, context.access_levels)
    if access is not None:
        versions = context.templates.read_versions(_unsure(previews, access))
        previews = [_with_status(context, preview, access, versions) for preview in previews]
    return AccessPreview(previews, together)


def _looked_up(
    operator: Operator, tenant: str, user: str | None, groups: Collection[str]
) -> tuple[Context, CurrentTemplates, str | None, dict[str, str]]:
    """Return what a preview begins with, read at once.

    These are the context, the templates, the id of the user, and the ids of groups that exist by
    what they were called.
    """
    table = operator.services.table
    resources = Resources(table, tenant)  # finds names as they were stored at any time
    entries = {name: claim(Kind.GROUP, {"displayName": name}) for name in groups}
    reads: list[Callable[[], Any]] = [
        lambda: operator.context(tenant),
        TemplateItems(table, tenant).read,
        lambda: resources.read(Kind.USER, user) if user else None,
        lambda: (
            resources.find(Kind.USER, claim(Kind.USER, {"userName": user}), unique=True)
            if user
            else []
        ),
        lambda: resources.read_many(Kind.GROUP, groups) if groups else {},
        lambda: resources.find_many(Kind.GROUP, entries.values()) if groups else {},
    ]
    context, current, record, named, by_id, by_name = at_once(reads)
    account = None
    if user is not None:
        ids = [record.id] if record else named
        account = ids[0] if ids else find_user(context, user).id  # merged into another
    found = {name: name if name in by_id else by_name.get(entries[name]) for name in groups}
    return context, current, account, {name: each for name, each in found.items() if each}


def previews_of(
    catalogue: Catalogue, groups: Collection[str], expected: Collection[str] = ()
) -> list[TemplatePreview]:
    """Return for each template whether a new member of these groups would get it.

    `expected` are names of groups that have not arrived.
    """
    previews = []
    for template in catalogue.templates:
        group, selector = catalogue.group_of(template), template.group
        if selector is None:
            applies, reason = True, "applies to all new users"
        elif group is not None:
            applies = group in groups
            reason = f"{'is' if applies else 'is not'} a member of the group {selector}"
            reason += ", as long as that holds" if applies and template.follows else ""
        else:
            applies = any(selector.selects({selector.attribute: name}) for name in expected)
            reason = f"{'is for' if applies else 'waits for'} the group {selector}"
            reason += ", which has not arrived yet" if applies else ""
        previews.append(TemplatePreview(template, applies, reason))
    return previews


def read_names(path: Path) -> list[str]:
    """Return the ids or userNames of a file, one a line, each once; `-` is standard input.

    Raises TemplateError for an empty file, InputError for one that cannot be read.
    """
    with text_file.open_text(path) as file:
        names = list(dict.fromkeys(name for _, name in file.entries()))
        if not names:
            raise TemplateError(f"{file.name} names nobody: ids or userNames, one a line")
        return names


def apply_templates(
    operator: Operator, tenant: str, names: Sequence[str], *, dry_run: bool = False
) -> Generator[Progress, None, AppliedTemplates]:
    """Give users the templates that apply to them now and that they do not have.

    No access is removed, and a repetition gives nothing twice. A dry run reads some users at once.
    Raises TenantError for an unknown tenant.
    """
    context = operator.context(tenant)
    log = AuditLog(operator.services.log(tenant), context.actor)
    result = AppliedTemplates()
    size, act = 1, partial(_applied, context, log)
    if dry_run:
        size, act = MAX_THREADS, partial(_expected, context, Catalogue.of(context.templates.read()))
    for begin in range(0, len(names), size):
        yield Progress(begin, len(names), unit="users")
        batch = names[begin : begin + size]
        users = at_once([partial(act, name) for name in batch]) if dry_run else map(act, batch)
        for name, user in zip(batch, users, strict=True):
            if user is None:
                result.missing.append(name)
            else:
                result.users.append(user)
    return result


def _expected(context: Context, current: Catalogue, name: str) -> AppliedUser | None:
    """Return what a user would get, None for no user."""
    with suppress(AccountError):
        access = read_by_id(context, find_user(context, name).id)
        missing, following = _missing(current, access), _following(current, access)
        return AppliedUser(name, access.record.id, missing, following)
    return None


def _applied(context: Context, log: AuditLog, name: str) -> AppliedUser | None:
    """Give a user what applies and is missing; return that, None for no user."""
    with suppress(AccountError):
        access = access_of(context, find_user(context, name).id)
        given = _apply(context, log, access.record.id)
        following = _following(Catalogue.of(context.templates.read()), access)
        return AppliedUser(name, access.record.id, given, following)
    return None


def _apply(context: Context, log: AuditLog, user: str) -> list[Template]:
    """Give a user the templates that apply now and are missing; return these."""
    templates: list[Template] = []

    def grants(access: UserAccess, now: str) -> list[Grant]:
        templates[:] = _missing(Catalogue.of(context.templates.read()), access)
        return [Grant.from_template(template, now) for template in templates]

    change_grants(context, log, user, grants, action="apply")
    return templates


def _missing(current: Catalogue, access: UserAccess) -> list[Template]:
    """Return the templates that apply to a user and that the user does not have."""
    return [
        preview.template
        for preview in previews_of(current, access.groups)
        if preview.applies
        and not preview.template.follows
        and preview.template.name not in access.record.access.granted
    ]


def _following(current: Catalogue, access: UserAccess) -> list[Template]:
    """Return the templates that give to a user as long as memberships hold."""
    previews = previews_of(current, access.groups)
    return [each.template for each in previews if each.applies and each.template.follows]


def _unsure(previews: Sequence[TemplatePreview], access: UserAccess) -> list[tuple[str, int]]:
    """Return the versions of templates that a user awaits, or awaited in vain."""
    stored = access.record.access
    return [
        (each.template.name, stored.awaited[each.template.name])
        for each in previews
        if each.template.name in stored.awaited and each.template.name not in stored.granted
    ]


def _with_status(
    context: Context,
    preview: TemplatePreview,
    access: UserAccess,
    versions: Mapping[tuple[str, int], TemplateContent],
) -> TemplatePreview:
    """Return a preview with the version that a user has, or why the user has none."""
    template = preview.template
    if template.follows:
        return _with_membership(preview, access)
    granted = access.record.access.granted.get(template.name)
    awaited = access.record.access.awaited.get(template.name)
    content = versions.get((template.name, awaited)) if awaited else None
    status = f"version {granted}" if granted else _why_missing(context, content, template, access)
    return TemplatePreview(template, preview.applies, preview.reason, granted, status)


def _with_membership(preview: TemplatePreview, access: UserAccess) -> TemplatePreview:
    """Return a preview with the version that a user has as long as a membership holds."""
    held = [
        int(grants[preview.template.name]["version"])
        for grants in access.record.access.following.values()
        if preview.template.name in grants
    ]
    status = "no, that comes with the membership"
    if held:
        status = f"version {held[0]}, until the membership ends"
    elif preview.applies:
        status = f"not yet, version {preview.template.version} is on its way"
    granted = held[0] if held else None
    return TemplatePreview(preview.template, preview.applies, preview.reason, granted, status)


def _why_missing(
    context: Context, awaited: TemplateContent | None, template: Template, access: UserAccess
) -> str:
    """Return why a user does not have a template, and until when a membership may give it.

    `awaited` is the version that was current when the user was created.
    """
    if template.group is None or awaited is None:
        return "no, the account was not new to it"
    version, end = awaited["version"], Template.of(awaited).closes(access.record.created)
    if end < context.clock():
        return f"no, version {version} came with memberships until {end:%Y-%m-%d}"
    return f"not yet, version {version} comes with a membership until {end:%Y-%m-%d}"
