"""The settings of a deployment, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rollcall.operator_error import OperatorError
from rollcall.storage.provisioning_log import KEEP_DAYS
from rollcall.templates.access_levels import AccessLevels


@dataclass(frozen=True)
class Settings:
    """Where a deployment keeps its data, and what it declares of its own.

    `signing_keys` is the secret with the keys that sign access tokens; `extensions` is a file of
    schemas; `access_levels` are the levels and roles of access; `log_days` is how long the
    provisioning log is kept; `product` is what administrators call the application, `support` an
    address or a URL where they find help; `role` tells that a function runs this, with the
    credentials of its role; `request_seconds` is the time of a request outside of a function;
    `issuer_hosts` serve the keys of issuers beside the hosts of Entra, and with
    `trust_loopback_issuer` this machine does, too; `rate` is how many requests a second each tenant
    may send, and `access_rate` how many questions about access, 0 for any number; `functions` says
    what each function that clients reach is for, by its name in AWS; `erasures` is the table of
    erased accounts, which no function reads; `profile` and `region` are of an operator's AWS
    configuration, None for those that it names. The defaults are those of the local server.
    """

    table: str = "rollcall"
    secrets: str = "rollcall/tenants"
    endpoint_url: str | None = None
    extensions: Path | None = None
    access_levels: AccessLevels = field(default_factory=AccessLevels)
    reports: str = "rollcall-reports"
    queue: str = "http://localhost/000000000000/rollcall-duplicates"
    topic: str = "arn:aws:sns:us-east-1:000000000000:rollcall-reports"
    url: str = "http://127.0.0.1:8000"
    inactive_days: int = 45
    bus: str = "rollcall"
    unpublished: str = "rollcall-unpublished"
    log_days: int = KEEP_DAYS
    product: str = "Rollcall"
    support: str = ""
    role: bool = False
    request_seconds: float = 26
    signing_keys: str = "rollcall-signing"
    issuer_hosts: frozenset[str] = frozenset()
    trust_loopback_issuer: bool = False
    rate: int = 0
    access_rate: int = 0
    functions: Mapping[str, str] = field(default_factory=dict)
    erasures: str = "rollcall-erasures"
    profile: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the environment, with the defaults of the local server."""
        return cls(
            table=environment.get("ROLLCALL_TABLE", cls.table),
            secrets=environment.get("ROLLCALL_SECRETS", cls.secrets),
            endpoint_url=environment.get("AWS_ENDPOINT_URL") or None,
            extensions=Path(file) if (file := environment.get("ROLLCALL_EXTENSIONS")) else None,
            access_levels=AccessLevels.of(
                environment.get("ROLLCALL_LEVELS", ""), environment.get("ROLLCALL_ROLES", "")
            ),
            reports=environment.get("ROLLCALL_REPORTS", cls.reports),
            queue=environment.get("ROLLCALL_QUEUE", cls.queue),
            topic=environment.get("ROLLCALL_TOPIC", cls.topic),
            url=environment.get("ROLLCALL_URL", cls.url),
            inactive_days=_days(environment, "ROLLCALL_INACTIVE_DAYS", cls.inactive_days),
            bus=environment.get("ROLLCALL_BUS", cls.bus),
            log_days=_days(environment, "ROLLCALL_LOG_DAYS", cls.log_days),
            product=environment.get("ROLLCALL_PRODUCT") or cls.product,
            support=environment.get("ROLLCALL_SUPPORT", cls.support),
            role="AWS_LAMBDA_FUNCTION_NAME" in environment,
            signing_keys=environment.get("ROLLCALL_SIGNING_SECRET", cls.signing_keys),
            issuer_hosts=issuer_hosts(environment.get("ROLLCALL_ISSUER_HOSTS", "")),
            rate=_number(environment, "ROLLCALL_RATE", cls.rate, "requests a second", least=0),
            access_rate=_number(
                environment, "ROLLCALL_ACCESS_RATE", cls.access_rate, "questions a second", least=0
            ),
            functions=_functions(environment.get("ROLLCALL_FUNCTIONS", "")),
        )


def issuer_hosts(text: str) -> frozenset[str]:
    """Read hosts with commas between."""
    return frozenset(host for each in text.split(",") if (host := each.strip().lower()))


def _functions(text: str) -> dict[str, str]:
    """Read `users=NAME,groups=NAME`."""
    pairs = [each.partition("=") for each in text.split(",") if each]
    return {name: function for function, _, name in pairs}


def _days(environment: Mapping[str, str], name: str, default: int) -> int:
    return _number(environment, name, default, "days", least=1)


def _number(environment: Mapping[str, str], name: str, default: int, of: str, *, least: int) -> int:
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text[:9]) >= least):
        raise OperatorError(f"{name} is a number of {of}, not {text!r}")
    return int(text)
