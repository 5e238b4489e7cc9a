"""A tenant as a release left it: recorded once, loaded by whoever has to live with it.

`python -m tests.storage.recording` fills a tenant with all that the package stores and writes it to
`tests/storage/recorded/COMMIT.jsonl`, in the order of the keys. Recordings are never made again: a
release that stores something in another shape gets one of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from tests.conftest import Server
from tests.storage import odd_names
from tests.tenants import everything

FOLDER = Path(__file__).parent / "recorded"
TENANT = "acme"


@dataclass(frozen=True)
class Recording:
    """What is stored of the tenant: its items, its secret; ids by what they are."""

    commit: str
    ids: dict[str, str]
    secret: dict[str, Any]
    items: list[Item]

    @classmethod
    def read(cls, file: Path) -> Recording:
        """Read a recording."""
        with file.open() as stream:
            head, *items = [json.loads(line, parse_float=Decimal) for line in stream]
        return cls(head["commit"], head["ids"], head["secret"], items)

    @property
    def lines(self) -> Iterator[str]:
        """The recording as the lines of a file."""
        yield json.dumps({"commit": self.commit, "ids": self.ids, "secret": self.secret})
        for item in sorted(self.items, key=lambda each: (each["pk"], each["sk"])):
            yield json.dumps(item, sort_keys=True, default=_number)

    def load(self, services: Services) -> None:
        """Store all of it."""
        services.secrets.create(TENANT, self.secret)
        for item in self.items:
            services.table.put({"pk": item["pk"], "sk": item["sk"]}, item)


def recordings() -> list[Path]:
    """Return the files of all recordings."""
    return sorted(FOLDER.glob("*.jsonl"))


def record(services: Services, commit: str) -> Recording:
    """Fill a tenant with all that is stored of one."""
    ids = everything.fill(services, TENANT).ids | odd_names.fill(services.directory(TENANT))
    items = everything.items(services)
    return Recording(commit, ids, services.secrets.read(TENANT), items)


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)


def _commit() -> str:
    """Return the commit of the package, which is as it was committed."""
    package = "layers/rollcall/rollcall"
    subprocess.run(["git", "diff", "--exit-code", "--quiet", "HEAD", "--", package], check=True)
    command = ["git", "log", "-1", "--format=%H", "--", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Record what the package of this commit stores."""
    commit = _commit()
    with TemporaryDirectory() as state:
        server = Server(Path(state))
        try:
            settings = Settings("recorded", "recorded/tenants", server.running.endpoint_url)
            services = Services(settings, server.services.clients)
            local_server.create_table(services)
            made = record(services, commit)
        finally:
            server.stop()
    file = FOLDER / f"{commit[:7]}.jsonl"
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in made.lines))
    print(f"{file}: {len(made.items)} items")


if __name__ == "__main__":
    main()
