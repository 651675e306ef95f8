"""The creator's page: what became of the secret and when, without the link, and a button that burns it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from .. import consuming
from ..errors import RateLimitedError, TooManyWrongPassphrasesError, UnknownSecretError
from ..incoming import Parameters, stranger
from ..languages import Language
from ..params import as_text
from ..services import Server, Services
from ..store import Receipt
from ..vault import WrongPassphraseError
from .page import HEADERS, Reader, is_from_our_form, page, refusal_of

_PURPOSE = "burn"


@dataclass(frozen=True)
class Fate:
    """What became of a secret: `name` is "unread", "received", "burned", "expired" or "orphaned"; `since` where it is known."""

    name: str
    since: float | None


def show(request: Request, server: Server, reader: Reader, key: str) -> Response:
    """The page."""
    return _receipt_page(server, reader, stranger(request), key)


def burn(request: Request, server: Server, reader: Reader, params: Parameters, key: str) -> Response:
    """Destroy an unread secret, and show what became of it."""
    caller = stranger(request)
    if not is_from_our_form(params, server.vault.form_token(_PURPOSE, key)):
        return _receipt_page(server, reader, caller, key, status=403, problem="not our form")
    try:
        consuming.burn(server, None, caller, key, as_text(params.get("passphrase")))
    except (WrongPassphraseError, TooManyWrongPassphrasesError, RateLimitedError) as error:
        return _receipt_page(server, reader, caller, key, **refusal_of(error))
    except UnknownSecretError:  # read, burned or expired meanwhile: the page tells
        return _receipt_page(server, reader, caller, key)
    # A reload shows the page anew instead of sending the form again.
    return RedirectResponse(f"?lang={reader.code}", 303, HEADERS)


def _receipt_page(
    server: Services, reader: Language, caller: str, key: str, *, status: int = 200, problem: str = ""
) -> Response:
    try:
        receipt = server.store.find(key)
    except UnknownSecretError:
        return page("gone.html", reader, status=404)
    left = consuming.tries_left(server, caller, receipt, "burn") if receipt.has_passphrase else None
    return page(
        "receipt.html",
        reader,
        status=status,
        receipt=receipt,
        fate=_fate(receipt, server.clock()),
        token=server.vault.form_token(_PURPOSE, key),
        tries_left=left,
        problem="locked" if left == 0 else problem,
    )


def _fate(receipt: Receipt, now: float) -> Fate:
    if receipt.unread:
        return Fate("unread", None)
    if receipt.state in ("received", "burned"):
        return Fate(receipt.state, receipt.received or receipt.updated)
    if receipt.state == "expired" or now >= receipt.secret_expires:
        return Fate("expired", receipt.secret_expires)
    return Fate("orphaned", None)
