"""The key shapes of a tenant. No module but this and `deployment_keys` spells a key.

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

DOCUMENT, CLAIM, HELD = "DOCUMENT", "CLAIM", "HELD"
GROUP, MEMBER, PARENT, GRANT = "GROUP#", "MEMBER#", "PARENT#", "GRANT#"
CURRENT, VERSION, WALK = "CURRENT", "VERSION#", "WALK#"
NOTICE, FLAG = "NOTICE#", "FLAG#"
DISABLED, WAVE = "DISABLED#", "WAVE#"
CHANGE_SHARDS = 8
"""The number of partitions of the change index, for each type; it was 4 once."""
EVIDENCE_SHARDS = 4
"""The number of index partitions of the evidence that is no name."""
BY_HAND = "@"
"""The template name in grants that operators make; no template can have it."""
MEMBER_CHANGE, UNFINISHED_DELETION = "JOURNAL#", "LEAVING"
UNFINISHED = "#UNFINISHED"
"""The index partition of unfinished changes of all tenants; no tenant's name begins with #."""
RATE, BOOKMARK = "#RATE", "#BOOKMARK#"
"""What follows the tenant's name where a deployment remembers something for an hour or a day."""
FINDING, SUMMARY = "FINDING#", "SUMMARY#"

MAX_PART = 200
"""The bytes of a client's value in a key; longer values are cut, with a hash of the whole."""
_PREFIX = MAX_PART - 66


def part(value: str) -> str:
    """Return a client's value as a part of a key.

    A longer one becomes a prefix and its SHA-256: each lookup compares the document again.
    """
    encoded = value.encode()
    if len(encoded) <= MAX_PART:
        return value
    prefix = encoded[:_PREFIX].decode(errors="ignore")
    return f"{prefix}#{sha256(encoded).hexdigest()}"


def change_prefix(change: str) -> str:
    """Return the prefix of the sort keys of the parts of a change."""
    return f"{MEMBER_CHANGE}{change}#"


def name_prefix(value: str) -> str:
    """Return the key prefix of all values that begin with a value, also of those that are cut."""
    return value.encode()[:_PREFIX].decode(errors="ignore")


