"""How replies and refusals look on the wire (contract §0.1, §1, §9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from .accounts import random_base36
from .errors import ApiError, InvalidRequestError, OversizedRequestError, UndecodableRequestError, UnknownSecretError
from .pages import faults
from .profile import Profile

_SHRIMP_LENGTH = 50


class ApiReply(JSONResponse):
    """A JSON reply of the API."""

    media_type = "application/json; charset=utf-8"

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:
        """`content` as JSON; text that is no text (of invalid UTF-8 in the request) becomes question marks."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def install(app: FastAPI, profile: Profile) -> None:
    """Answer every refusal as the release does."""

    @app.exception_handler(ApiError)
    def refused(request: Request, error: ApiError) -> Response:
        body = {"shrimp": random_base36(_SHRIMP_LENGTH)} if error.shrimp and profile.shrimp else {}
        if isinstance(error, UnknownSecretError):
            body["secret_key"] = request.path_params["key"]
        body["message"] = error.message
        headers = {}
        if error.intended_status is not None and profile.intended_status:
            headers["X-OTS-Intended-Status"] = str(error.intended_status)
        return ApiReply(body, 404, headers)

    @app.exception_handler(HTTPException)
    def unrouted(request: Request, _error: Exception) -> Response:
        return faults.for_browser(request, 404) or Response('{"error":"Not Found"}', 404, media_type="application/json")

    @app.exception_handler(UndecodableRequestError)
    def undecodable(request: Request, _error: Exception) -> Response:
        status, body = profile.undecodable_body
        return faults.for_browser(request, 400) or Response(
            body, status, media_type="application/json" if body else None
        )

    @app.exception_handler(OversizedRequestError)
    def oversized(request: Request, _error: Exception) -> Response:
        if shown := faults.for_browser(request, 413):
            return shown
        if profile.size_limit is None:
            return Response(status_code=413)
        return refused(request, InvalidRequestError(profile.refused_size_text))
