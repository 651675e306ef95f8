"""A local v1 server and a mailbox for its mails, on free loopback ports; gone when the block ends."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from asyncio import Server
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

START_LIMIT = 30.0  # seconds
USERNAME = "ops@example.com"


class AnyPortController(Controller):
    """aiosmtpd's controller, which does not understand port 0 by itself."""

    def _trigger_server(self) -> None:
        if isinstance(self.server, Server):
            self.port = self.server.sockets[0].getsockname()[
                1
            ]  # only now it is known, and the next line connects to it
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """An SMTP server that keeps every mail as a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._controller = AnyPortController(self, hostname="127.0.0.1", port=0, ready_timeout=START_LIMIT)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        number = len(list(self.folder.iterdir())) + 1
        (self.folder / f"{number:06}.eml").write_bytes(envelope.original_content or b"")
        return "250 kept"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def mails(self) -> list[EmailMessage]:
        """Return what was received so far, in order."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says as text."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


class LocalStack:
    """The server, one account on it, and the mailbox. Everything it writes is below `folder`."""

    def __init__(self, folder: Path, *, release: str = "v0.26") -> None:
        self.folder = folder
        self.username = USERNAME
        self.api_token = secrets.token_hex(20)
        self.mailbox = Mailbox(folder / "mail")
        self.log = folder / "server.log"
        self.url = ""
        self._release = release

    @property
    def environment(self) -> dict[str, str]:
        """What the collection needs to know, as environment variables."""
        return {
            "OTS_URL": self.url,
            "OTS_USERNAME": self.username,
            "OTS_API_TOKEN": self.api_token,
            "OTS_LEDGER": f"sqlite://{self.folder / 'ledger.sqlite3'}",
        }

    def requests(self, method_and_route: str = "") -> int:
        """Return how many requests the server has logged, of one method and route (POST /api/v1/share) or of all."""
        return sum(
            f" {method_and_route} " in line or not method_and_route for line in self.log.read_text().splitlines()
        )

    def links_sent(self) -> int:
        """Return how many requests to make a link have reached the server."""
        return self.requests("POST /api/v1/share") + self.requests("POST /api/v1/generate")

    def __enter__(self) -> Self:
        self.mailbox.start()
        try:
            self._run_server()
        except BaseException:
            self.mailbox.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait(timeout=START_LIMIT)
        self.mailbox.stop()

    def _run_server(self) -> None:
        command = [str(Path(sys.executable).with_name("onetime-server"))]
        data = ["--data", str(self.folder / "server")]
        ready = self.folder / "server.ready"
        ready.unlink(missing_ok=True)
        account = [*command, "account", "add", self.username, "--token-file", "-", *data]
        subprocess.run(account, input=self.api_token, text=True, check=True, stdout=subprocess.DEVNULL)
        serve = [*command, "serve", "--port", "0", "--as", self._release, "--ready-file", str(ready), *data]
        mail = ["--log-file", str(self.log), "--smtp-host", "127.0.0.1", "--smtp-port", str(self.mailbox.port)]
        self._server = subprocess.Popen([*serve, *mail], stdout=subprocess.DEVNULL)
        give_up = time.monotonic() + START_LIMIT
        while not ready.exists():
            if self._server.poll() is not None or time.monotonic() > give_up:
                self._server.kill()
                raise RuntimeError(f"the local server did not start; see {self.log}")
            time.sleep(0.02)
        self.url = json.loads(ready.read_text())["url"]
