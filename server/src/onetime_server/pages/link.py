"""The recipient's page: who sent what until when, and the button that shows it once.

Read, burned, expired and never there are one page: only the creator may tell them apart.
"""

from __future__ import annotations

from fastapi import Request, Response

from .. import consuming
from ..errors import RateLimitedError, TooManyWrongPassphrasesError, UnknownSecretError, UnreadableSecretError
from ..incoming import Parameters, stranger
from ..languages import Language
from ..params import as_text
from ..services import Server, Services
from ..vault import WrongPassphraseError
from . import download
from .page import Reader, is_from_our_form, page, refusal_of

_PURPOSE = "reveal"
# Where the browser does not fit the field to its text: a phone's lines are as long.
_COLUMNS = 34
_FEWEST_ROWS, _MOST_ROWS = 2, 24


def show(request: Request, server: Server, reader: Reader, key: str) -> Response:
    """The page with the button."""
    return _link_page(server, reader, stranger(request), key)


def reveal(request: Request, server: Server, reader: Reader, params: Parameters, key: str) -> Response:
    """The page with the secret, which is gone then."""
    caller = stranger(request)
    if not is_from_our_form(params, server.vault.form_token(_PURPOSE, key)):
        return _link_page(server, reader, caller, key, status=403, problem="not our form")
    try:
        value = consuming.reveal(server, caller, key, as_text(params.get("passphrase")))
    except UnknownSecretError:
        return _gone(reader)
    except (WrongPassphraseError, TooManyWrongPassphrasesError, RateLimitedError) as error:
        return _link_page(server, reader, caller, key, **refusal_of(error))
    except UnreadableSecretError:
        return page("unreadable.html", reader, status=410, reopens=False)
    return _secret_page(server, reader, value)


def _link_page(
    server: Services, reader: Language, caller: str, key: str, *, status: int = 200, problem: str = ""
) -> Response:
    try:
        receipt = server.store.look(key)
    except UnknownSecretError:
        return _gone(reader)
    left = consuming.tries_left(server, caller, receipt, "reveal") if receipt.has_passphrase else None
    return page(
        "link.html",
        reader,
        status=status,
        receipt=receipt,
        seconds_left=receipt.secret_expires - server.clock(),
        token=server.vault.form_token(_PURPOSE, key),
        tries_left=left,
        problem="locked" if left == 0 else problem,
    )


def _secret_page(server: Services, reader: Language, value: str) -> Response:
    lines = value.splitlines()
    rows = sum(1 + len(line) // _COLUMNS for line in lines)
    return page(
        "secret.html",
        reader,
        reopens=False,
        value=value,
        rows=min(_MOST_ROWS, max(_FEWEST_ROWS, rows)),
        file=download.offer(server, value) if len(lines) > 1 else None,
    )


def _gone(reader: Language) -> Response:
    return page("gone.html", reader, status=404)
