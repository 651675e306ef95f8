"""A value that was shown, as a file: byte for byte, and without JavaScript.

The page posts what it shows, and gets it back as an attachment. Nothing is kept meanwhile. The token proves that this
server made the page: others cannot have it hand out files of theirs.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from fastapi import Response

from ..incoming import Parameters
from ..params import as_text
from ..services import Server, Services
from .page import HEADERS, Reader, is_from_our_form, page

PATH = "/file"
_NAME = "secret.txt"
_PURPOSE = "file"


@dataclass(frozen=True)
class Offer:
    """The fields of the form; `content` is in base64, because browsers change the line ends of text."""

    content: str
    token: str


def offer(server: Services, value: str) -> Offer:
    """What the form for this value holds."""
    content = base64.b64encode(value.encode()).decode()
    return Offer(content, server.vault.form_token(_PURPOSE, content))


def save(server: Server, reader: Reader, params: Parameters) -> Response:
    """The file."""
    content = as_text(params.get("content"))
    if not is_from_our_form(params, server.vault.form_token(_PURPOSE, content)):
        return page("fault.html", reader, status=403, fault=403, reopens=False)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{_NAME}"'}
    return Response(base64.b64decode(content), 200, headers, "text/plain; charset=utf-8")
