"""Hand over credentials as job slices do, 100 ms from the server, and hold the paper against it. Exit code 1 if off by a fifth.

The server, the client, the engine and the ledger in PostgreSQL are the real ones, and every host has a fork of its own as
in Ansible. Simulated are the distance, by a proxy, and Ansible around it.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import client, inputs  # noqa: F401 - once, not in each fork
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from local_stack import LocalStack
from tests.support.postgresql import Postgresql, postgresql

ROUND_TRIP = 0.1  # seconds
HANDSHAKE = 2  # round trips of a new connection: TCP, TLS 1.3
SLICES, FORKS, HOSTS, ITEMS = 2, 2, 60, 20
ROUNDS = 2  # the fastest counts: what else a machine does only ever adds
TOLERANCE = 0.2
FORK = get_context("fork")
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
Options = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """What some credentials cost."""

    requests: float  # for each credential
    transactions: float  # of the database, for each credential
    seconds: float  # for all
    connections: int = 0  # to the database, at most at a time

    def agrees_with(self, paper: Load) -> bool:
        pairs = (
            (self.requests, paper.requests),
            (self.transactions, paper.transactions),
            (self.seconds, paper.seconds),
        )
        return all(abs(here - there) <= TOLERANCE * there for here, there in pairs)


SLICED = f"{HOSTS} hosts in {SLICES} slices of {FORKS} forks"
LOOPED = f"{ITEMS} items of a loop"

# What one credential takes of the database: connecting, two for settings, the lock and its end, a look for the ledger, the
# reading; a new one the intent and the record as well, which are the two that write.
KEPT, CREATED = 7, 9


def hosts_on_paper(transactions: int, own: float, work: float) -> Load:
    """Each fork does its share one after the other, each host with a connection of its own; all share the machine.

    `own` is the time for the work itself where a fork is alone, `work` how fast the machine does it for many. How long they
    stand in line for it tells the mean value analysis of a closed queue (Reiser and Lavenberg, 1980).
    """
    wait, here, in_line = (HANDSHAKE + 1) * ROUND_TRIP, 0.0, 0.0
    for forks in range(1, SLICES * FORKS + 1):
        here = own + work * in_line
        in_line = forks * here / (wait + here)
    return Load(1, transactions, ceil(HOSTS / SLICES / FORKS) * (wait + here))


def loop_on_paper(transactions: int, own: float) -> Load:
    """One connects once, and asks for one after the other; `own` is the time for the work itself."""
    return Load(1, transactions, HANDSHAKE * ROUND_TRIP + ITEMS * (ROUND_TRIP + own))


def hand_over(options: Options, name: str) -> None:
    """What the action ots_generate does for one host."""
    connection = Connection.of(options)
    with open_ledger(options, connection.scope) as ledger:
        engine = Engine(ledger, connection.client, anonymous=connection.is_anonymous)
        engine.present(Desired(name=name).but(ttl=3600))


def in_a_loop(options: Options, names: list[str]) -> None:
    """One fork for all, which keeps its connection to the server."""
    for name in names:
        hand_over(options, name)


def host_by_host(options: Options, names: list[str]) -> None:
    """One fork after the other."""
    for name in names:
        _join([FORK.Process(target=hand_over, args=(options, name))])


def _join(processes: list[Any]) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError("a fork has failed")


@dataclass(frozen=True)
class Place:
    """Where the credentials go."""

    stack: LocalStack
    database: str
    key: str
    watch: psycopg.Connection  # to another database, to look at this one

    def options(self, url: str) -> Options:
        unset = dict.fromkeys(("region", "ca_bundle", "proxy", "ledger_key_file"))
        account = {"username": self.stack.username, "api_token": self.stack.api_token, "url": url}
        ledger = {"ledger": self.database, "ledger_key": self.key, "ledger_wait": 60}
        return {**unset, **account, **ledger, "timeout": 30, "validate_certs": True, "allow_plain_http": False}

    def measured(self, credentials: int, run: Callable[..., None], *arguments: Any) -> Load:
        """Run it in a process of its own, and watch the database meanwhile."""
        requests, transactions, start = self.stack.requests(), self._transactions(), time.monotonic()
        process, connections = FORK.Process(target=run, args=arguments), 0
        process.start()
        while process.exitcode is None:
            connections = max(connections, self._ask(CONNECTIONS))
            process.join(0.1)
        seconds = time.monotonic() - start
        if process.exitcode:
            raise RuntimeError("a run has failed")
        requests, transactions = self.stack.requests() - requests, self._transactions() - transactions
        return Load(requests / credentials, transactions / credentials, seconds, connections)

    def _transactions(self) -> int:
        while self._ask(CONNECTIONS):  # which are counted when they end
            time.sleep(0.02)
        return self._ask("SELECT xact_commit FROM pg_stat_database WHERE datname = %s")

    def _ask(self, question: str) -> int:
        database = urlsplit(self.database).path.strip("/")
        return int(self.watch.execute(question.encode(), (database,)).fetchone()[0])  # type: ignore[index]


@contextmanager
def far_away(url: str) -> Iterator[str]:
    """Give a URL that leads to the same server, from far away."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_serve_from_afar, args=(urlsplit(url).port, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve_from_afar(port: int, told: Pipe) -> None:
    under_way = set()  # asyncio itself forgets them

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.add(asyncio.current_task())
        await asyncio.sleep(HANDSHAKE * ROUND_TRIP)
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, their_writer), _carry(their_reader, writer))

    async def serve() -> None:
        server = await asyncio.start_server(join, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on each piece half a round trip after it came, however many are under way."""
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):  # somebody is gone, as all are in the end
        while data := await reader.read(65536):
            loop.call_later(ROUND_TRIP / 2, writer.write, data)
    loop.call_later(ROUND_TRIP / 2, writer.close)


def simulate(place: Place, url: str) -> dict[str, tuple[Load, Load]]:
    """Return what was done, what it took, and what it takes on paper."""
    near, far = place.options(place.stack.url), place.options(url)
    host_by_host(near, ["first"])  # makes the ledger
    runs: dict[str, list[Load]] = defaultdict(list)
    for number in range(ROUNDS):
        for again in ("created", "kept"):
            for way, run, options, count in (
                ("near, by host", host_by_host, near, ITEMS),
                ("near, sliced", _sliced, near, HOSTS),
                ("near, in a loop", in_a_loop, near, ITEMS),
                (SLICED, _sliced, far, HOSTS),
                (LOOPED, in_a_loop, far, ITEMS),
            ):
                names = [f"{way}/{number}/{item}" for item in range(count)]
                runs[f"{way}, {again}"].append(place.measured(count, run, options, names))
    fastest = {done: min(loads, key=lambda load: load.seconds) for done, loads in runs.items()}
    found = {}
    for again, transactions in (("created", CREATED), ("kept", KEPT)):
        by_host, in_loop = (fastest[f"near, {way}, {again}"].seconds / ITEMS for way in ("by host", "in a loop"))
        sliced = fastest[f"near, sliced, {again}"].seconds / HOSTS
        for way, paper in (
            (SLICED, hosts_on_paper(transactions, by_host, sliced)),
            (LOOPED, loop_on_paper(transactions, in_loop)),
        ):
            found[f"{way}, {again}"] = fastest[f"{way}, {again}"], paper
    return found


def _sliced(options: Options, names: list[str]) -> None:
    shares = [names[number :: SLICES * FORKS] for number in range(SLICES * FORKS)]
    _join([FORK.Process(target=host_by_host, args=(options, share)) for share in shares])


@contextmanager
def a_place(database: Postgresql) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="ots-scale-") as folder, LocalStack(Path(folder)) as stack:
        with psycopg.connect(database.url(), autocommit=True) as watch:
            yield Place(stack, database.new_database(), base64.b64encode(os.urandom(32)).decode(), watch)


def main() -> int:
    logging.disable(logging.WARNING)
    with postgresql() as database, a_place(database) as place, far_away(place.stack.url) as url:
        found = simulate(place, url)
    for done, (load, paper) in found.items():
        sys.stdout.write(
            f"{done}: {load.requests:.2f} requests and {load.transactions:.1f} transactions each, {load.seconds:.1f} s, "
            f"at most {load.connections} connections; on paper {paper.requests:.2f}, {paper.transactions:.1f}, "
            f"{paper.seconds:.1f} s: {'agrees' if load.agrees_with(paper) else 'DISAGREES'}\n"
        )
    wrong = sum(not load.agrees_with(paper) for load, paper in found.values())
    sys.stdout.write(f"scale: {len(found)} loads at {ROUND_TRIP * 1000:.0f} ms, {wrong} not within 20 % of the paper\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