@dataclass(frozen=True)
class Keys:
    """The keys of one tenant; its name is the prefix of every partition key."""

    tenant: str

    def partition(self, kind: Kind, identifier: str) -> str:
        """The partition of a resource: its document and its items of memberships."""
        return f"{self.tenant}#{kind.value.upper()}#{part(identifier)}"

    def document(self, kind: Kind, identifier: str) -> Key:
        """The document of a resource, or its tombstone."""
        return {"pk": self.partition(kind, identifier), "sk": DOCUMENT}

    def member(self, group: str, member: str) -> Key:
        """The group's item of a membership."""
        return {"pk": self.partition(Kind.GROUP, group), "sk": f"{MEMBER}{part(member)}"}

    def membership(self, kind: Kind, member: str, group: str) -> Key:
        """The member's item of a membership."""
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
        """The partition of the deleted resources whose memberships are still to be ended."""
        return f"{self.tenant}#{UNFINISHED_DELETION}"

    def held(self, user: str) -> Key:
        """What is kept of a user whose deletion waits."""
        return {"pk": self.partition(Kind.USER, user), "sk": HELD}

    def purge_stop(self) -> Key:
        """That purges are stopped until somebody decides about the held accounts."""
        return {"pk": f"{self.tenant}#BRAKE", "sk": "PURGE"}

    def held_accounts(self) -> str:
        """The index partition of the held accounts, in the order of deletion."""
        return f"{self.tenant}#HELD"

    def claim(self, kind: Kind, entry: IndexEntry) -> Key:
        """The item that makes a userName or a displayName unique."""
        name = "USERNAME" if kind is Kind.USER else "GROUPNAME"
        return {"pk": f"{self.tenant}#{name}#{part(entry.key)}", "sk": CLAIM}

    def claims(self, kind: Kind) -> str:
        """The index partition of all claims of a type, in the order of the folded name."""
        return f"{self.tenant}#{'USERNAMES' if kind is Kind.USER else 'GROUPNAMES'}"

    def lookup_partition(self, entry: IndexEntry) -> str:
        """The partition of the resources with one value of an indexed attribute."""
        return f"{self.tenant}#LOOKUP#{entry.attribute}#{part(entry.key)}"

    def lookup(self, kind: Kind, entry: IndexEntry, identifier: str) -> Key:
        """The item that finds a resource by a value that need not be unique."""
        return {"pk": self.lookup_partition(entry), "sk": f"{kind.value}#{identifier}"}

    def listing(self, kind: Kind) -> str:
        """The index partition of all resources of a type, in the order of creation."""
        return f"{self.tenant}#{kind.value.upper()}S"

    def change_partition(self, kind: Kind, shard: int) -> str:
        """A partition of the order of change. All end as the first four: streams filter by that."""
        return f"{self.tenant}#CHANGED{'#MORE' * (shard // 4)}#{kind.value.upper()}S#{shard % 4}"

    def change_partition_of(self, kind: Kind, identifier: str) -> str:
        """The partition of one resource in the order of change."""
        return self.change_partition(kind, crc32(identifier.encode()) % CHANGE_SHARDS)

    def tombstones(self) -> str:
        """The index partition of the tombstones, in the order of deletion."""
        return f"{self.tenant}#DELETED"

    def gone_values(self, hashed: str) -> str:
        """The partition of the deleted users that had a value, by its keyed hash."""
        return f"{self.tenant}#GONE#{hashed}"

    def gone_value(self, hashed: str, identifier: str) -> Key:
        """That a deleted user had a value, for as long as its tombstone is kept."""
        return {"pk": self.gone_values(hashed), "sk": identifier}

    def count(self, kind: Kind, shard: int) -> Key:
        """One shard of the number of resources of a type."""
        return {"pk": self.counts(kind), "sk": f"{shard:02d}"}

    def counts(self, kind: Kind) -> str:
        """The partition of the shards of a count."""
        return f"{self.tenant}#COUNT#{kind.value}"

    def token_usages(self) -> str:
        """The partition of the use of the tenant's tokens."""
        return f"{self.tenant}#TOKENS"

    def token_usage(self, token: str) -> Key:
        """The use of one token: when it was used."""
        return {"pk": self.token_usages(), "sk": token}

    def handovers(self) -> str:
        """The partition of the tenant's hand-overs."""
        return f"{self.tenant}#HANDOVER"

    def handover(self, digest: str) -> Key:
        """A hand-over, by the digest of its code."""
        return {"pk": self.handovers(), "sk": digest}

    def notes(self) -> str:
        """The partition of what operators note about the tenant."""
        return f"{self.tenant}#NOTES"

    def note(self, note: str) -> Key:
        """A note about the tenant, by its id, which begins with the time."""
        return {"pk": self.notes(), "sk": part(note)}

    def log(self, day: str, shard: int) -> str:
        """The partition of one day and one shard of the provisioning log."""
        return f"{self.tenant}#LOG#{day}#{shard}"

    def log_entry(self, day: str, shard: int, order: str) -> Key:
        """An entry of the provisioning log."""
        return {"pk": self.log(day, shard), "sk": order}

    def rate(self, of: str = "RATE") -> Key:
        """How far the tenant has used a rate: of requests, or of questions about access."""
        return {"pk": f"{self.tenant}{RATE}", "sk": of}

    def usage_hours(self) -> str:
        """The partition of the hours in which the tenant sent requests."""
        return f"{self.tenant}#USAGE"

    def usage_hour(self, hour: str) -> Key:
        """What the tenant sent in one hour."""
        return {"pk": self.usage_hours(), "sk": hour}

    def brake(self) -> str:
        """The partition of the brake: who was disabled, waves of that, the switch."""
        return f"{self.tenant}#BRAKE"

    def disabled(self, time: str, user: str) -> Key:
        """The note that a user was disabled at an instant."""
        return {"pk": self.brake(), "sk": f"{DISABLED}{time}#{part(user)}"}

    def wave(self, number: int) -> Key:
        """A wave: many accounts that were disabled within an hour."""
        return {"pk": self.brake(), "sk": f"{WAVE}{number:06d}"}

    def brake_switch(self) -> Key:
        """Until when the brake is off for planned work."""
        return {"pk": self.brake(), "sk": "OFF"}

    def bookmark(self, walk: str, start: int) -> Key:
        """The position where a page of a listing begins."""
        return {"pk": f"{self.tenant}{BOOKMARK}{walk}", "sk": str(start)}

    def templates(self) -> str:
        """The partition of the New User Templates."""
        return f"{self.tenant}#TEMPLATES"

    def current_templates(self) -> Key:
        """The current templates, and the groups that they are bound to."""
        return {"pk": self.templates(), "sk": CURRENT}

    def template_version(self, name: str, version: int) -> Key:
        """One version of a template, never changed."""
        return {"pk": self.templates(), "sk": f"{VERSION}{name}#{version:06d}"}

    def template_walk(self, template: str, group: str) -> Key:
        """How far the members of a group are brought to the current version of a template."""
        return {"pk": self.templates(), "sk": f"{WALK}{template}#{part(group)}"}

    def grant(self, user: str, template: str) -> Key:
        """The grant of a template to a user."""
        return {"pk": self.partition(Kind.USER, user), "sk": f"{GRANT}{template}"}

    def grants(self) -> str:
        """The index partition of all grants, in the order of template, version and user."""
        return f"{self.tenant}#GRANTS"

    def evidence(self, identifier: str, source: str, value: str) -> Key:
        """An item of a user's evidence for which there is no lookup item."""
        partition = f"{self.tenant}#EVIDENCE#{part(identifier)}"
        return {"pk": partition, "sk": f"{source}#{part(value)}"}

    def names_order(self) -> str:
        """The index partition of names, and of all evidence that earlier releases wrote."""
        return f"{self.tenant}#IDENTITY"

    def evidence_order(self, canonical: str) -> str:
        """The index partition of evidence that is no name, in the order of its canonical value."""
        return self.evidence_orders()[crc32(canonical.encode()) % EVIDENCE_SHARDS]

    def evidence_orders(self) -> list[str]:
        """The index partitions of evidence that is no name."""
        return [f"{self.tenant}#IDENTITY#{shard}" for shard in range(EVIDENCE_SHARDS)]

    def duplicates(self) -> str:
        """The partition of the findings of duplicate reports, their runs and summaries."""
        return f"{self.tenant}#DUPLICATES"

    def finding(self, finding: str) -> Key:
        """A finding: accounts of one person."""
        return {"pk": self.duplicates(), "sk": f"{FINDING}{part(finding)}"}

    def run(self) -> Key:
        """The progress of the latest run of the duplicate report."""
        return {"pk": self.duplicates(), "sk": "RUN"}

    def summary(self, run: str) -> Key:
        """The counts of one run of the duplicate report."""
        return {"pk": self.duplicates(), "sk": f"{SUMMARY}{part(run)}"}

    def flag(self, user: str, flag: str) -> Key:
        """A flag of a user that is not part of the resource: a finding's id, or `service`."""
        return {"pk": self.partition(Kind.USER, user), "sk": f"{FLAG}{part(flag)}"}

    def flags(self) -> str:
        """The index partition of all flags, in the order of kind and user."""
        return f"{self.tenant}#FLAGS"

    def notices(self) -> str:
        """The partition of the notices: events about changes outside of the table."""
        return f"{self.tenant}#NOTICES"

    def notice(self, notice: str) -> Key:
        """A notice, kept for two days."""
        return {"pk": self.notices(), "sk": f"{NOTICE}{notice}"}


def identifier(key: str) -> str:
    """Return the id at the end of a partition key, a sort key or an index key."""
    return key.rpartition("#")[2]
