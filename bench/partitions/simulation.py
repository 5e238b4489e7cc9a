"""DynamoDB's limits on the recorded requests, sent again with generated ids at a rate.

A partition takes 1 000 write units and 3 000 read units in a second. One partition key is in one
partition: that DynamoDB splits a busy one by sort key takes minutes, and never helps where sort
keys grow with time, so it is not counted on; neither is what was unused before.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID
from zlib import crc32

from bench.partitions.recording import PartitionKey, Units
from bench.partitions.requests import TENANT, Recording
from rollcall.storage.keys import CHANGE_SHARDS, EVIDENCE_SHARDS
from rollcall.storage.provisioning_log import SHARDS, LogEntry

OF_A_RESOURCE = {"USER", "GROUP", "EVIDENCE", "USERNAME", "GROUPNAME", "LOOKUP", "BOOKMARK"}
"""The partitions of one resource, one value or one walk."""

ONE_GROUP = {"add a member", "remove a member"}
"""The requests that all concern the same group."""

TIME = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Sent:
    """A request that is sent: its kind, its id, and the number of the entry in the log."""

    kind: str
    request: str
    number: int = 0


@dataclass(frozen=True)
class Sharding:
    """How keys are spread: `log` returns the shard of an entry, `shards` has numbers by family."""

    log: Callable[[LogEntry], int] = lambda entry: entry.shard
    shards: Mapping[str, int] = field(default_factory=dict)


BY_REQUEST = Sharding(log=lambda entry: crc32(entry.request.encode()) % SHARDS)
"""The shards of the log before an entry had its own: all entries of a request in one."""

PROPOSED = Sharding(shards={"T#CHANGED": 32})
"""The sharding that decision 0090 proposes."""

Second: TypeAlias = dict[PartitionKey, Units]
Peaks: TypeAlias = dict[tuple[str, str], Units]
"""The busiest second of the busiest partition key, by table or index and key family."""


def family(key: str) -> str:
    """Return a partition key with placeholders, as `docs/access-patterns.md` writes it."""
    tenant, _, rest = key.partition("#")
    name, *parts = rest.split("#")
    if not tenant:
        return key
    if name == "LOG":
        return "T#LOG#{day}#{0-3}"
    if name in ("CHANGED", "IDENTITY") and parts:
        return "#".join(["T", name, *parts[:-1], "{0-3}"])
    if name == "LOOKUP":
        return f"T#LOOKUP#{parts[0].rpartition(':')[2]}#{{value}}"
    if name in OF_A_RESOURCE:
        return f"T#{name}#{{id}}"
    return f"T#{name}" if parts and parts[0].isdigit() else f"T#{rest}"


class Replay:
    """Sends recorded requests again."""

    def __init__(self, recording: Recording, sharding: Sharding | None = None) -> None:
        self._recording = recording
        self._sharding = sharding or Sharding()
        self._random = random.Random(0)  # the same ids in every run

    def identifier(self) -> str:
        """Return a new id."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def second(self, requests: Iterable[Sent], tenant: str = TENANT) -> Second:
        """Return what partition keys take of the requests of one second."""
        taken: Second = defaultdict(Units)
        for sent in requests:
            resource = self.identifier()
            for (where, key), units in self._recording[sent.kind].items():
                at = taken[where, self._key(sent, key, resource, tenant)]
                at.writes += units.writes
                at.reads += units.reads
        return taken

    def _key(self, sent: Sent, key: str, resource: str, tenant: str) -> str:
        owner, _, rest = key.partition("#")
        if not owner:
            return key
        name = rest.partition("#")[0]
        if name == "LOG":
            day = rest.split("#")[1]
            shard = self._sharding.log(LogEntry(TIME, sent.request, sent.number))
            return f"{tenant}#LOG#{day}#{shard}"
        if name == "CHANGED":
            shards = self._sharding.shards.get("T#CHANGED", CHANGE_SHARDS)
            if sent.kind.endswith(" members"):  # they are spread as recorded
                own = int(key[-1]) + CHANGE_SHARDS * (crc32(resource.encode()) % 8)
                return f"{tenant}#{rest[:-1]}{own % shards}"
            return f"{tenant}#{rest[:-1]}{crc32(resource.encode()) % shards}"
        if name in OF_A_RESOURCE:
            one = name == "GROUP" and sent.kind in ONE_GROUP
            return f"{tenant}#{rest}" if one else f"{tenant}#{rest}#{resource}"
        if name == "IDENTITY" and rest != name:
            rest = f"{name}#{crc32((resource + rest).encode()) % EVIDENCE_SHARDS}"
        return f"{tenant}#{rest}"


def peaks(seconds: Iterable[Second]) -> Peaks:
    """Return the busiest second of the busiest key of each family."""
    found: Peaks = {}
    for second in seconds:
        for (where, key), units in second.items():
            name = (where, family(key))
            if name not in found or units.load > found[name].load:
                found[name] = units
    return found


def refused(seconds: Iterable[Second]) -> float:
    """Return the part of the load that is beyond the limit of its partition key."""
    loads = [units.load for second in seconds for units in second.values()]
    return sum(max(0.0, load - 1) for load in loads) / sum(loads)
