"""DynamoDB's limits on the recorded requests, sent again with generated ids at a rate.

A partition takes 1 000 write units and 3 000 read units in a second. One partition key is in one
partition: that DynamoDB splits a busy one by sort key takes minutes, and never helps where sort
keys grow with time, so it is not counted on; neither is what was unused before. Adaptive capacity
is assumed as far as it works at once: a partition may use its whole limit whatever the others do.

The keys that requests share are simulated one by one, with the hashes of the real code. A key of
one resource is met by one request: only on which partition it falls is drawn.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import NamedTuple, TypeAlias
from uuid import UUID
from zlib import crc32

from bench.partitions.recording import PartitionKey, Units, Usage
from bench.partitions.requests import TENANT, Recording
from rollcall.directory.context import MEMBERS_OF_AN_OPERATION
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.deployment_keys import USAGE_SHARDS
from rollcall.storage.keys import CHANGE_SHARDS, EVIDENCE_SHARDS
from rollcall.storage.provisioning_log import SHARDS, LogEntry

OF_A_RESOURCE = {"USER", "GROUP", "EVIDENCE", "USERNAME", "GROUPNAME", "LOOKUP", "BOOKMARK"}
"""The partitions of one resource, one value or one walk."""

OF_ALL_TENANTS = {"USAGE": "#USAGE#{0-15}", "HELD": "#HELD#{0-3}"}
OF_A_VALUE = {"LOG": "T#LOG#{day}#{0-3}", "GONE": "T#GONE#{value}"}
"""The partitions of one value, or of one day, as they are written with placeholders."""

ONE_GROUP = {"add a member", "remove a member"}
"""The requests that all concern the same group."""

TIME = "2026-01-01T00:00:00.000Z"


class Sent(NamedTuple):
    """A request that is sent: its kind, its id, and the number of the entry in the log."""

    kind: str
    request: str
    number: int = 0


@dataclass(frozen=True)
class Design:
    """How keys are spread, and what the limiter counts.

    `log` returns the shard of an entry; one shard of evidence is that of the names. A request
    counts as an operation for each `members` that it changes, 0 for one in all, and `bulks` bulk
    requests of the largest size are the most that a tenant may have under way.
    """

    log: Callable[[LogEntry], int] = lambda entry: entry.shard
    changes: int = CHANGE_SHARDS
    evidence: int = EVIDENCE_SHARDS
    usage: int = USAGE_SHARDS
    members: int = MEMBERS_OF_AN_OPERATION
    bulks: int = 10


NOW = Design()
BEFORE = Design(
    log=lambda entry: crc32(entry.request.encode()) % SHARDS,
    changes=4,
    evidence=1,
    usage=1,
    members=0,
    bulks=1_000,
)
"""Before: the log by request, half of the order of change, one partition of evidence and usage."""

Keys: TypeAlias = dict[PartitionKey, Units]
Peaks: TypeAlias = dict[tuple[str, str], Units]
"""The busiest second of the busiest partition key, by table or index and key family."""


@dataclass
class Second:
    """What partition keys take in a second.

    Of the keys of single resources `keys` has one as an example, and `own` has how many there are,
    by where they are and the load of each.
    """

    keys: Keys = field(default_factory=lambda: defaultdict(Units))
    own: Counter[tuple[str, float]] = field(default_factory=Counter)

    def add(self, where: str, key: str, units: Units, times: int = 1) -> None:
        """Add what a key takes, so many times."""
        at = self.keys[where, key]
        at.operations += times * units.operations
        at.writes += times * units.writes
        at.reads += times * units.reads

    def partitions(self, numbers: Mapping[str, int], draw: random.Random) -> dict[str, list[float]]:
        """Return the load of each partition, of which the table and each index have `numbers`."""
        found = {where: [0.0] * number for where, number in numbers.items()}
        for (where, key), units in self.keys.items():
            if not key.endswith("#own"):
                found[where][_place(key) % numbers[where]] += units.load
        for (where, load), times in self.own.items():
            at = found[where]
            for partition in draw.choices(range(numbers[where]), k=times):
                at[partition] += load
        return found


@cache
def _place(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:8])


@cache
def family(key: str) -> str:
    """Return a partition key with placeholders, as `docs/access-patterns.md` writes it."""
    tenant, _, rest = key.partition("#")
    name, *parts = rest.replace("#MORE#", "#").split("#")
    if not tenant:
        return OF_ALL_TENANTS.get(name, key)
    if name in ("CHANGED", "IDENTITY") and parts:
        name = name.replace("CHANGED", "CHANGED(#MORE)")
        return "#".join(["T", name, *parts[:-1], "{0-3}"])
    if name == "LOOKUP":
        return f"T#LOOKUP#{parts[0].rpartition(':')[2]}#{{value}}"
    if name in OF_A_VALUE:
        return OF_A_VALUE[name]
    if name in OF_A_RESOURCE:
        return f"T#{name}#{{id}}"
    return f"T#{name}" if parts and parts[0].isdigit() else f"T#{rest}"


class Replay:
    """Sends recorded requests again."""

    def __init__(self, recording: Recording, design: Design = NOW) -> None:
        self.design = design
        self._recording = recording
        self._random = random.Random(0)  # the same ids in every run

    def identifier(self) -> str:
        """Return a new id."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def second(self, requests: Iterable[Sent], tenant: str = TENANT) -> Second:
        """Return what partition keys take of the requests of one second."""
        taken = Second()
        by_kind: defaultdict[str, list[Sent]] = defaultdict(list)
        for each in requests:
            by_kind[each.kind].append(each)
        for kind, sent in by_kind.items():
            self._add(taken, self._recording[kind], sent, tenant)
        return taken

    def _add(self, taken: Second, usage: Usage, sent: list[Sent], tenant: str) -> None:
        resources = [crc32(self.identifier().encode()) for _ in sent]
        kind, times = sent[0].kind, len(sent)
        for (where, recorded), units in usage.items():
            owner, _, rest = recorded.partition("#")
            name, *parts = rest.split("#")
            key = f"{tenant}#{rest}"
            if not owner:
                taken.add(where, recorded, units, times)
            elif name in OF_A_RESOURCE:
                one = name == "GROUP" and kind in ONE_GROUP
                if not one:
                    key += "#own"
                    taken.own[where, units.load] += times
                taken.add(where, key, units, times if one else int((where, key) not in taken.keys))
            elif name == "LOG" or (name in ("CHANGED", "IDENTITY") and parts):
                prefix = key.rpartition("#")[0]
                for shard, number in Counter(self._shards(name, recorded, sent, resources)).items():
                    spread = f"{prefix}#{shard}"
                    if name == "CHANGED":
                        spread = keys.Keys(tenant).change_partition(_kind(parts), shard)
                    if name == "IDENTITY" and self.design.evidence == 1:
                        spread = prefix  # that of the names
                    taken.add(where, spread, units, number)
            else:
                taken.add(where, key, units, times)

    def _shards(
        self, name: str, recorded: str, sent: list[Sent], resources: list[int]
    ) -> Iterable[int]:
        """Return the shard of each request."""
        if name == "LOG":
            return [self.design.log(LogEntry(TIME, each.request, each.number)) for each in sent]
        if name == "IDENTITY":  # one piece of evidence of several
            piece = crc32(recorded.encode())
            return [crc32(b"%d" % (each ^ piece)) % self.design.evidence for each in resources]
        if sent[0].kind.endswith(" members"):  # those of each request as those that were recorded
            own = keys.Keys(recorded.partition("#")[0])
            parts = recorded.split("#")
            first = [own.change_partition(_kind(parts), each) for each in range(CHANGE_SHARDS)]
            return [(first.index(recorded) + each) % self.design.changes for each in resources]
        return [each % self.design.changes for each in resources]


def _kind(parts: list[str]) -> Kind:
    """Return the type of which a partition of the order of change is, from its parts."""
    return Kind(parts[-2].removesuffix("S").title())


def peaks(seconds: Iterable[Second]) -> Peaks:
    """Return the busiest second of the busiest key of each family."""
    found: Peaks = {}
    for second in seconds:
        add_peaks(found, second)
    return found


def add_peaks(found: Peaks, second: Second) -> None:
    """Add a second to the busiest ones."""
    for (where, key), units in second.keys.items():
        name = (where, family(key))
        if name not in found or units.load > found[name].load:
            found[name] = units


def refused(seconds: Iterable[Second]) -> float:
    """Return the part of the load of shared keys that is beyond the limit of its partition key."""
    loads = [units.load for second in seconds for units in second.keys.values()]
    return sum(max(0.0, load - 1) for load in loads) / sum(loads)
