"""The endpoint where the product asks who may sign in, of each tenant."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from rollcall.directory.access_check import AccessCheck
from rollcall.http import request_body, worker
from rollcall.http.responses import ScimResponse
from rollcall.model.access_question import AccessQuestion
from rollcall.scim.errors import ForbiddenException, MethodNotAllowed
from rollcall.tenants.authentication import Caller
from rollcall.tenants.tenants import READ_ONLY

MAX_BODY = 16_384
"""The bytes of a question: four values of a thousand characters."""

MAX_AGE = 60
"""For how many seconds a product may use an answer again."""

_HEADERS = {"Cache-Control": f"private, max-age={MAX_AGE}"}


class AccessEndpoint:
    """Answers questions of authenticated products; `open_check` returns the check of a caller."""

    def __init__(self, open_check: Callable[[Caller], AccessCheck]) -> None:
        self._open_check = open_check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a question. Whom it is about is in no log."""
        request = Request(scope, receive)
        if request.method != "POST":
            raise MethodNotAllowed(request.method, ["POST"])
        caller: Caller = request.state.caller
        if caller.scope != READ_ONLY:
            raise ForbiddenException(
                detail="this takes a read-only token: a product needs none that writes"
            )
        question = AccessQuestion.of(await request_body.read(request, MAX_BODY))
        answer = await worker.run(scope, self._open_check(caller).answer, question)
        request.state.log["access"] = answer.refused or "active"
        await ScimResponse(answer.content, headers=_HEADERS)(scope, receive, send)
