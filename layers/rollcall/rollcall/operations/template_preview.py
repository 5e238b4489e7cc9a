"""A preview of what templates give to a new user, and their application to existing users."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.progress import Progress
from rollcall.operations.accounts import AccountError, find_user
from rollcall.operations.operator import Operator
from rollcall.operations.user_access import UserAccess, access_of, change_grants
from rollcall.reconcile.files import text_file
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
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
    context = operator.context(tenant)
    access = None if user is None else access_of(context, find_user(context, user).id)
    records = {name: context.resources.resolve(Kind.GROUP, name) for name in groups}
    members = {record.id for record in records.values() if record is not None}
    members |= set(access.groups) if access else set()
    expected = [name for name, record in records.items() if record is None]
    previews = previews_of(context, members, expected)
    for name in expected:
        if not any(
            other.applies and other.template.group for other in previews_of(context, (), [name])
        ):
            raise TemplateError(f"there is no group {name}, and no template waits for it")
    grants = [Grant.from_template(preview.template, "") for preview in previews if preview.applies]
    together = with_grants(Access(), grants, context.access_levels)
    if access is not None:
        previews = [_with_status(context, preview, access) for preview in previews]
    return AccessPreview(previews, together)


def previews_of(
    context: Context, groups: Collection[str], expected: Collection[str] = ()
) -> list[TemplatePreview]:
    """Return for each template whether a new member of these groups would get it.

    `expected` are names of groups that have not arrived.
    """
    catalogue = Catalogue.of(context.templates.read())
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

    No access is removed, and a repetition gives nothing twice. Raises TenantError for an
    unknown tenant.
    """
    context = operator.context(tenant)
    log = AuditLog(operator.services.log(tenant), context.actor)
    result = AppliedTemplates()
    for done, name in enumerate(names):
        yield Progress(done, len(names), unit="users")
        try:
            user = find_user(context, name).id
            access = access_of(context, user)
            templates = _missing(context, access) if dry_run else _apply(context, log, user)
        except AccountError:
            result.missing.append(name)
        else:
            following = _following(context, access)
            result.users.append(AppliedUser(name, user, templates, following))
    return result


def _apply(context: Context, log: AuditLog, user: str) -> list[Template]:
    """Give a user the templates that apply now and are missing; return these."""
    templates: list[Template] = []

    def grants(access: UserAccess, now: str) -> list[Grant]:
        templates[:] = _missing(context, access)
        return [Grant.from_template(template, now) for template in templates]

    change_grants(context, log, user, grants, action="apply")
    return templates


def _missing(context: Context, access: UserAccess) -> list[Template]:
    """Return the templates that apply to a user and that the user does not have."""
    return [
        preview.template
        for preview in previews_of(context, access.groups)
        if preview.applies
        and not preview.template.follows
        and preview.template.name not in access.record.access.granted
    ]


def _following(context: Context, access: UserAccess) -> list[Template]:
    """Return the templates that give to a user as long as memberships hold."""
    previews = previews_of(context, access.groups)
    return [each.template for each in previews if each.applies and each.template.follows]


def _with_status(context: Context, preview: TemplatePreview, access: UserAccess) -> TemplatePreview:
    """Return a preview with the version that a user has, or why the user has none."""
    if preview.template.follows:
        return _with_membership(preview, access)
    granted = access.record.access.granted.get(preview.template.name)
    status = f"version {granted}" if granted else _why_missing(context, preview.template, access)
    return TemplatePreview(preview.template, preview.applies, preview.reason, granted, status)


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


def _why_missing(context: Context, template: Template, access: UserAccess) -> str:
    """Return why a user does not have a template, and until when a membership may give it."""
    version = access.record.access.awaited.get(template.name)
    versions = [(template.name, version)] if version else ()
    contents = list(context.templates.read_versions(versions).values())
    if template.group is None or not contents:
        return "no, the account was not new to it"
    end = Template.of(contents[0]).closes(access.record.created)
    if end < context.clock():
        return f"no, version {version} came with memberships until {end:%Y-%m-%d}"
    return f"not yet, version {version} comes with a membership until {end:%Y-%m-%d}"
