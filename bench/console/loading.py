"""A table that is filled at once: the engine imports its items, which takes a third of writing."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.process import running
from rollcall.aws.attribute_values import Item
from rollcall.aws.clients import Clients, connect
from rollcall.runtime.services import Services


@contextmanager
def imported(program: Path, services: Services, items: Iterable[Item]) -> Iterator[Services]:
    """Run an engine whose table has the items; yield the deployment over it."""
    table = services.table.name
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / table / "data").mkdir(parents=True)
        with gzip.open(folder / table / "data" / "items.json.gz", "wt", 1) as file:
            file.writelines(f'{{"Item":{json.dumps(each)}}}\n' for each in items)
        described: Any = services.clients.dynamodb.describe_table(TableName=table)
        schema = folder / "schema.json"
        schema.write_text(json.dumps({"Table": described["Table"]}, default=str))
        stored = folder / "table.db"
        options = ["--schema", str(schema), "--output", str(stored)]
        command = [str(program), "import", "--source", scratch, *options]
        subprocess.run(command, check=True, capture_output=True)
        serve = [str(program), "serve", "--db-path", str(stored), "--port", "{port}"]
        with running(serve, folder / "engine.log") as engine:
            url = f"http://127.0.0.1:{engine.port}"
            clients = Clients(connect(url).dynamodb, services.clients.secretsmanager)
            yield Services(services.settings, clients)
