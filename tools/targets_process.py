"""Processes that outlive the command that started them, and are ended by another one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import yaml

LIMIT = 30.0  # seconds
RECORD = "background.process"


def background_command(
    script: str, usage: str | None, run: Callable[[Path], AbstractContextManager[Mapping[str, object]]], variables: str
) -> None:
    """Be a command with the arguments `start FOLDER` and `stop FOLDER`.

    What runs in the background is a context of `run(FOLDER)`. It yields variables, which FOLDER/`variables` then holds as YAML.
    """
    match sys.argv[1:]:
        case ["start" | "serve" | "stop" as order, name]:
            os.umask(0o077)
            folder = Path(name).absolute()
        case _:
            sys.exit(usage)
    if order == "start":
        _start(script, folder, folder / variables)
    elif order == "serve":
        _serve(run(folder), folder / variables)
    else:
        _stop(folder)


def _start(script: str, folder: Path, variables: Path) -> None:
    """Have `script serve` run in the background; it is ready when this returns. Ends what an earlier start has left."""
    _stop(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    variables.unlink(missing_ok=True)
    log = folder / "background.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, script, "serve", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    remember(process.pid, folder / RECORD)
    wait_until(lambda: variables.exists() or process.poll() is not None)
    if process.poll() is not None:
        sys.exit(f"{Path(script).name} did not start: {log.read_text().strip()}")


def _serve(running: AbstractContextManager[Mapping[str, object]], variables: Path) -> None:
    """Run until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    with running as found:
        unfinished = variables.with_suffix(".unfinished")
        unfinished.write_text(yaml.safe_dump(dict(found)))
        unfinished.rename(variables)
        signal.pause()


def _stop(folder: Path) -> None:
    """Stop it, if it runs. What it wrote stays."""
    for record in folder.glob(RECORD):
        end(record, signal.SIGTERM)


def remember(pid: int, record: Path) -> None:
    """Write down a process that runs, for `end`."""
    record.write_text(json.dumps([pid, started_at(pid)]))


def end(record: Path, number: signal.Signals) -> None:
    """Send a signal to the process that `remember` wrote down, and wait for its end. No other process is touched."""
    pid, started = json.loads(record.read_text())
    if started_at(pid) == started is not None:  # else it has ended, and its number may be somebody else's by now
        os.kill(pid, number)
        wait_until(lambda: started_at(pid) != started)
    record.unlink()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` tells true. Raises TimeoutError after LIMIT."""
    give_up = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"gave up after {LIMIT:.0f} seconds")
        time.sleep(0.02)


def started_at(pid: int) -> str | None:
    """When a process started, in the kernel's ticks; None if it has ended. Numbers come again, both together do not."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if state == "Z" else rest[18]
