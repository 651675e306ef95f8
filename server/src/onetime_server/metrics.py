"""What Prometheus may know: how many requests of which kind, how long they took, and how much is stored.

No label holds a key, an address or an account.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .database import Database
from .settings import SettingsError

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that tells the library, when it is imported, where several processes add up."""
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)

_own = CollectorRegistry()
_requests = Counter("onetime_server_requests", "Requests", ["method", "route", "status"], registry=_own)
_seconds = Histogram("onetime_server_request_seconds", "Their duration", ["route"], registry=_own, buckets=_BUCKETS)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    _requests.labels(method, route, status).inc()
    _seconds.labels(route).observe(seconds)


def publish(host: str, port: int, database: Database, shared: Path | None) -> None:
    """Serve the metrics of this process, or of all that write into the directory `shared`. Raises SettingsError."""
    registry = _own
    if shared is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(shared))  # type: ignore[no-untyped-call]
    registry.register(_Stored(database))
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise SettingsError(
            f"Cannot serve metrics on {host} port {port}: {error}. Choose others by --metrics-host and --metrics-port."
        ) from None


class _Stored(Collector):
    """What is in the database, when asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Count."""
        yield GaugeMetricFamily("onetime_server_accounts", "Accounts", self._database.count("account"))
        yield GaugeMetricFamily("onetime_server_secrets", "Unread secrets", self._database.unread(time.time()))
        mails = GaugeMetricFamily("onetime_server_mails", "E-mails that are not sent yet", labels=["state"])
        for state, number in self._database.mails().items():
            mails.add_metric([state], number)
        yield mails
