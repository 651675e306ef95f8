"""What is possible: a bare Starlette endpoint with one commit for each request, and SQLite's own commits."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from onetime_server.serve import bind, local_url
from tests.support.load.caller import Caller

_ROW = 300
_FILE = "BARE_DATABASE"


def database(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS kept (value BLOB)")
    return connection


def commits(folder: Path, seconds: float) -> float:
    """Commits a second of one row each, with nothing between."""
    with closing(database(folder / "commits.sqlite3")) as connection:
        count, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            connection.execute("INSERT INTO kept VALUES (?)", (os.urandom(_ROW),))
            count += 1
    return count / seconds


def app() -> Starlette:
    """The endpoint."""
    connection, lock = database(Path(os.environ[_FILE])), threading.Lock()

    def keep(body: bytes) -> None:
        with lock:
            connection.execute("INSERT INTO kept VALUES (?)", (body,))

    async def share(request: Request) -> JSONResponse:
        await run_in_threadpool(keep, await request.body())
        return JSONResponse({"state": "new"})

    return Starlette(routes=[Route("/api/v1/share", share, methods=["POST"])])


@contextmanager
def bare(folder: Path) -> Iterator[str]:
    """Its URL, as long as it runs, in a process of its own under the same uvicorn."""
    with closing(bind("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        url = local_url(free, "127.0.0.1")
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.support.load.bare:app", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--no-access-log", "--log-level", "error"], env=os.environ | {_FILE: str(folder / "bare.sqlite3")}
    )
    try:
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await(url: str) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            Caller(url).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return
