"""The signing keys of a deployment: the two newest versions of one secret.

Secrets Manager itself labels them, AWSCURRENT and AWSPREVIOUS. The id of a key is the beginning of
its version's id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from rollcall.aws.aws_errors import translated_errors
from rollcall.operator_error import OperatorError
from rollcall.scim.instant import instant

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS = 300.0
COOL_DOWN_SECONDS = 5.0
"""How long the keys are cached; for an unknown id, and for a key that is to sign, not as long."""

SIGNS_AFTER = timedelta(seconds=60)
"""A new key signs when it is older than COOL_DOWN_SECONDS: whoever reads the keys finds it then."""

MIN_AGE = timedelta(hours=7)
"""The age of a key that may be replaced: longer than any access token is valid, because the key
before it is then gone."""

_NEXT = UUID("6e2bb3a5-6d4f-4d55-8d8b-7a6b4c3d2e1f")


@dataclass(frozen=True)
class SigningKey:
    """A signing key; `id` names it in what it has signed and is no secret."""

    id: str
    version: str
    created: datetime
    key: bytes = field(repr=False)


class SigningKeys:
    """The signing keys, read when they are first needed, and cached.

    They are no part of a snapshot of a function, which would last longer than they do.
    """

    def __init__(
        self,
        client: SecretsManagerClient,
        secret: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._secret = secret
        self._clock = clock
        self._keys: tuple[SigningKey, ...] = ()
        self._read_at = float("-inf")
        self._lock = Lock()

    def current(self) -> SigningKey:
        """Return the key that signs: the newest one, or the one before it for a minute.

        It is one of the two newest also after two rotations at once: what any other key signs is
        refused.
        """
        keys = self._cached(COOL_DOWN_SECONDS)
        is_new = self._clock() - keys[0].created < SIGNS_AFTER
        return keys[-1] if is_new else keys[0]

    def find(self, identifier: str) -> SigningKey | None:
        """Return the key with an id, None when there is none (any more).

        Raises Unavailable while the keys cannot be read.
        """
        for seconds in (CACHE_SECONDS, COOL_DOWN_SECONDS):
            for key in self._cached(seconds):
                if key.id == identifier:
                    return key
        return None

    def rotate(self, *, force: bool = False) -> SigningKey:
        """Add a key; the newest one becomes the one before it, and the one before that is gone.

        Raises OperatorError while the one before may have signed tokens that are still valid,
        unless `force` says that these tokens are to end.
        """
        keys = self._read()
        free = keys[0].created + MIN_AGE
        if len(keys) > 1 and self._clock() < free and not force:
            raise OperatorError(
                f"the signing key was rotated at {instant(keys[0].created)}; tokens of the key "
                f"before it may be in use until {instant(free)}: rotate then, or with --force"
            )
        # The same version for two operators who rotate the same key: the second one is refused.
        version = str(uuid5(_NEXT, keys[0].version))
        try:
            with translated_errors():
                self._client.put_secret_value(
                    SecretId=self._secret,
                    ClientRequestToken=version,
                    SecretString=token_hex(32),
                )
        except self._client.exceptions.ResourceExistsException as error:
            raise OperatorError("the signing key was rotated by somebody else just now") from error
        return self._read()[0]

    def _cached(self, seconds: float) -> tuple[SigningKey, ...]:
        """Return the keys as they were at most some seconds ago."""
        with self._lock:
            now = self._clock().timestamp()
            # Also when the clock was set back: their age is unknown then.
            if not 0 <= now - self._read_at < seconds:
                self._keys = self._read()
                self._read_at = now
            return self._keys

    def _read(self) -> tuple[SigningKey, ...]:
        current = self._version("AWSCURRENT")
        try:
            return current, self._version("AWSPREVIOUS")
        except self._client.exceptions.ResourceNotFoundException:
            return (current,)  # it was never rotated

    def _version(self, stage: str) -> SigningKey:
        with translated_errors():
            answer = self._client.get_secret_value(SecretId=self._secret, VersionStage=stage)
        version, created = answer["VersionId"], answer["CreatedDate"]
        return SigningKey(version[:8], version, created, answer["SecretString"].encode())
