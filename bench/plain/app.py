"""A function of the usual kind: boto3 and Starlette, one read of DynamoDB for each request."""

import os
from typing import Any

import boto3
from mangum import Mangum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

dynamodb = boto3.client("dynamodb")


async def read(request: Request) -> JSONResponse:
    """Answer with an item of the table, or with none."""
    key = {"pk": {"S": request.url.path}, "sk": {"S": "-"}}
    answer: dict[str, Any] = dynamodb.get_item(TableName=os.environ["ROLLCALL_TABLE"], Key=key)  # type: ignore[assignment]
    return JSONResponse(answer.get("Item", {}))


handler = Mangum(Starlette(routes=[Route("/{path:path}", read)]), lifespan="off")
