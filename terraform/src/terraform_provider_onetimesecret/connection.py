"""The way to the server. Loads the v1 client, and with it requests and pydantic, only when something is to be asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .diagnostics import Problem, ProblemError
from .onetime.errors import InvalidInput, OnetimeError
from .settings import Settings

if TYPE_CHECKING:
    from .onetime.client import Client


class Connection:
    """One client for each thread, kept alive between calls."""

    def __init__(self, settings: Settings, stopped: threading.Event) -> None:
        self.settings = settings
        self._stopped = stopped
        self._of_thread = threading.local()

    @property
    def client(self) -> Client:
        """The client of this thread. Raises InvalidInput for settings that cannot be used."""
        if not hasattr(self._of_thread, "client"):
            self._of_thread.client = self._connect()
        client: Client = self._of_thread.client
        return client

    def _connect(self) -> Client:
        from .onetime.client import Client
        from .onetime.credentials import Credentials

        settings = self.settings
        return Client(
            settings.address,
            Credentials.of(settings.username, settings.api_token),
            timeout=settings.timeout,
            verify=settings.ca_bundle or True,
            sleep=self._stopped.wait,  # a user who presses Ctrl+C waits for no pause
        )


def failure(summary: str, error: OnetimeError, advice: str = "") -> ProblemError:
    """Return what to tell the user about ERROR, at the argument that it is about."""
    if isinstance(error, InvalidInput):
        return ProblemError(Problem(summary, f"{error.field} {error.args[0]}.", error.field or None))
    return ProblemError(Problem(summary, " ".join(filter(None, [_sentence(str(error)), advice]))))


def _sentence(text: str) -> str:
    begins_with_address = "://" in text.partition(" ")[0]
    return f"{text}." if begins_with_address else f"{text[0].upper()}{text[1:]}."
