"""The routes of the v1 API (contract §1 and §3 to §8)."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Depends
from starlette.routing import BaseRoute

from . import consuming, openapi, sharing
from .errors import InvalidRequestError, NotAuthorizedError, RateLimitedError, UnexpectedError, UnknownSecretError
from .incoming import Caller, Host, Key, Parameters, Subject, limit_creations
from .openapi import documented
from .params import as_text
from .profile import Profile
from .responses import ApiReply
from .services import Server, Services
from .vault import WrongPassphraseError

PREFIX = "/api/v1"


@cache
def routes(profile: Profile) -> list[BaseRoute]:
    """Every route of the release. What is not in here is answered with {"error": "Not Found"}."""
    router = APIRouter(prefix=PREFIX, default_response_class=ApiReply)
    read, write = ["GET", "HEAD"], ["POST"]
    new: dict[str, Any] = {"methods": write, "dependencies": [Depends(limit_creations)]}
    create = create_nested if profile.create_wants_nesting else share

    router.add_api_route("/status", status, methods=read, **documented(openapi.Health))
    router.add_api_route("/authcheck", authcheck, methods=read, **documented(openapi.Health))
    router.add_api_route("/share", share, **new, **documented(openapi.Metadata, openapi.Share))
    router.add_api_route("/create", create, **new, **documented(openapi.Metadata, openapi.Share))
    router.add_api_route("/generate", generate, **new, **documented(openapi.Metadata, openapi.Generate))
    router.add_api_route("/secret/{key}", reveal, methods=write, **documented(openapi.Revealed, openapi.Passphrase))
    for name in profile.receipt_routes:
        router.add_api_route(f"/{name}/recent", recent, methods=read, **documented(list[openapi.Metadata]))
        router.add_api_route(f"/{name}/{{key}}", receipt_unseen, methods=["HEAD"], include_in_schema=False)
        router.add_api_route(f"/{name}/{{key}}", receipt, methods=["GET", *write], **documented(openapi.Metadata))
    for name in profile.burn_routes:
        path = f"/{name}/{{key}}/burn"
        router.add_api_route(path, burn, methods=write, **documented(openapi.Burned, openapi.Passphrase))
    return router.routes


def status(_caller: Caller) -> ApiReply:
    """GET status: well, unless the credentials are wrong."""
    return ApiReply({"status": "nominal", "locale": "en"})


def authcheck(caller: Caller) -> ApiReply:
    """GET authcheck: credentials are needed."""
    if caller is None:
        raise NotAuthorizedError
    return status(caller)


def share(server: Server, params: Parameters, caller: Caller, subject: Subject, host: Host) -> ApiReply:
    """POST share."""
    _limit_anonymous(server, "create", caller, subject)
    created = sharing.share(server, caller, params, host)
    return ApiReply(server.documents.created(created, caller, server.clock()))


def create_nested(server: Server, params: Parameters, caller: Caller, subject: Subject, host: Host) -> ApiReply:
    """POST create in the releases that want `secret[secret]=…&secret[ttl]=…`."""
    nested = params.get("secret")
    if not isinstance(nested, dict):
        raise InvalidRequestError("Incorrect payload format")
    return share(server, nested, caller, subject, host)


def generate(server: Server, params: Parameters, caller: Caller, subject: Subject, host: Host) -> ApiReply:
    """POST generate."""
    _limit_anonymous(server, "create", caller, subject)
    created, value = sharing.generate(server, caller, params, host)
    return ApiReply(server.documents.created(created, caller, server.clock(), value))


def reveal(server: Server, params: Parameters, caller: Caller, subject: Subject, key: Key) -> ApiReply:
    """POST secret/KEY. A wrong passphrase cannot be told from a missing secret."""
    _limit_anonymous(server, "read", caller, subject)
    try:
        value = consuming.reveal(server, subject, key, as_text(params.get("passphrase")))
    except WrongPassphraseError:
        raise UnknownSecretError from None
    return ApiReply({"value": value, "secret_key": key, "share_domain": server.settings.public_url})


def receipt(server: Server, _params: Parameters, caller: Caller, key: Key) -> ApiReply:
    """GET or POST private/KEY: whoever has the key may ask."""
    asked, value = server.store.ask(key)
    return ApiReply(
        server.documents.asked(asked, caller, server.clock(), value.decode() if value is not None else None)
    )


def receipt_unseen(server: Server, caller: Caller, key: Key) -> ApiReply:
    """HEAD private/KEY: nobody sees the reply's body, so it neither views the secret nor uses up its one echo."""
    return ApiReply(server.documents.asked(server.store.find(key), caller, server.clock(), None))


def burn(server: Server, params: Parameters, caller: Caller, subject: Subject, key: Key) -> ApiReply:
    """POST private/KEY/burn: whoever has the key, and the passphrase if there is one, may burn."""
    try:
        burned = consuming.burn(server, caller, subject, key, as_text(params.get("passphrase")))
    except WrongPassphraseError:
        raise InvalidRequestError(server.profile.refused_burn_text) from None
    return ApiReply(server.documents.burned(burned, caller, server.clock()))


def recent(server: Server, caller: Caller) -> ApiReply:
    """GET private/recent."""
    if caller is None:
        raise NotAuthorizedError
    if not server.profile.recent_works:
        raise UnexpectedError
    return ApiReply(server.documents.recent(server.store.recent(caller), caller, server.clock()))


def _limit_anonymous(server: Services, event: str, caller: Caller, subject: str) -> None:
    if caller is None and not server.throttle.admits(event, subject, server.profile.anonymous_requests_per_address):
        raise RateLimitedError(server.profile.rate_limit_text)
