"""The structured log: JSON lines, on standard output as Lambda wants them."""

from __future__ import annotations

import sys
from typing import TextIO

from aws_lambda_powertools import Logger


def logger(stream: TextIO | None = None) -> Logger:
    """Return the logger, which writes to `stream` or to standard output."""
    return Logger(service="rollcall", stream=stream or sys.stdout, serialize_stacktrace=False)
