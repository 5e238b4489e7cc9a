"""The local server: the whole API on loopback, over an emulator or another endpoint."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import uvicorn
import yaml

from rollcall.dev import emulator
from rollcall.dev.emulator import EmulatorError
from rollcall.http.middleware import RequestLogger
from rollcall.http.routes import EVERYTHING
from rollcall.operations import running_server
from rollcall.operations.running_server import RunningServer
from rollcall.operator_error import OperatorError, naming
from rollcall.runtime import access_function, events_file, pages_function, token_function
from rollcall.runtime.background import logged
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services, declare
from rollcall.runtime.settings import Settings
from rollcall.tenants.tenants import TenantError, check_name

__all__ = ["Settings"]

SWEEP_SECONDS = 60
"""How often unfinished changes are continued, as the sweep function does."""

LABEL = "local server"
TOKEN_DAYS = 30
"""The label of the tokens that the server prints, and how long they are valid."""

_TEMPLATE = Path(__file__).parents[4] / "template.yaml"


def create_table(services: Services) -> None:
    """Create the table as the template defines it, unless it exists."""
    _create(services, services.settings.table, "Table")


def create_erasures(services: Services) -> None:
    """Create the table of erased accounts as the template defines it, unless it exists."""
    _create(services, services.settings.erasures, "ErasureTable")


def _create(services: Services, name: str, resource: str) -> None:
    client = services.clients.dynamodb
    properties = table_properties(resource)
    expiry = properties.pop("TimeToLiveSpecification")
    try:
        client.create_table(TableName=name, **properties)
    except client.exceptions.ResourceInUseException:
        return
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)


def create_channels(services: Services) -> None:
    """Create the buckets, the queue and the topic of reports and events."""
    settings, channels = services.settings, services.channels
    for bucket in (settings.reports, settings.unpublished):
        channels.s3.create_bucket(Bucket=bucket)
    channels.sqs.create_queue(QueueName=settings.queue.rpartition("/")[2])
    channels.sns.create_topic(Name=settings.topic.rpartition(":")[2])


def create_signing_key(services: Services) -> None:
    """Create the secret with the key that signs access tokens, unless it exists."""
    client = services.clients.secretsmanager
    with suppress(client.exceptions.ResourceExistsException):
        client.create_secret(Name=services.settings.signing_keys, SecretString=token_hex(32))


def table_properties(resource: str = "Table") -> dict[str, Any]:
    """Return the properties of a table in the template that an emulator understands."""
    properties = _template()["Resources"][resource]["Properties"]
    names = (
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "TimeToLiveSpecification",
    )
    return {name: properties[name] for name in names if name in properties}


def admit(services: Services, tenants: Sequence[str]) -> dict[str, str]:
    """Create the tenants that are missing, and return a new token for each.

    It replaces the one that the server issued before.
    """
    tokens = {}
    for name in tenants:
        with suppress(TenantError):  # it exists
            services.tenants.add(name)
        tokens[name] = services.tokens(name).renew(LABEL, TOKEN_DAYS).plain
    return tokens


@contextmanager
def data(state: Path, endpoint_url: str | None, *, fresh: bool) -> Iterator[str]:
    """Yield the endpoint of the data: the given one, or an emulator that is started for it."""
    if endpoint_url is not None:
        yield endpoint_url
        return
    try:
        with ExitStack() as stack:
            with naming(state):
                started = stack.enter_context(emulator.running(state / "emulator", fresh=fresh))
            yield started
    except EmulatorError as error:
        raise OperatorError(str(error)) from error


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

    It gets the server's URL and a token for each tenant. `settings` hold the deployment's levels,
    roles and extensions. `events` is a file to which change events are appended. Raises
    OperatorError for invalid values; existing data is not deleted then.
    """
    for name in tenants:
        check_name(name)
    if settings.extensions is not None:
        declare(settings.extensions)
        settings = replace(settings, extensions=None)
    with naming(state):
        state.mkdir(parents=True, exist_ok=True)
    with (
        events_file.lines(events) as lines,
        _listening(host, port) as listener,
        data(state, endpoint_url, fresh=fresh) as endpoint,
    ):
        address = listener.getsockname()
        url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
        services = Services(replace(settings, endpoint_url=endpoint, url=url))
        create_table(services)
        create_erasures(services)
        create_channels(services)
        create_signing_key(services)
        tokens = admit(services, tenants)
        log = logger(sys.stderr)
        pages = [
            *pages_function.routes(services),
            *token_function.routes(services),
            *access_function.routes(services, log),
        ]
        app = application(services, EVERYTHING, log, pages)
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
        with (
            running_server.announced(
                state, RunningServer(url, endpoint, settings.trust_loopback_issuer)
            ),
            nullcontext() if lines is None else events_file.append_events(services, lines, log),
            suppress(KeyboardInterrupt),  # uvicorn has shut down and raises the signal again
        ):
            server.run(sockets=[listener])


def sweep(services: Services, log: RequestLogger) -> None:
    """Do what schedules do: sweep, purge, bring summaries up to date; a failure is logged."""
    with logged("the sweep", log):
        for _ in services.sweep().run():
            pass
    with logged("the purge", log):
        for _ in services.purge().run():
            pass
    with logged("the summaries", log):
        services.summaries.run(services.tenants.clock())


class _Server(uvicorn.Server):
    """A server that calls back when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then call back."""
        await super().startup(sockets)
        if self.started:
            self._ready()


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, whose values do not matter here."""


_TemplateLoader.add_multi_constructor("!", lambda *_: None)


@cache
def _template() -> Any:
    """Return the template, read once: reading it takes longer than creating a table."""
    return yaml.load(_TEMPLATE.read_text(), _TemplateLoader)  # noqa: S506  # a SafeLoader


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a listening socket. Raises OperatorError naming an address that cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol makes asyncio set TCP_NODELAY, without which each answer takes 40 ms more.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no name of a host"
            raise OperatorError(f"{host}:{port} cannot be served: {reason}") from error
        yield listener
