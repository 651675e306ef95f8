"""`onetime-server` as its users run it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("onetime-server"))
START_LIMIT = 30


@dataclass(frozen=True)
class Running:
    url: str
    process: subprocess.Popen[str]

    def stop(self) -> tuple[int, str, str]:
        """SIGTERM; returns the exit code and what was written to standard output and error."""
        self.process.terminate()
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )


@contextmanager
def serving(data: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    ready = data.with_name("ready.json")
    process = subprocess.Popen(
        [COMMAND, "serve", "--data", str(data), "--port", "0", "--ready-file", str(ready), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        give_up = time.monotonic() + START_LIMIT
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up
            time.sleep(0.02)
        yield Running(json.loads(ready.read_text())["url"], process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
