"""One secret per tenant in Secrets Manager, changed by compare-and-swap.

A change puts a new version under a label of its own and then moves AWSCURRENT to it from the
version that was read; Secrets Manager refuses that when another writer was faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from botocore.exceptions import ClientError

from rollcall.aws.aws_errors import translated_errors
from rollcall.aws.retry import Retry
from rollcall.scim.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Content: TypeAlias = dict[str, Any]

_CURRENT = "AWSCURRENT"


class SecretExists(Exception):  # noqa: N818
    """There is a secret of this name already."""


class SecretMissing(Exception):  # noqa: N818
    """There is no secret of this name."""


class Secrets:
    """The secrets below one name space, `{prefix}/{name}`."""

    def __init__(
        self, client: SecretsManagerClient, prefix: str, retry: Retry | None = None
    ) -> None:
        self._client = client
        self._prefix = prefix.rstrip("/")
        self._retry = retry or Retry()

    def read(self, name: str) -> Content:
        """Read the current content. Raises SecretMissing."""
        return self._read(name)[0]

    def create(self, name: str, content: Content) -> None:
        """Create a secret. Raises SecretExists."""
        for _ in self._retry.attempts():
            try:
                with translated_errors():
                    self._client.create_secret(
                        Name=self._name(name), SecretString=json.dumps(content)
                    )
            except self._client.exceptions.ResourceExistsException as error:
                # The SDK repeats a call whose answer was lost: then it was this one that made it.
                with suppress(SecretMissing):
                    if self.read(name) == content:
                        return
                raise SecretExists(name) from error
            except self._client.exceptions.InvalidRequestException:
                continue  # a secret of this name is still being deleted
            else:
                return
        raise Unavailable(f"the secret of {name} is still being deleted, try again in a minute")

    def change(
        self,
        name: str,
        edit: Callable[[Content], Content],
        overtaken: Callable[[], object] = lambda: None,
    ) -> Content:
        """Replace the content by the result of `edit`; retry when another change came first.

        `overtaken` is called when another change certainly came first; an attempt whose answer
        was lost may have been applied. Returns the new content. Raises SecretMissing, and what
        `edit` raises.
        """
        for _ in self._retry.attempts():
            content, version = self._read(name)
            edited = edit(content)
            if edited == content:
                return content
            swapped = self._swap(name, version, edited)
            if swapped:
                return edited
            if swapped is False:
                overtaken()
        raise Unavailable(f"too many changes of the secret of {name} at once", status=429)

    def delete(self, name: str) -> None:
        """Delete a secret without recovery; a missing one is no error."""
        with suppress(self._client.exceptions.ResourceNotFoundException), translated_errors():
            self._client.delete_secret(SecretId=self._name(name), ForceDeleteWithoutRecovery=True)

    def names(self) -> Iterator[str]:
        """Yield the names of all secrets below the prefix; new ones appear after some seconds."""
        pages = self._client.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "name", "Values": [f"{self._prefix}/"]}]
        )
        with translated_errors():
            for page in pages:
                for secret in page["SecretList"]:
                    name = secret.get("Name", "")
                    if name.startswith(f"{self._prefix}/"):
                        yield name.removeprefix(f"{self._prefix}/")

    def _read(self, name: str) -> tuple[Content, str]:
        try:
            with translated_errors():
                answer = self._client.get_secret_value(SecretId=self._name(name))
        except self._client.exceptions.ResourceNotFoundException as error:
            raise SecretMissing(name) from error
        except self._client.exceptions.InvalidRequestException as error:
            raise SecretMissing(name) from error  # it is being deleted
        return json.loads(answer["SecretString"]), answer["VersionId"]

    def _swap(self, name: str, version: str, content: Content) -> bool | None:
        """Make `content` current if `version` still is; return whether it was.

        None is unknown: the SDK retried the call, and another version is current.
        """
        secret, candidate = self._name(name), str(uuid4())
        label = f"ROLLCALL-{candidate[:8]}"
        try:
            with translated_errors(but="LimitExceededException"):
                self._client.put_secret_value(
                    SecretId=secret,
                    ClientRequestToken=candidate,
                    SecretString=json.dumps(content),
                    VersionStages=[label],
                )
        except (
            self._client.exceptions.ResourceNotFoundException,
            self._client.exceptions.InvalidRequestException,  # it is being deleted
        ) as error:
            raise SecretMissing(name) from error
        except self._client.exceptions.LimitExceededException as error:
            raise Unavailable(
                f"the secret of {name} was changed about a hundred times today, "
                "which is all that Secrets Manager takes in a day",
                retry_after=3600,
            ) from error
        try:
            with translated_errors():
                self._client.update_secret_version_stage(
                    SecretId=secret,
                    VersionStage=_CURRENT,
                    MoveToVersionId=candidate,
                    RemoveFromVersionId=version,
                )
        except (
            self._client.exceptions.InvalidParameterException,
            self._client.exceptions.InvalidRequestException,
        ) as error:
            # As above: a repeated call finds its version current already.
            if self._read(name)[1] == candidate:
                return True
            return None if error.response["ResponseMetadata"].get("RetryAttempts") else False
        except self._client.exceptions.ResourceNotFoundException as error:
            raise SecretMissing(name) from error
        finally:
            # A secret takes twenty labels in all; a version that lost is then pruned by itself.
            with suppress(ClientError, Unavailable), translated_errors():
                self._client.update_secret_version_stage(
                    SecretId=secret, VersionStage=label, RemoveFromVersionId=candidate
                )
        return True

    def _name(self, name: str) -> str:
        return f"{self._prefix}/{name}"
