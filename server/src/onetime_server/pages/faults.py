"""What a browser is shown where something went wrong: a page. The API's callers get what the real server answers."""

from __future__ import annotations

from fastapi import Request, Response

from .page import language_of, page

_API = "/api"


def for_browser(request: Request, status: int) -> Response | None:
    """The page of a fault, None for whom JSON is right: callers of the API, and who does not ask for HTML."""
    path = request.url.path
    if path == _API or path.startswith(f"{_API}/") or "text/html" not in request.headers.get("accept", ""):
        return None
    return page("fault.html", language_of(request), status=status, fault=status)
