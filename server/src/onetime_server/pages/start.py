"""The page at `/`: what runs here, and how to use it."""

from __future__ import annotations

from fastapi import Response

from ..services import Server
from .page import Reader, page


def show(server: Server, reader: Reader) -> Response:
    """The page."""
    return page("start.html", reader, url=server.settings.public_url, release=server.profile.name.removeprefix("v"))
