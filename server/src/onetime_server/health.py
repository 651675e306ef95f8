"""`/healthz`: whether this server can answer, for load balancers and supervisors. It says nothing else."""

from __future__ import annotations

import logging
import sqlite3
from functools import cache

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute

from .services import Server

PATH = "/healthz"
logger = logging.getLogger(__name__)


@cache
def routes() -> list[BaseRoute]:
    """The route."""
    router = APIRouter(default_response_class=JSONResponse, include_in_schema=False)
    router.add_api_route(PATH, show, methods=["GET", "HEAD"])
    return router.routes


def show(server: Server) -> JSONResponse:
    """200 if the database can be read, else 503."""
    try:
        server.database.count("account")
    except sqlite3.Error as error:
        logger.warning("The database cannot be read: %s.", error)
        return JSONResponse({"status": "the database cannot be read"}, 503, {"Cache-Control": "no-store"})
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})
