"""Rollcall in a process of its own, as the local server runs it.

    python -m bench.server PORT DYNAMODB_URL EMULATOR_URL

DynamoDB is an engine; the emulator has the secrets. The table and the tenant are there.
"""

from __future__ import annotations

import sys

import uvicorn

from rollcall.aws.clients import Clients, connect
from rollcall.http.routes import EVERYTHING
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings


def services(dynamodb_url: str, emulator_url: str) -> Services:
    """Return the services over both."""
    clients = Clients(connect(dynamodb_url).dynamodb, connect(emulator_url).secretsmanager)
    return Services(Settings(endpoint_url=emulator_url), clients)


def main(port: str, dynamodb_url: str, emulator_url: str) -> None:
    """Serve until killed."""
    app = application(services(dynamodb_url, emulator_url), EVERYTHING, logger(sys.stderr))
    uvicorn.run(
        app, port=int(port), log_config=None, access_log=False, server_header=False, lifespan="off"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
