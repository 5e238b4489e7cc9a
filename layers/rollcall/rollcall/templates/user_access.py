"""What users were given, explained to people and mended by them: the operator's side of grants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.grant_items import GrantItems
from rollcall.storage.keys import BY_HAND
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.template_items import TemplateItems as Stored
from rollcall.storage.transactions import ConditionFailed
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import Grant, recomputed, with_grants
from rollcall.templates.template import Template
from rollcall.templates.template_file import TemplateError

_SILENT = AuditLog()


@dataclass(frozen=True)
class UserAccess:
    """A user, the ids of its groups, and its grants with who made each, in their order."""

    record: Record
    groups: tuple[str, ...]
    grants: tuple[tuple[Grant, str], ...]


@dataclass(frozen=True)
class TemplatePreview:
    """A template, whether it applies to a user or would to one in these groups, and why."""

    template: Template
    applies: bool
    reason: str


Edit = Callable[[UserAccess, str], list[Grant]]
"""Given a holding and the present instant, the grants that are to be put."""


class AccessService:
    """The grants of one tenant, as the operator of an origin sees and changes them."""

    def __init__(
        self,
        table: Table,
        tenant: str,
        origin: Actor,
        scales: AccessLevels,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        acts: AuditLog = _SILENT,
    ) -> None:
        """`acts` tells the tenant's log of each change."""
        self._table = table
        self._grants = GrantItems(table, tenant)
        self._resources = Resources(table, tenant)
        self._templates = Stored(table, tenant)
        self._origin = origin
        self._scales = scales
        self._clock = clock
        self._acts = acts

    def find(self, named: str) -> str:
        """Return the id of a user, named by id, merged id or userName. Raises TemplateError."""
        record = self._resources.resolve(Kind.USER, named)
        if record is None:
            raise TemplateError(f"there is no user {named}")
        return record.id

    def explain(self, user: str) -> UserAccess:
        """Return what a user holds. Raises TemplateError when there is no such user."""
        found = self._resources.read_user(user)
        if found is None:
            raise TemplateError(f"there is no user {user}")
        grants = [
            (Grant.of(content), content.get("origin", {}).get("actor", ""))
            for content in self._grants.read(user)
        ]
        grants.sort(key=lambda each: (each[0].at, each[0].template))
        return UserAccess(found[0], tuple(found[1]), tuple(grants))

    def prospects(self, groups: Iterable[str], named: Iterable[str] = ()) -> list[TemplatePreview]:
        """Say of each template that applies now whether a member of these groups would get it.

        `named` are groups that have not arrived, by what selects them.
        """
        catalogue, members, coming = Catalogue.of(self._templates.read()), set(groups), list(named)
        found = []
        for template in catalogue.templates:
            group = catalogue.group_of(template)
            if template.group is None:
                applies, reason = True, "applies to all new users"
            elif group is None:
                selector = template.group
                applies = any(selector.selects({selector.attribute: each}) for each in coming)
                reason = f"{'is for' if applies else 'waits for'} the group {selector}"
                reason += ", which has not arrived yet" if applies else ""
            else:
                applies = group in members
                reason = f"{'is' if applies else 'is not'} a member of the group {template.group}"
            found.append(TemplatePreview(template, applies, reason))
        return found

    def standing(self, holding: UserAccess, template: Template) -> str:
        """Say what a user has of a template, or why it has nothing and whether it still may."""
        access, name = holding.record.access, template.name
        if name in access.granted:
            return f"version {access.granted[name]}"
        version = access.awaited.get(name)
        content = self._templates.read_versions([(name, version)] if version else ()).values()
        if template.group is None or not content:
            return "no, the account was not new to it"
        end = Template.of(next(iter(content))).closes(holding.record.created)
        if end < self._clock():
            return f"no, version {version} came with memberships until {end:%Y-%m-%d}"
        return f"not yet, version {version} comes with a membership until {end:%Y-%m-%d}"

    def together(self, templates: Iterable[Template]) -> Access:
        """Return what some templates give together."""
        grants = [Grant.from_template(each, "") for each in templates]
        return with_grants(Access(), grants, self._scales)

    def grant(self, user: str, areas: Mapping[str, str], role: str = "") -> Access:
        """Give a user levels by work area, and a role, by hand; nothing gets less by that."""

        def edit(holding: UserAccess, now: str) -> list[Grant]:
            before = next(
                (grant for grant, _ in holding.grants if grant.template == BY_HAND),
                Grant(BY_HAND, 0, now),
            )
            kept = {area: at for area, at in before.revoked.items() if area not in areas}
            more = replace(
                before, version=before.version + 1, areas={**before.areas, **areas}, revoked=kept
            )
            return [replace(more, role=role) if role else more]

        levels = [f"{area} {level}" for area, level in areas.items()]
        return self._change(user, edit, "grant", [*levels, role])

    def revoke(self, user: str, areas: Iterable[str], *, role: bool = False) -> Access:
        """Take work areas from a user, and its role, whatever gave them.

        Raises TemplateError when the user has one of them not.
        """
        unwanted = list(areas)

        def edit(holding: UserAccess, now: str) -> list[Grant]:
            held = holding.record.access
            if missing := [each for each in unwanted if each not in held.areas]:
                raise TemplateError(f"the user has no access to {', '.join(missing)}")
            if role and not held.role:
                raise TemplateError("the user has no role")
            return [
                _without(grant, unwanted, now, role=role)
                for grant, _ in holding.grants
                if set(unwanted) & set(grant.areas) or (role and grant.role)
            ]

        return self._change(user, edit, "revoke", [*unwanted, "role" if role else ""])

    def owed(self, holding: UserAccess) -> list[Template]:
        """Return the templates that apply to a user now and of which it has no version."""
        return [
            each.template
            for each in self.prospects(holding.groups)
            if each.applies and each.template.name not in holding.record.access.granted
        ]

    def apply(self, user: str) -> list[Template]:
        """Give a user what applies to it now and it has not got, and return that."""
        given: list[Template] = []

        def edit(holding: UserAccess, now: str) -> list[Grant]:
            given[:] = self.owed(holding)
            return [Grant.from_template(each, now) for each in given]

        self._change(user, edit, "apply", ())
        return given

    def _change(self, user: str, edit: Edit, verb: str, said: Iterable[str]) -> Access:
        """Put grants in the place of those of the same templates, and what comes of all of them.

        `verb` is what the log calls it, `said` what it says of it, the templates when empty.
        """
        detail = ", ".join(filter(None, said))
        for _ in self._table.retry.attempts():
            holding = self.explain(user)
            now = instant(self._clock())
            put = {each.template: each for each in edit(holding, now)}
            if not put:
                return holding.record.access
            every = {grant.template: grant for grant, _ in holding.grants} | put
            before = holding.record.access
            after = recomputed(before, every.values(), self._scales)
            actions = [self._grants.access_update(user, before, after, now, self._origin)]
            contents = [each.content for each in put.values()]
            actions += self._grants.replacements(user, contents, self._origin)
            of = ", ".join(f"{each.template} version {each.version}" for each in put.values())
            actions += self._acts.actions(verb, f"User/{user}", detail or of)
            try:
                self._table.transact(actions)
            except ConditionFailed:
                continue
            return after
        raise Unavailable("too many changes of one user at once", status=429)


def _without(grant: Grant, areas: Iterable[str], now: str, *, role: bool) -> Grant:
    """Return what is left of a grant."""
    taken = {each: now for each in areas if each in grant.areas}
    return replace(
        grant,
        areas={area: level for area, level in grant.areas.items() if area not in taken},
        role="" if role else grant.role,
        revoked={**grant.revoked, **taken},
    )
