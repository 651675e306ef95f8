"""Processes that outlive the command that started them, and are ended by another one."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

LIMIT = 30.0  # seconds


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
