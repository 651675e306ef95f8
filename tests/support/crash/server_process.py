"""The local server in a process of its own: tests that fork must not have its threads in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import RawValue, get_context
from multiprocessing.connection import Connection
from pathlib import Path

from onetime_server.profile import Profile
from onetime_server.services import open_services
from onetime_server.settings import Settings, data_directory, server_key
from tests.support.live_server import Clock, LiveServer, live_server


class SharedClock(Clock):
    """A clock that all processes which were forked from this one see."""

    def __init__(self) -> None:
        self._now = RawValue("d")
        super().__init__()

    @property
    def now(self) -> float:  # type: ignore[override]
        return self._now.value

    @now.setter
    def now(self, value: float) -> None:
        self._now.value = value


@contextmanager
def server_process(folder: Path, profile: Profile) -> Iterator[LiveServer]:
    """Run a server. What is yielded looks into its database, and is not the process that serves."""
    fork = get_context("fork")
    clock = SharedClock()
    ours, theirs = fork.Pipe()
    process = fork.Process(target=_serve, args=(folder, profile, clock, ours, theirs), daemon=True)
    process.start()
    theirs.close()
    url = ours.recv()
    data = data_directory(folder)
    services = open_services(Settings(data, server_key(data, None), url, profile, True, None), clock)
    try:
        yield LiveServer(url, clock, services, data, process.terminate)
    finally:
        services.database.close()
        ours.close()
        process.join()


def _serve(folder: Path, profile: Profile, clock: SharedClock, ours: Connection, theirs: Connection) -> None:
    ours.close()
    with live_server(folder, profile=profile, clock=clock) as server:
        theirs.send(server.url)
        with suppress(EOFError):  # which comes when the tests are over, or dead
            theirs.recv()
