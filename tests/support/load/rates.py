"""How many operations a second so many clients get done, and how long each takes."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.load.caller import Caller
from tests.support.load.served import AUTH

PASSPHRASE = "correct-horse-battery"
WITH_PASSPHRASE = 5
"""One of so many secrets has one, which costs 20 ms of CPU for each side of it."""


_numbers = count()


@dataclass
class Times:
    """Of each operation, in seconds; `seconds` is how long all went on."""

    of: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0
    faults: list[str] = field(default_factory=list)

    def rate(self) -> float:
        return sum(map(len, self.of.values())) / self.seconds

    def at(self, operation: str, share: float) -> float:
        """Milliseconds that `share` of the operations did not exceed."""
        return statistics.quantiles(self.of[operation], n=100)[round(share * 100) - 1] * 1000


Timer = Callable[..., Any]


def under(url: str, clients: int, seconds: float, work: Callable[[Caller, Timer, Times], None]) -> Times:
    """Have so many clients repeat `work` for so long."""
    times, lock = Times(), threading.Lock()
    end = time.monotonic() + seconds

    def timed(operation: str, act: Callable[..., object], *arguments: str) -> object:
        began = time.perf_counter()
        result = act(*arguments)
        took = time.perf_counter() - began
        with lock:
            times.of.setdefault(operation, []).append(took)
        return result

    def client() -> None:
        caller = Caller(url, AUTH)
        while time.monotonic() < end:
            work(caller, timed, times)
        caller.close()

    began = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.seconds = time.monotonic() - began
    return times


def shares(caller: Caller, timed: Timer, _times: Times) -> None:
    timed("share", caller.share, "correct horse battery staple")


def mixed(caller: Caller, timed: Timer, times: Times) -> None:
    """Share, ask for the metadata, reveal, and try once more; now and then behind a passphrase."""
    number = next(_numbers)
    passphrase = PASSPHRASE if number % WITH_PASSPHRASE == 0 else ""
    value = f"value {number}"
    suffix = ", passphrase" if passphrase else ""
    created = timed(f"share{suffix}", caller.share, value, passphrase)
    asked = timed("metadata", caller.metadata, created["metadata_key"])
    given = timed(f"reveal{suffix}", caller.reveal, created["secret_key"], passphrase)
    again = timed("reveal what is gone", caller.reveal, created["secret_key"])
    if asked.get("state") != "new" or given.get("value") != value or "value" in again:
        times.faults.append(created["metadata_key"])
