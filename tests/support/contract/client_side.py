"""Every recorded reply goes through the real client, over real HTTP, and comes out as what it means.

What the client makes of a reply is compared with what the recording says, as two mappings. The client never sends HEAD:
the reply to one, which has no body, is given to `status` and must come out as a reply that was lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import (
    Issued,
    Metadata,
    Revealed,
    Status,
)
from tests.support.contract.agreement import Checked, compared, is_cut
from tests.support.recorded import Exchange
from tests.support.replay import Answer, Replay, replaying

SIDE = "client"
KEY = "k" * 31
PASSPHRASE = "correct-horse"
RECIPIENTS = {"al": "alice.smith@example.com", "bo": "bob@example.org"}
READS = ("status", "metadata", "recent")

_ENDPOINTS = [
    (r"/(share|create)", "share"),
    (r"/generate", "generate"),
    (r"/secret/.+", "reveal"),
    (r"/(private|metadata|receipt)/recent", "recent"),
    (r"/(private|metadata|receipt)/.+/burn", "burn"),
    (r"/(private|metadata|receipt)/.+", "metadata"),
]
_MEANING = [
    (r"Unknown secret", errors.UnknownSecret),
    (r"Not authorized", errors.NotAuthorized),
    (r"Not Found", errors.WrongAddress),
    (r".* is not available", errors.NotAvailable),
    (r"Double check that passphrase|Incorrect passphrase", errors.WrongPassphrase),
    (r"Cripes! You have been rate limited\.", errors.RateLimited),
    (r"An unexpected error occurred :\[|Internal Server Error", errors.ServerFault),
    (r"You did not provide anything to share", errors.Rejected),
    (r"Incorrect payload format", errors.Rejected),
    (r"Passphrase must be (at least \d+|no more than 128) characters long", errors.Rejected),
    (r"Secret value exceeds the maximum size of \d+ (bytes|characters)", errors.Rejected),
    (r"Generated password length must be no more than \d+ characters", errors.Rejected),
    (r"An account is required to send emails\.", errors.Rejected),
    (r"Undeliverable email address: .*", errors.Rejected),
    (r"Unknown domain: .*", errors.Rejected),
    (r"You do not have permission to use domain: .*", errors.Rejected),
]


def check(release: str, exchanges: list[Exchange]) -> list[Checked]:
    """Every exchange of one release."""
    with replaying(Answer()) as server:
        return [_checked(server, release, exchange) for exchange in exchanges]


def call_for(exchange: Exchange) -> str:
    """The client's call that gets a reply like the recorded one, judged by the path alone."""
    path = exchange.path.removeprefix("/api/v1").removesuffix("/")
    return next((call for pattern, call in _ENDPOINTS if re.fullmatch(pattern, path)), "status")


def _checked(server: Replay, release: str, exchange: Exchange) -> Checked:
    reply = exchange.reply
    server.answers = [Answer(reply.status, body=reply.body, headers=reply.headers)]
    call = call_for(exchange)
    try:
        differences = compared(_expected(exchange, call), _found(server.url, exchange, call))
    except KeyError as missing:
        differences = [f"the recording lacks {missing}"]
    deliberate = ""
    if exchange.method == "HEAD":
        deliberate = "the client sends no HEAD; a reply without the body it needs is a lost one to it"
    elif is_cut(exchange):
        deliberate = "the recording keeps only the beginning of the body, which is a lost reply to the client"
    return Checked(SIDE, release, exchange.section, exchange.name, differences, deliberate)


def _found(url: str, exchange: Exchange, call: str) -> Any:
    with Client(Address.of(url), sleep=lambda _seconds: None) as client:
        try:
            result = _calls(client, exchange.reply.json)[call]()
        except errors.OnetimeError as error:
            return _told_by_error(error, exchange)
    return [_told(one) for one in result] if isinstance(result, list) else _told(result)


def _calls(client: Client, reply: Any) -> dict[str, Callable[[], object]]:
    told = reply if isinstance(reply, dict) else {}
    burned = told.get("state")
    key = (burned if isinstance(burned, dict) else told).get("metadata_key") or KEY
    asked = _asked_for(told)
    return {
        "status": client.status,
        "share": lambda: client.share(ShareRequest(secret="s3cret", **asked)),
        "generate": lambda: client.generate(GenerateRequest(**asked)),
        "reveal": lambda: client.reveal(KEY),
        "metadata": lambda: client.metadata(key),
        "burn": lambda: client.burn(key),
        "recent": client.recent,
    }


def _asked_for(told: dict[str, Any]) -> dict[str, Any]:
    """What a client asked for whom the reply suits; the recorded requests also hold what this client would not send."""
    return {
        "recipient": next((RECIPIENTS[shown[:2]] for shown in told.get("recipient") or ()), None),
        "share_domain": told.get("share_domain") or None,
        "passphrase": PASSPHRASE if told.get("passphrase_required") else None,
    }


