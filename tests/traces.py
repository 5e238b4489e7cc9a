"""Everything that a deployment holds, to be searched for what must not be in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rollcall.runtime.services import Services


def found(services: Services, words: Iterable[str], *logs: Path) -> list[str]:
    """Return where any of the words stands in tables, buckets, queues, secrets and log files."""
    sought = [word.casefold() for word in words]
    return [
        f"{place}: {word}"
        for place, text in _texts(services, logs)
        for word in sought
        if word in text.casefold()
    ]


def _texts(services: Services, logs: Iterable[Path]) -> Iterator[tuple[str, str]]:
    dynamodb: Any = services.clients.dynamodb
    s3: Any = services.channels.s3
    for table in (services.settings.table, services.settings.erasures):
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                text = json.dumps(item, ensure_ascii=False, default=str)
                yield f"{table} {item['pk']['S']} {item['sk']['S']}", text
    for bucket in (services.settings.reports, services.settings.unpublished):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in page.get("Contents", ()):
                body = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
                yield f"{bucket}/{each['Key']}", f"{each['Key']} {body.decode(errors='replace')}"
    sqs: Any = services.channels.sqs
    for url in sqs.list_queues().get("QueueUrls", ()):
        for message in sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", ()):
            yield url, message["Body"]
    secrets: Any = services.clients.secretsmanager
    for page in secrets.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            value = secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
            yield secret["Name"], f"{secret['Name']} {value}"
    for log in logs:
        yield str(log), log.read_text(errors="replace")
