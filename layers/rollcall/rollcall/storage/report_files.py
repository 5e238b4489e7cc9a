"""Reports: files in a private bucket, and links that lead to a signed URL.

A URL that a function signs expires with the session of the function's role, after hours. So a link
holds a code, and the URL is signed when the link is followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import IO, TYPE_CHECKING

from rollcall.aws.aws_errors import translated_errors
from rollcall.operator_error import OperatorError
from rollcall.storage import deployment_keys
from rollcall.storage.table import Table

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINK_DAYS = 7
"""How long a link to a report works."""

CHUNK = 1 << 20
"""How many bytes of a file are read at a time."""

URL_SECONDS = 120
"""How long a signed URL works."""


class ReportError(OperatorError):
    """A report does not exist; the message is one sentence."""


@dataclass(frozen=True)
class ReportFormat:
    """A format in which a report is written."""

    name: str
    media_type: str
    disposition: str

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"duplicates.{self.name}"


FORMATS = {
    each.name: each
    for each in (
        ReportFormat("html", "text/html; charset=utf-8", "inline"),
        ReportFormat("csv", "text/csv; charset=utf-8", "attachment"),
        ReportFormat("json", "application/json", "attachment"),
    )
}


class ReportFiles:
    """The reports of all tenants."""

    def __init__(self, s3: S3Client, bucket: str, table: Table) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._table = table

    def write(self, path: str, form: ReportFormat, body: IO[bytes]) -> None:
        """Write a report in one format; `path` is a `report_path`."""
        with translated_errors():
            self._s3.put_object(
                Bucket=self._bucket,
                Key=f"{path}/{form.file}",
                Body=body,
                ContentType=form.media_type,
                ContentDisposition=f'{form.disposition}; filename="{form.file}"',
            )

    def read(self, path: str, form: ReportFormat) -> Iterator[bytes]:
        """Yield a report in chunks.

        Raises ReportError when it does not exist, Unavailable when the download breaks off.
        """
        with translated_errors():
            try:
                response = self._s3.get_object(Bucket=self._bucket, Key=f"{path}/{form.file}")
            except self._s3.exceptions.NoSuchKey as error:
                raise ReportError("the report is not kept any more") from error
            yield from response["Body"].iter_chunks()

    def copy(self, tenant: str, to: ReportFiles) -> Iterator[int]:
        """Copy the reports of a tenant to another bucket, one after the other through memory.

        Yields how many there are so far; those that are there in the same size are left.
        """
        with translated_errors():
            there, here = dict(to._files(tenant)), dict(self._files(tenant))
        for number, (name, size) in enumerate(here.items(), 1):
            if there.get(name) != size:
                with translated_errors():
                    found = self._s3.get_object(Bucket=self._bucket, Key=name)
                    to._s3.put_object(
                        Bucket=to._bucket,
                        Key=name,
                        Body=found["Body"].read(),
                        ContentType=found["ContentType"],
                        ContentDisposition=found["ContentDisposition"],
                    )
            yield number

    def delete(self, tenant: str) -> None:
        """Delete the reports of a tenant; links to them expire by themselves."""
        self.delete_report(tenant)

    def delete_report(self, path: str) -> None:
        """Delete the files of a report, or of all reports below a path; may be repeated."""
        with translated_errors():
            for key in self._keys(path):
                self._s3.delete_object(Bucket=self._bucket, Key=key)

    def naming(self, tenant: str, words: Collection[str]) -> set[str]:
        """Return the paths of the reports of a tenant that hold one of some words, such as ids."""
        with translated_errors():
            return {key.rpartition("/")[0] for key in self._keys(tenant) if self._holds(key, words)}

    def _keys(self, path: str) -> Iterator[str]:
        return (key for key, _ in self._files(path))

    def _files(self, path: str) -> Iterator[tuple[str, int]]:
        """Yield the keys of the files below a path, and their sizes."""
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=f"{path}/"):
            yield from ((listed["Key"], listed["Size"]) for listed in page.get("Contents", ()))

    def _holds(self, key: str, words: Collection[str]) -> bool:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        except self._s3.exceptions.NoSuchKey:
            return False  # deleted meanwhile
        sought = [word.encode() for word in words]
        end = b""
        for chunk in body.iter_chunks(CHUNK):
            text = end + chunk  # a word may lie across two chunks
            if any(word in text for word in sought):
                return True
            end = text[-max(map(len, sought)) :]
        return False

    def create_link(self, path: str, now: datetime, code: str = "") -> str:
        """Create a link to a report and return its code, of which only a digest is stored."""
        code = code or token_urlsafe(24)
        expires = int((now + timedelta(days=LINK_DAYS)).timestamp())
        self._table.put(_link(code), {"place": path, "expires": expires})
        return code

    def signed_url(self, code: str, form: ReportFormat, now: datetime) -> str | None:
        """Return a newly signed URL, None for an unknown or expired code."""
        item = self._table.get(_link(code))
        if item is None or int(item["expires"]) <= now.timestamp():
            return None
        parameters = {"Bucket": self._bucket, "Key": f"{item['place']}/{form.file}"}
        return self._s3.generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=URL_SECONDS
        )


def report_path(tenant: str, run: str) -> str:
    """Return the prefix of the files of a run's report."""
    return f"{tenant}/{run.replace(':', '')}"


def _link(code: str) -> dict[str, str]:
    return deployment_keys.report_link(sha256(code.encode()).hexdigest())
