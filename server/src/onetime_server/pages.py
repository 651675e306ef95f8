"""The pages that people open: the recipient's page of a link, and the creator's page of a receipt.

Opening the link (GET, HEAD) never reads the secret: mail scanners and link previews do that. Its button posts a form.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import reading
from .errors import RateLimitedError, TooManyWrongPassphrasesError, UnknownSecretError, UnreadableSecretError
from .incoming import Parameters, address
from .params import as_text
from .services import Server, Services
from .store import Receipt
from .vault import WrongPassphraseError

_templates = Environment(loader=PackageLoader("onetime_server"), autoescape=True, undefined=StrictUndefined)
_style = _templates.get_template("style.css").render()
_style_hash = base64.b64encode(hashlib.sha256(_style.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_style_hash}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def routes() -> APIRouter:
    """`/secret/KEY` and `/receipt/KEY`."""
    router = APIRouter(default_response_class=Response)
    router.add_api_route("/secret/{key}", show_link, methods=["GET", "HEAD"])
    router.add_api_route("/secret/{key}", show_secret, methods=["POST"])
    router.add_api_route("/receipt/{key}", show_receipt, methods=["GET", "HEAD"])
    return router


def show_link(server: Server, key: str) -> Response:
    """The page with the button."""
    return _link_page(server, key)


def show_secret(request: Request, server: Server, params: Parameters, key: str) -> Response:
    """The page with the secret, which is gone then."""
    # The token proves that our page was loaded first: what posts blindly, or from another site, reads nothing.
    token = as_text(params.get("token")).encode("utf-8", "replace")
    if not hmac.compare_digest(token, server.vault.form_token(key).encode()):
        return _link_page(server, key, status=403, problem="Please press the button on this page.")
    try:
        value = reading.reveal(server, address(request), key, as_text(params.get("passphrase")))
    except UnknownSecretError:
        return _gone()
    except WrongPassphraseError:
        return _link_page(server, key, status=403, problem="That passphrase does not open this secret.")
    except (TooManyWrongPassphrasesError, RateLimitedError):
        return _link_page(server, key, status=429, problem="Too many wrong passphrases. Try again in half an hour.")
    except UnreadableSecretError:
        return _page("unreadable.html", status=410)
    return _page("secret.html", value=value, lines=min(20, max(3, value.count("\n") + 1)))


def show_receipt(server: Server, key: str) -> Response:
    """The creator's page: what has become of the secret, without the link."""
    try:
        receipt = server.store.find(key)
    except UnknownSecretError:
        return _gone()
    return _page("receipt.html", receipt=receipt, fate=_fate(receipt, server.clock()), time=_time)


def _link_page(server: Services, key: str, *, status: int = 200, problem: str = "") -> Response:
    try:
        receipt = server.store.look(key)
    except UnknownSecretError:
        return _gone()
    token = server.vault.form_token(key)
    return _page("link.html", status=status, receipt=receipt, token=token, problem=problem, time=_time)


def _gone() -> Response:
    return _page("gone.html", status=404)


def _page(template: str, *, status: int = 200, **content: Any) -> Response:
    html = _templates.get_template(template).render(style=Markup(_style), **content)  # noqa: S704 - our own file
    return Response(html, status, _HEADERS, "text/html; charset=utf-8")


def _fate(receipt: Receipt, now: float) -> str:
    if receipt.unread:
        return "not read yet"
    if receipt.state in ("new", "viewed"):
        return "expired" if now >= receipt.secret_expires else "orphaned"
    return receipt.state


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
