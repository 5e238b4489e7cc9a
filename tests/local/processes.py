"""Who listens where on this machine, and the end of processes that are not our children."""

import os
import select
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DEADLINE = 30.0
NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="who listens where is read from /proc"
)


def listening_process(url: str) -> int:
    """Return the id of the process that listens at the URL."""
    port = urlsplit(url).port
    (inode,) = [inode for at, inode in listeners() if at == ("127.0.0.1", port)]
    (process,) = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and inode in socket_inodes(int(entry.name))
    ]
    return process


def listeners() -> Iterator[tuple[tuple[str, int], str]]:
    """Yield address and inode of every socket of this machine that waits for others."""
    waiting = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
    for table, state in waiting.items():
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state:
                address, port = fields[1].split(":")
                family = socket.AF_INET6 if table.endswith("6") else socket.AF_INET
                packed = b"".join(
                    int(address[at : at + 8], 16).to_bytes(4, sys.byteorder)
                    for at in range(0, len(address), 8)
                )
                yield (socket.inet_ntop(family, packed), int(port, 16)), fields[9]


def socket_inodes(process: int) -> set[str]:
    inodes = set()
    try:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    except OSError:
        # It ended meanwhile, or is not ours to look into.
        return set()
    return inodes


def ends(process: int) -> bool:
    """Wait for the end of a process that is not our child."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], DEADLINE)[0])
    finally:
        os.close(descriptor)
