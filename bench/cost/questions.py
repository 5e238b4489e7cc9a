"""What the questions of a product at sign-in cost, by `externalId`, which is two reads in turn."""

from __future__ import annotations

from bench.cost.bill import (
    GB,
    HEADER_BYTES,
    PLATFORM_BYTES,
    TRACED,
    Line,
    memory,
    seconds,
)

FIGURES = {"cpu": 0.0014, "reads": 2.0, "writes": 0.0, "secret_calls": 0.0}
"""One question: seconds of CPU (docs/sign-in.md), calls of DynamoDB and of Secrets Manager."""

READ_UNITS = 2
LOG_BYTES, ANSWER_BYTES = 450, 350


def questions(number: int) -> list[Line]:
    """Return the bill of so many questions, more than one in each second."""
    size = memory("AccessFunction")
    work = seconds(FIGURES, size, 1.0) * size / 1024
    return [
        Line("API Gateway, requests", "api.request", number),
        Line("Lambda, requests", "lambda.request", number),
        Line("Lambda, GB-seconds", "lambda.gb_second.arm64", number * work),
        Line("DynamoDB, read units", "dynamodb.read_unit", number * READ_UNITS),
        Line("Logs, GB taken in", "logs.ingest_gb", number * (LOG_BYTES + PLATFORM_BYTES) / GB),
        Line("X-Ray, traces", "xray.trace", number * TRACED),
        Line("GB to the client", "transfer.gb", number * (HEADER_BYTES + ANSWER_BYTES) / GB),
    ]
