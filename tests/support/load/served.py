"""The server as its users start it, on one port however often it is killed, with one account."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("onetime-server"))
EMAIL, TOKEN = "ops@example.com", "0123456789abcdef" * 2
AUTH = (EMAIL, TOKEN)
START_LIMIT = 60


class Served:
    """`url` stays the same after a kill."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self.data = folder / "data"
        self._folder = folder
        self._workers = workers
        folder.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        command = [COMMAND, "account", "add", EMAIL, "--data", str(self.data), "--token-file", "-"]
        subprocess.run(command, input=TOKEN, text=True, check=True)

    def start(self) -> None:
        ready = self._folder / "ready.json"
        arguments = ["--port", str(self._port), "--ready-file", str(ready), "--log-file", str(self._folder / "log")]
        ready.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [COMMAND, "serve", "--data", str(self.data), "--workers", str(self._workers), *arguments],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        give_up = time.monotonic() + START_LIMIT
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > give_up:
                sys.exit("The server does not start.")
            time.sleep(0.02)
        assert json.loads(ready.read_text())["url"] == self.url

    def kill(self) -> None:
        """SIGKILL to all its processes."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu(self) -> float:
        """Seconds of CPU that its first process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def served(folder: Path, workers: int = 1) -> Iterator[Served]:
    server = Served(folder, workers)
    server.start()
    try:
        yield server
    finally:
        server.stop()
