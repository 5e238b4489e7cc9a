"""The options and variables that select the deployment that an operator works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """Names of a deployment, in the order of their precedence.

    The name of a stack; the URL of another DynamoDB and Secrets Manager; AWS_ENDPOINT_URL or
    ROLLCALL_TABLE in the environment; the state directory of a local server that runs. `profile`
    and `region` are of the AWS configuration, None for those that it names itself.
    """

    stack: str | None
    endpoint_url: str | None
    state: Path
    environment: Mapping[str, str]
    profile: str | None = None
    region: str | None = None
