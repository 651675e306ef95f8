"""Limits per caller in windows of 20 minutes that begin at :00, :20 and :40 UTC (contract §0.7, §9)."""

from __future__ import annotations

import threading
from collections import Counter

from .store import Clock

_WINDOW = 20 * 60


class Throttle:
    """Counts in memory: a restart forgives."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def admits(self, event: str, caller: str, most: int | None) -> bool:
        """Count one `event` of `caller`; False if that makes more than `most` in this window. None is no limit."""
        if most is None:
            return True
        with self._lock:
            self._turn()
            self._counts[event, caller] += 1
            return self._counts[event, caller] <= most

    def left(self, event: str, caller: str, most: int | None) -> int | None:
        """How many events of `caller` are still admitted in this window; None is no limit."""
        if most is None:
            return None
        with self._lock:
            self._turn()
            return max(0, most - self._counts[event, caller])

    def _turn(self) -> None:
        """Begin anew where a window is over."""
        window = int(self._clock() // _WINDOW)
        if window != self._window:
            self._window = window
            self._counts.clear()
