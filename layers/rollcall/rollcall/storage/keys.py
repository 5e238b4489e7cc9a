"""The key shapes of the one table: nothing else in the package spells a key.

`docs/access-patterns.md` lists them with what each serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias
from zlib import crc32

from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind

Key: TypeAlias = dict[str, str]

DOCUMENT = "DOCUMENT"
CLAIM = "CLAIM"
GROUP = "GROUP#"
MEMBER = "MEMBER#"
PARENT = "PARENT#"
GRANT = "GRANT#"
CURRENT = "CURRENT"
VERSION = "VERSION#"
NOTICE = "NOTICE#"
CHANGE_SHARDS = 4
"""Into how many partitions the order of change is parted."""
BY_HAND = "@"
"""What stands for the template in the grant that operators make; no template is named so."""
MEMBER_CHANGE = "JOURNAL#"
UNFINISHED_DELETION = "LEAVING"
UNFINISHED = "#UNFINISHED"
"""The index partition of what is begun, in all tenants: no tenant's name begins like it."""
FLAG = "FLAG#"
REPORT = "#REPORT#"
"""What the partitions of links to reports begin with: no tenant's name begins like it."""
FINDING = "FINDING#"
SUMMARY = "SUMMARY#"

MAX_PART = 200
"""The bytes of a client's value that a key holds; longer ones are cut and told apart by a hash."""


_PREFIX = MAX_PART - 66


def part(value: str) -> str:
    """Return a client's value as a part of a key.

    Above MAX_PART bytes it is a prefix and a SHA-256: whoever reads by such a key compares the
    document again, which every lookup does anyway.
    """
    encoded = value.encode()
    if len(encoded) <= MAX_PART:
        return value
    prefix = encoded[:_PREFIX].decode(errors="ignore")
    return f"{prefix}#{sha256(encoded).hexdigest()}"


def change_prefix(change: str) -> str:
    """Return what the sort keys of the parts of a change begin with."""
    return f"{MEMBER_CHANGE}{change}#"


def name_prefix(value: str) -> str:
    """Return what the keys of all values that begin with a value begin with, cut or not."""
    return value.encode()[:_PREFIX].decode(errors="ignore")


