"""What a handler gets of a request: who calls, the parameters, the key in the path."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, HTTPException, Request

from . import params
from .accounts import Account
from .addresses import is_loopback, network_of
from .errors import ApiError, NotAuthorizedError, OversizedRequestError, RateLimitedError
from .services import services_of

# What is asked of every request is async, though it waits for nothing: FastAPI starts a thread for each that is not.

# More takes its time to be read: in a thread, because others shall not wait for it.
_QUICK = 100_000
_KEY = re.compile(r"[0-9A-Za-z_-]+")


async def _parameters(request: Request) -> params.Params:
    server = await services_of(request)
    body = await _body(request, server.profile.largest_body)
    read = partial(
        params.read,
        request.scope["query_string"],
        request.headers.get("content-type", ""),
        body,
        json_bodies=server.profile.json_bodies,
    )
    return read() if len(body) <= _QUICK else await to_thread.run_sync(read, limiter=server.large_bodies)


async def _body(request: Request, most: int) -> bytes:
    """The whole body. One that is too large is received to its end all the same, but not kept: its sender waits for that."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > most:
        raise OversizedRequestError
    return b"".join(chunks)


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def stranger(request: Request) -> str:
    """Whom limits count for where no account calls."""
    return network_of(address(request))


async def _caller(request: Request) -> Account | None:
    """The account of the HTTP Basic credentials, None without. Wrong ones never fall back to anonymous."""
    server = await services_of(request)
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


async def limit_creations(request: Request, caller: Annotated[Account | None, Depends(_caller)]) -> None:
    """Refuse what an account, or an address, creates beyond its limit. This machine has none."""
    server, host = await services_of(request), address(request)
    if is_loopback(host):
        return
    settings = server.settings
    counted = [("created from", stranger(request), settings.creations_per_address)]
    if caller is not None:
        counted.append(("created by", caller.email, settings.creations_per_account))
    if not all(server.throttle.admits(event, subject, most or None) for event, subject, most in counted):
        raise RateLimitedError(server.profile.rate_limit_text)


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _blank, encoded = authorization.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        raise NotAuthorizedError from None
    if scheme.lower() != "basic" or not separator:
        raise NotAuthorizedError
    return user, token


async def _subject(request: Request, caller: Annotated[Account | None, Depends(_caller)]) -> str:
    """Whom limits count for: the account, or the address of an anonymous caller."""
    return stranger(request) if caller is None else caller.email


async def _host(request: Request) -> str:
    return request.headers.get("host", "").partition(":")[0]


async def _key(request: Request) -> str:
    key: str = request.path_params["key"]
    server = await services_of(request)
    if not _KEY.fullmatch(key):
        raise HTTPException(404)
    if len(key) < server.profile.shortest_key:
        raise ApiError("Not Found")
    return key


Parameters = Annotated[params.Params, Depends(_parameters)]
Caller = Annotated[Account | None, Depends(_caller)]
Subject = Annotated[str, Depends(_subject)]
Host = Annotated[str, Depends(_host)]
Key = Annotated[str, Depends(_key)]
