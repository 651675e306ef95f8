"""The pages that people open: the recipient's page of a link, the creator's page of a receipt, and where to begin.

Opening a page (GET, HEAD) never changes anything: mail scanners and link previews do that. Its button posts a form.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Response
from starlette.routing import BaseRoute

from . import download, link, receipt, start


@cache
def routes() -> list[BaseRoute]:
    """`/`, `/secret/KEY`, `/receipt/KEY` and `/file`."""
    router = APIRouter(default_response_class=Response, include_in_schema=False)
    router.add_api_route("/", start.show, methods=["GET", "HEAD"])
    router.add_api_route("/secret/{key}", link.show, methods=["GET", "HEAD"])
    router.add_api_route("/secret/{key}", link.reveal, methods=["POST"])
    router.add_api_route("/receipt/{key}", receipt.show, methods=["GET", "HEAD"])
    router.add_api_route("/receipt/{key}", receipt.burn, methods=["POST"])
    router.add_api_route(download.PATH, download.save, methods=["POST"])
    return router.routes