@dataclass(frozen=True)
class Keys:
    """The keys of one tenant, whose name begins every partition key."""

    tenant: str

    def partition(self, kind: Kind, identifier: str) -> str:
        """The partition of a resource: its document and its side of every membership."""
        return f"{self.tenant}#{kind.value.upper()}#{part(identifier)}"

    def document(self, kind: Kind, identifier: str) -> Key:
        """The document of a resource, or its tombstone."""
        return {"pk": self.partition(kind, identifier), "sk": DOCUMENT}

    def member(self, group: str, member: str) -> Key:
        """The group's side of a membership."""
        return {"pk": self.partition(Kind.GROUP, group), "sk": f"{MEMBER}{part(member)}"}

    def membership(self, kind: Kind, member: str, group: str) -> Key:
        """The member's side of a membership."""
        side = GROUP if kind is Kind.USER else PARENT
        return {"pk": self.partition(kind, member), "sk": f"{side}{group}"}

    def member_change(self, group: str, change: str, number: int) -> Key:
        """One part of a change of a group's members that is larger than a transaction."""
        partition = self.partition(Kind.GROUP, group)
        return {"pk": partition, "sk": f"{change_prefix(change)}{number:04d}"}

    def unfinished_deletion(self, identifier: str) -> Key:
        """The note that a deleted resource's memberships are still to be ended."""
        return {"pk": self.unfinished_deletions(), "sk": part(identifier)}

    def unfinished_deletions(self) -> str:
        """The partition of the deleted whose memberships are still to be ended."""
        return f"{self.tenant}#{UNFINISHED_DELETION}"

    def claim(self, kind: Kind, entry: IndexEntry) -> Key:
        """The item that makes a userName or a displayName unique."""
        name = "USERNAME" if kind is Kind.USER else "GROUPNAME"
        return {"pk": f"{self.tenant}#{name}#{part(entry.key)}", "sk": CLAIM}

    def claims(self, kind: Kind) -> str:
        """The index partition of all claims of a type, in the order of the folded name."""
        return f"{self.tenant}#{'USERNAMES' if kind is Kind.USER else 'GROUPNAMES'}"

    def lookup_partition(self, entry: IndexEntry) -> str:
        """The partition of the resources that bear one value of an indexed attribute."""
        return f"{self.tenant}#LOOKUP#{entry.attribute}#{part(entry.key)}"

    def lookup(self, kind: Kind, entry: IndexEntry, identifier: str) -> Key:
        """The item that finds a resource by a value that need not be unique."""
        return {"pk": self.lookup_partition(entry), "sk": f"{kind.value}#{identifier}"}

    def listing(self, kind: Kind) -> str:
        """The index partition of all resources of a type, in the order of creation."""
        return f"{self.tenant}#{kind.value.upper()}S"

    def change_partition(self, kind: Kind, shard: int) -> str:
        """A partition of the resources of a type in the order of change."""
        return f"{self.tenant}#CHANGED#{kind.value.upper()}S#{shard}"

    def change_partition_of(self, kind: Kind, identifier: str) -> str:
        """The one of these partitions that a resource is in."""
        return self.change_partition(kind, crc32(identifier.encode()) % CHANGE_SHARDS)

    def tombstones(self) -> str:
        """The index partition of the deleted, in the order of deletion."""
        return f"{self.tenant}#DELETED"

    def count(self, kind: Kind, shard: int) -> Key:
        """One shard of the number of resources of a type."""
        return {"pk": self.counts(kind), "sk": f"{shard:02d}"}

    def counts(self, kind: Kind) -> str:
        """The partition of the shards of a count."""
        return f"{self.tenant}#COUNT#{kind.value}"

    def token_usages(self) -> str:
        """The partition of what is known of the use of the tenant's tokens."""
        return f"{self.tenant}#TOKENS"

    def token_usage(self, token: str) -> Key:
        """When a token was used."""
        return {"pk": self.token_usages(), "sk": token}

    def handovers(self) -> str:
        """The partition of the tenant's hand-overs."""
        return f"{self.tenant}#HANDOVER"

    def handover(self, digest: str) -> Key:
        """A hand-over, by the digest of its code."""
        return {"pk": self.handovers(), "sk": digest}

    def log(self, day: str, shard: int) -> str:
        """The partition of a part of one day of the provisioning log."""
        return f"{self.tenant}#LOG#{day}#{shard}"

    def log_entry(self, day: str, shard: int, order: str) -> Key:
        """An entry of the provisioning log."""
        return {"pk": self.log(day, shard), "sk": order}

    def bookmark(self, walk: str, start: int) -> Key:
        """Where a page of an index walk begins."""
        return {"pk": f"{self.tenant}#BOOKMARK#{walk}", "sk": str(start)}

    def templates(self) -> str:
        """The partition of the New User Templates."""
        return f"{self.tenant}#TEMPLATES"

    def current_templates(self) -> Key:
        """The templates that apply now, and the groups that they are bound to."""
        return {"pk": self.templates(), "sk": CURRENT}

    def template_version(self, name: str, version: int) -> Key:
        """A template as it once was, never changed."""
        return {"pk": self.templates(), "sk": f"{VERSION}{name}#{version:06d}"}

    def grant(self, user: str, template: str) -> Key:
        """What a template gave a user."""
        return {"pk": self.partition(Kind.USER, user), "sk": f"{GRANT}{template}"}

    def grants(self) -> str:
        """The index partition of all grants, in the order of template, version and user."""
        return f"{self.tenant}#GRANTS"

    def evidence(self, identifier: str, source: str, value: str) -> Key:
        """A piece of a user's evidence that no lookup item bears."""
        partition = f"{self.tenant}#EVIDENCE#{part(identifier)}"
        return {"pk": partition, "sk": f"{source}#{part(value)}"}

    def evidence_order(self) -> str:
        """The index partition of all evidence, in the order of canonical value, source, user."""
        return f"{self.tenant}#IDENTITY"

    def duplicates(self) -> str:
        """The partition of what the duplicate reports found, and of the run in progress."""
        return f"{self.tenant}#DUPLICATES"

    def finding(self, finding: str) -> Key:
        """Accounts that are one person's."""
        return {"pk": self.duplicates(), "sk": f"{FINDING}{part(finding)}"}

    def run(self) -> Key:
        """How far the latest run of the duplicate report is."""
        return {"pk": self.duplicates(), "sk": "RUN"}

    def summary(self, run: str) -> Key:
        """What one run of the duplicate report counted."""
        return {"pk": self.duplicates(), "sk": f"{SUMMARY}{part(run)}"}

    def flag(self, user: str, flag: str) -> Key:
        """A mark on a user that is no part of the resource: a finding's id, or `service`."""
        return {"pk": self.partition(Kind.USER, user), "sk": f"{FLAG}{part(flag)}"}

    def flags(self) -> str:
        """The index partition of all flags, in the order of kind and user."""
        return f"{self.tenant}#FLAGS"

    def notices(self) -> str:
        """The partition of what happened in other places than the table."""
        return f"{self.tenant}#NOTICES"

    def notice(self, notice: str) -> Key:
        """What happened in another place, for two days."""
        return {"pk": self.notices(), "sk": f"{NOTICE}{notice}"}


def report_link(digest: str) -> Key:
    """Where a link to a report leads; its code alone opens it, so no tenant stands before it."""
    return {"pk": f"{REPORT}{digest}", "sk": "LINK"}


def lease(name: str) -> Key:
    """Who does what one at a time is to do for all tenants; no tenant's name begins like it."""
    return {"pk": f"#LEASE#{name}", "sk": "LEASE"}


def identifier(key: str) -> str:
    """Return the id at the end of a partition key, a sort key or an index key."""
    return key.rpartition("#")[2]
