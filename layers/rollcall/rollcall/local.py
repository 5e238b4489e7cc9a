"""The local server: the whole API on loopback, over an emulator or another endpoint."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import uvicorn
import yaml

from rollcall import emulator
from rollcall.changes import publication
from rollcall.http.middleware import Log
from rollcall.http.routes import EVERYTHING
from rollcall.runtime import Services, Settings, logger
from rollcall.scim.errors import Unavailable
from rollcall.storage import tail
from rollcall.storage.bus import SOURCE, Entry
from rollcall.storage.clients import connect_streams
from rollcall.storage.tail import Tail
from rollcall.tenants.tenants import TenantError

HOME = Path(sys.prefix).parent
"""Where the environment of this interpreter stands: the checkout."""

STATE = HOME / ".rollcall"
"""Where the local server keeps its data, unless it is told otherwise."""

SWEEP_SECONDS = 60
"""How often what was begun and not finished is gone on with, as the deployed function does."""

TAIL_SECONDS = 0.2
"""How often the table's stream is read, where somebody wants to see change events."""

_TEMPLATE = Path(__file__).parents[3] / "template.yaml"
_SERVER = "server.json"


@dataclass(frozen=True)
class Running:
    """A local server: its own URL, and where its data is."""

    url: str
    endpoint_url: str


def find(state: Path = STATE) -> Running | None:
    """Return the local server that runs on this state directory, None when none does."""
    try:
        found = json.loads((state / _SERVER).read_text())
        running = Running(found["url"], found["endpoint_url"])
        port = int(running.endpoint_url.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except (OSError, ValueError, KeyError):
        return None
    return running


def tenant_url(base: str, tenant: str) -> str:
    """Return the Tenant URL below the URL of a server or a deployment."""
    return f"{base.rstrip('/')}/scim/{tenant}/v2"


def create_table(services: Services) -> None:
    """Create the table as the template defines it, unless it is there."""
    client = services.clients.dynamodb
    properties = table_properties()
    expiry = properties.pop("TimeToLiveSpecification")
    try:
        client.create_table(TableName=services.table.name, **properties)
    except client.exceptions.ResourceInUseException:
        return
    client.update_time_to_live(TableName=services.table.name, TimeToLiveSpecification=expiry)


def create_channels(services: Services) -> None:
    """Create what reports and events leave through, unless it is there: buckets, queue, topic."""
    settings, channels = services.settings, services.channels
    for bucket in (settings.reports, settings.unpublished):
        channels.s3.create_bucket(Bucket=bucket)
    channels.sqs.create_queue(QueueName=settings.queue.rpartition("/")[2])
    channels.sns.create_topic(Name=settings.topic.rpartition(":")[2])


def table_properties() -> dict[str, Any]:
    """Return the table's definition in the template, as far as an emulator takes it."""
    template = yaml.load(_TEMPLATE.read_text(), _TemplateLoader)  # noqa: S506  # a SafeLoader
    properties = template["Resources"]["Table"]["Properties"]
    wanted = (
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "TimeToLiveSpecification",
    )
    return {name: properties[name] for name in wanted}


def admit(services: Services, tenants: Sequence[str]) -> dict[str, str]:
    """Make sure that the tenants exist, and return a token for each that works."""
    tokens = {}
    for name in tenants:
        try:
            tokens[name] = services.tenants.create(name)
        except TenantError:
            if name not in {each.name for each in services.tenants.list()}:
                raise
            tokens[name] = services.keyring(name).issue("local server").plain
    return tokens


@contextmanager
def data(state: Path, endpoint_url: str | None, *, fresh: bool) -> Iterator[str]:
    """Yield the endpoint that holds the data: the one that is given, or an emulator of our own."""
    if endpoint_url is not None:
        yield endpoint_url
        return
    with emulator.running(state / "emulator", fresh=fresh) as own:
        yield own


def serve(
    host: str,
    port: int,
    tenants: Sequence[str],
    *,
    state: Path,
    endpoint_url: str | None,
    fresh: bool,
    announce: Callable[[str, dict[str, str]], None],
    settings: Settings,
    events: Path | None = None,
) -> None:
    """Serve until interrupted; `announce` is called once, when requests are answered.

    It gets the server's URL and a token for each tenant. `settings` say what a deployment declares
    of its own; ExtensionError says what is wrong with its extension schemas. `events` is a file
    that change events are appended to.
    """
    state.mkdir(parents=True, exist_ok=True)
    # The port first: where it is taken, nothing is started and no data is begun afresh.
    with _bound(host, port) as listening, data(state, endpoint_url, fresh=fresh) as endpoint:
        address = listening.getsockname()
        url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
        services = Services(replace(settings, endpoint_url=endpoint, url=url))
        create_table(services)
        create_channels(services)
        tokens = admit(services, tenants)
        pages = chain.from_iterable(services.pages().values())
        log = logger(sys.stderr)
        app = services.application(EVERYTHING, log, pages)
        record = state / _SERVER
        record.write_text(json.dumps({"url": url, "endpoint_url": endpoint}))
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            callback_notify=lambda: asyncio.to_thread(sweep, services, log),
            timeout_notify=SWEEP_SECONDS,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config, lambda: announce(url, tokens))
        try:
            with (
                nullcontext() if events is None else told(services, events, log),
                suppress(KeyboardInterrupt),  # uvicorn has shut down and raises the signal again
            ):
                server.run(sockets=[listening])
        finally:
            record.unlink(missing_ok=True)


