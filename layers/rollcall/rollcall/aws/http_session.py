"""The HTTP session beneath the SDK's retries: only a complete answer counts.

botocore accepts what arrived before the connection closed, and a DynamoDB answer that was cut off
reads as "no such item". Here that is a closed connection: the SDK retries the call with the same
request token, and fails when that does not help. Each attempt ends with the deadline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ConnectionClosedError
from botocore.httpsession import get_cert_path
from urllib3.exceptions import HTTPError

from rollcall.aws import deadline

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.httpsession import URLLib3Session

_WITHOUT_BODY = frozenset({204, 304})


class DeadlineExceeded(BotoCoreError):  # noqa: N818
    """No time is left for an attempt; it is not made."""

    fmt = "No time is left to call {endpoint_url}"


class HttpSession:
    """A session of the SDK whose answers are complete and whose attempts end with the deadline."""

    def __init__(self, session: URLLib3Session, read_timeout: float) -> None:
        """`read_timeout` is how many seconds one read waits, unless the deadline is earlier."""
        self._session = session
        self._read_timeout = read_timeout

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request. Raises DeadlineExceeded, and what the SDK's session raises."""
        left = deadline.seconds_left()
        if left <= 0:
            raise DeadlineExceeded(endpoint_url=request.url)
        if left < self._read_timeout:
            request.context["read_timeout"] = left  # type: ignore[attr-defined]  # stubs are older
        response = self._session.send(request)
        if not _is_whole(request, response):
            response.raw.close()
            raise ConnectionClosedError(endpoint_url=request.url)
        return response

    @property
    def certificates(self) -> str:
        """The file of the certificates that are trusted."""
        session: Any = self._session
        return str(get_cert_path(session._verify))

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


def use_whole_answers(client: Any, read_timeout: float) -> HttpSession:
    """Make a client refuse incomplete answers and keep to deadlines; return its session."""
    endpoint = client._endpoint  # the SDK has no other way in beneath its retries
    endpoint.http_session = session = HttpSession(endpoint.http_session, read_timeout)
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", _stop_in_time)
    return session


def _is_whole(request: AWSPreparedRequest, response: AWSResponse) -> bool:
    """Tell whether an answer is complete (RFC 9112 section 8).

    AWS always says how long a body is. Without a length, the headers were cut off.
    """
    if request.method == "HEAD" or response.status_code in _WITHOUT_BODY:
        return True
    length = response.headers.get("Content-Length")
    chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if length is None and not chunked:
        return False
    if request.stream_output and response.status_code < 300:
        return True  # the reader of the stream notices at its end
    try:
        body = response.content
    except HTTPError:  # the last chunk did not come
        return False
    return chunked or length == str(len(body))


def _stop_in_time(attempts: int, **_: Any) -> bool | None:
    """Make no further attempt where the SDK's pause before it may outlast the deadline.

    False ends the attempts. None leaves it to the SDK, which pauses up to 2 ** (attempts - 1)
    seconds.
    """
    return False if deadline.seconds_left() < 2 ** (attempts - 1) else None