def _told(result: object) -> dict[str, Any]:
    match result:
        case Status():
            return {"status": result.status, "locale": result.locale}
        case Revealed():
            return {"value": result.value.get_secret_value()}
        case Issued():
            return _told_by_record(result) | {
                "secret_key": result.secret_key.get_secret_value(),
                "passphrase_required": result.passphrase_required,
                "value": result.value.get_secret_value() if result.value else None,
            }
        case Metadata():
            return _told_by_record(result) | {
                "secret_key": result.secret_key.get_secret_value() if result.secret_key else "",
                "unread": result.is_unread,
                "final": result.is_final,
                "updated": result.updated,
                "received": result.received,
                "secret_ttl": result.secret_ttl,
                "metadata_ttl": result.metadata_ttl,
                "passphrase_required": result.passphrase_required,
                "echoed": [name for name in ("value", "secret_value") if hasattr(result, name)],
            }
        case None:
            return {"burned": True}
    raise TypeError(type(result).__name__)


def _told_by_record(record: Issued | Metadata) -> dict[str, Any]:
    return {
        "metadata_key": record.metadata_key.get_secret_value(),
        "state": str(record.state),
        "ttl": record.ttl,
        "created": record.created,
        "expires_at": record.expires_at,
        "recipient": list(record.recipient),
        "share_domain": record.share_domain,
    }


def _told_by_error(error: errors.OnetimeError, exchange: Exchange) -> dict[str, Any]:
    json = exchange.reply.json if isinstance(exchange.reply.json, dict) else {}
    shown = str(error) + repr(error) + repr(vars(error))
    return {
        "raises": type(error).__name__,
        "status": error.status if isinstance(error, errors.Refused) else None,
        "retry_safe": error.retry_safe,
        "leaks": [name for name in ("shrimp", "secret_key") if json.get(name) and str(json[name]) in shown],
    }


def _expected(exchange: Exchange, call: str) -> Any:
    reply = exchange.reply
    if reply.status == 200 and isinstance(reply.json, list):
        return [_expected_metadata(entry, listed=True) for entry in reply.json]
    if reply.status == 200 and reply.json is not None:
        return _expected_result(reply.json, call)
    kind = _meaning(exchange)
    reads = call in READS
    lost = kind is errors.ReplyLost
    return {
        "raises": kind.__name__,
        "status": None if lost else reply.status,
        "retry_safe": reads and (lost or reply.status >= 500),
        "leaks": [],
    }


def _meaning(exchange: Exchange) -> type[errors.OnetimeError]:
    reply = exchange.reply
    if reply.status == 200:
        return errors.ReplyLost
    if reply.json is None:
        return errors.ServerFault
    words = str(reply.json.get("message") or reply.json.get("error"))
    return next((kind for pattern, kind in _MEANING if re.fullmatch(pattern, words)), errors.OnetimeError)


def _expected_result(json: dict[str, Any], call: str) -> dict[str, Any]:
    match call:
        case "status":
            return {"status": json["status"], "locale": json["locale"]}
        case "reveal":
            return {"value": json["value"]}
        case "burn":
            return {"burned": set(json) == {"state", "secret_shortkey"}}
        case "metadata":
            return _expected_metadata(json, listed=False)
        case _:
            return _expected_record(json) | {
                "secret_key": json["secret_key"],
                "passphrase_required": json["passphrase_required"],
                "value": json["value"] if call == "generate" else None,
            }


def _expected_metadata(json: dict[str, Any], *, listed: bool) -> dict[str, Any]:
    """Which fields there are depends on the state (contract §6); in the list of recent ones some lack (§8)."""
    vanished = json.get("secret_key") == "" and json["state"] in ("new", "viewed")
    state = "orphaned" if vanished else json["state"]
    unread, received = state in ("new", "viewed"), state == "received"
    return _expected_record(json) | {
        "secret_key": "" if received or listed else json["secret_key"],
        "state": state,
        "unread": unread,
        "final": not unread,
        "updated": json["updated"],
        "received": json["received"] if received else None,
        "secret_ttl": None if received else json["secret_ttl"],
        "metadata_ttl": json["metadata_ttl"],
        "passphrase_required": json["passphrase_required"] if unread and not listed else None,
        "echoed": [],
    }


def _expected_record(json: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata_key": json["metadata_key"],
        "state": json["state"],
        "ttl": json["ttl"],
        "created": json["created"],
        "expires_at": int(json["created"]) + int(json["ttl"]),
        "recipient": json["recipient"],
        "share_domain": str(json["share_domain"]).lower(),
    }