class _File:
    """A file in the place of the bus: an event a line, in the envelope that a rule hands on."""

    def __init__(self, path: Path) -> None:
        self._lines = path.open("a", encoding="utf-8")

    def publish(self, entries: Sequence[Entry]) -> int:
        for each in entries:
            event = {
                "source": SOURCE,
                "detail-type": each.detail_type,
                "time": each.time.isoformat().replace("+00:00", "Z"),
                "detail": json.loads(each.detail),
            }
            self._lines.write(json.dumps(event, ensure_ascii=False) + "\n")
        self._lines.flush()
        return len(entries)

    def close(self) -> None:
        self._lines.close()


@contextmanager
def told(services: Services, path: Path, log: Log) -> Iterator[None]:
    """Append to a file what changes in the table meanwhile, as the events of a deployment.

    Whoever writes, commands too: the table's stream tells it, read by a thread.
    """
    bus, over = _File(path), threading.Event()
    arn = tail.enable(services.clients.dynamodb, services.table.name)
    stream = Tail(connect_streams(services.settings.endpoint_url), arn)

    def read() -> None:
        for records in stream.pages():
            publication.publish(records, bus, services.settings.url)

    def tell() -> None:
        last = False
        while not last:
            last = over.wait(TAIL_SECONDS)  # once more, for what was written just before the end
            with _logged("reading change events", log):
                read()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        bus.close()


def sweep(services: Services, log: Log) -> None:
    """Go on with what was begun and not finished; what fails is logged and tried again."""
    with _logged("the sweep", log):
        for _ in services.sweep().run():
            pass


@contextmanager
def _logged(work: str, log: Log) -> Iterator[None]:
    """Log what fails of work that no request waits for, and go on: it is tried again."""
    try:
        yield
    except Unavailable as error:
        log.warning("not done, tried again", extra={"work": work, "reason": str(error.detail)})
    except Exception:  # the server answers requests whatever becomes of it
        log.exception("failed, tried again", extra={"work": work})


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, whose values do not matter here."""


_TemplateLoader.add_multi_constructor("!", lambda *_: None)


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket that listens; OSError names the address that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol makes asyncio set TCP_NODELAY, without which each answer takes 40 ms more.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()
        except OSError as error:
            raise OSError(f"{host}:{port} cannot be served: {error.strerror}") from error
        yield listening
