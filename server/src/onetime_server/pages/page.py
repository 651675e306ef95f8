"""What every page has: the reader's language, and headers that keep it from caches, frames, referrers and other sites."""

from __future__ import annotations

import base64
import hashlib
import hmac
from importlib.resources import files
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from markupsafe import Markup

from .. import words
from ..errors import RateLimitedError, TooManyWrongPassphrasesError
from ..languages import LANGUAGES, Language, chosen
from ..params import Params, as_text
from ..vault import WrongPassphraseError

_templates = files("onetime_server") / "templates"
_style = (_templates / "style.css").read_text()
_script = (_templates / "script.js").read_text()


def _source(content: str) -> str:
    """How a Content-Security-Policy allows exactly this."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src {_source(_style)}; script-src {_source(_script)}; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def language_of(request: Request) -> Language:
    """`?lang=` wins over what the browser prefers."""
    return chosen(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))


Reader = Annotated[Language, Depends(language_of)]


def page(template: str, language: Language, *, status: int = 200, reopens: bool = True, **content: Any) -> Response:
    """One page. Where it does not open a second time (`reopens`), it offers no other language: the click would lose it."""
    html = words.said(
        template,
        language,
        languages=LANGUAGES.values() if reopens else (),
        style=Markup(_style),  # noqa: S704 - our own file
        script=Markup(_script),  # noqa: S704 - our own file
        **content,
    )
    return Response(html, status, HEADERS | {"Content-Language": language.tag}, "text/html; charset=utf-8")


def refusal_of(error: WrongPassphraseError | TooManyWrongPassphrasesError | RateLimitedError) -> dict[str, Any]:
    """The status of a page whose form was refused, and the problem that it names."""
    if isinstance(error, WrongPassphraseError):
        return {"status": 403, "problem": "wrong passphrase"}
    return {"status": 429, "problem": "locked"}


def is_from_our_form(params: Params, token: str) -> bool:
    """Whether a form was posted by our page: what posts blindly, or from another site, has not read its token."""
    return hmac.compare_digest(as_text(params.get("token")).encode("utf-8", "replace"), token.encode())
