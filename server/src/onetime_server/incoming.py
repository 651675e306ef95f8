"""What a handler gets of a request: who calls, the parameters, the key in the path."""

from __future__ import annotations

import base64
import re
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from . import params
from .accounts import Account
from .errors import ApiError, NotAuthorizedError, OversizedRequestError
from .services import Server

# A million characters of four bytes, each percent-encoded: more than any release accepts as a secret.
_LARGEST_BODY = 13_000_000
_KEY = re.compile(r"[0-9A-Za-z_-]+")


async def _parameters(request: Request, server: Server) -> params.Params:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise OversizedRequestError
    # In a thread, because a large body takes its time, and others shall not wait for it.
    return await run_in_threadpool(
        params.read,
        request.scope["query_string"],
        request.headers.get("content-type", ""),
        bytes(body),
        json_bodies=server.profile.json_bodies,
    )


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def _caller(request: Request, server: Server) -> Account | None:
    """The account of the HTTP Basic credentials, None without. Wrong ones never fall back to anonymous."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    if not server.settings.auth_enabled:
        raise ApiError(f"{request.url.path} is not available")
    user, token = _credentials(authorization)
    account = server.accounts.authenticate(user, token)
    if account is None:
        raise NotAuthorizedError
    return account


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _blank, encoded = authorization.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        raise NotAuthorizedError from None
    if scheme.lower() != "basic" or not separator:
        raise NotAuthorizedError
    return user, token


def _subject(request: Request, caller: Annotated[Account | None, Depends(_caller)]) -> str:
    """Whom limits count for: the account, or the address of an anonymous caller."""
    return address(request) if caller is None else caller.email


def _key(key: str, server: Server) -> str:
    if not _KEY.fullmatch(key):
        raise HTTPException(404)
    if len(key) < server.profile.shortest_key:
        raise ApiError("Not Found")
    return key


Parameters = Annotated[params.Params, Depends(_parameters)]
Caller = Annotated[Account | None, Depends(_caller)]
Subject = Annotated[str, Depends(_subject)]
Key = Annotated[str, Depends(_key)]
