# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many links at once: each locked, decided, recorded and reported by itself, as the engine does it for one.

Where nothing is to be done, a link costs no lock and no request of its own: the ledger is read once, and the server lists all
links of the account in one reply (contract §8).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    NotAuthorized,
    OnetimeError,
    RateLimited,
    Unreachable,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Left, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import listed_links
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.warnings import possible_orphan
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.api import Api

# What stops one link for these reasons stops all others as well.
HOPELESS = (NotAuthorized, RateLimited, Unreachable)
NOT_TRIED = "was not tried after the failure of another one"


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A link that shall exist, or not."""

    desired: Desired
    absent: bool = False

    @property
    def name(self) -> str:
        return self.desired.name


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one name: an outcome, or the problem that stood in its way."""

    name: str
    outcome: Outcome | None = None
    problem: str | None = None


class Links:
    """Settles many links on one server. ledger: opens it; client: makes one; each thread has one of both."""

    def __init__(
        self,
        ledger: Callable[[], AbstractContextManager[Ledger]],
        client: Callable[[], AbstractContextManager[Api]],
        *,
        anonymous: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._anonymous = anonymous
        self._clock = clock

    def settle(self, wanted: Sequence[Wanted], *, concurrency: int, refresh: bool, check: bool) -> list[Result]:
        """Make every link exist, or not; return what became of each, in their order. Every name is there once.

        concurrency: threads at most. refresh, check: as for one link. Raises LedgerError and OnetimeError where nothing could
        be begun; what goes wrong with one link is in its result.
        """
        with self._tools({}) as (engine, ledger, connect):
            entries = ledger.read_all([each.name for each in wanted])
            asked = sum(engine.must_ask(entry, refresh=refresh) for entry in entries.values())
            listed = listed_links(connect()) if asked > 1 else {}
            unchanged = {each: _unchanged(engine, each, entries[each.name], listed, refresh=refresh) for each in wanted}
        results = {each.name: Result(each.name, outcome) for each, outcome in unchanged.items() if outcome}
        work = _Work(deque(each for each, outcome in unchanged.items() if not outcome))
        if threads := min(concurrency, len(work.left)):
            with ThreadPoolExecutor(threads) as pool:
                for done in [
                    pool.submit(self._work_off, work, listed, refresh=refresh, check=check) for _each in range(threads)
                ]:
                    results |= done.result()
        if work.later:
            results |= self._settle_together(work.later, results)
        return [results[each.name] for each in wanted]

    def _work_off(self, work: _Work, listed: dict[str, Metadata], *, refresh: bool, check: bool) -> dict[str, Result]:
        results = {}
        with self._tools(listed, work.later) as (engine, _ledger, _connect):
            while each := work.next():
                results[each.name] = _settle_one(engine, each, work, refresh=refresh, check=check)
        return results

    def _settle_together(self, later: Sequence[Left], results: Mapping[str, Result]) -> dict[str, Result]:
        """Look once for what a run that died has left of all names, and report it with each."""
        try:
            with self._tools({}) as (engine, _ledger, _connect):
                warnings = engine.settle_together(later)
        except (OnetimeError, LedgerError) as error:
            warnings = {left.name: [possible_orphan(attempt, error) for attempt in left.attempts] for left in later}
        return {
            name: replace(results[name], outcome=outcome.but_told(told))
            for name, told in warnings.items()
            if (outcome := results[name].outcome)
        }

    @contextmanager
    def _tools(
        self, listed: dict[str, Metadata], later: list[Left] | None = None
    ) -> Iterator[tuple[Engine, Ledger, Callable[[], Api]]]:
        """Open what one thread works with; a client only where a request is due."""
        with ExitStack() as opened:
            ledger = opened.enter_context(self._ledger())
            clients: list[Api] = []

            def connect() -> Api:
                if not clients:
                    clients.append(cast("Api", _AskedBefore(opened.enter_context(self._client()), listed)))
                return clients[0]

            engine = Engine(ledger, connect, anonymous=self._anonymous, clock=self._clock, later=later)
            yield engine, ledger, connect


@dataclass
class _Work:
    """What is left to do, for several threads."""

    left: deque[Wanted]
    later: list[Left] = field(default_factory=list)
    is_hopeless: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Wanted | None:
        try:
            return self.left.popleft()
        except IndexError:
            return None


def _unchanged(
    engine: Engine, each: Wanted, entry: Entry, listed: dict[str, Metadata], *, refresh: bool
) -> Outcome | None:
    try:
        return engine.unchanged(each.desired, entry, listed, refresh=refresh, absent=each.absent)
    except InvalidInput:
        return None  # it is raised again, and reported, by itself


def _settle_one(engine: Engine, each: Wanted, work: _Work, *, refresh: bool, check: bool) -> Result:
    if work.is_hopeless.is_set():
        return Result(each.name, problem=NOT_TRIED)
    try:
        if each.absent:
            return Result(each.name, engine.absent(each.name, check=check))
        return Result(each.name, engine.present(each.desired, check=check, refresh=refresh))
    except HOPELESS as error:
        work.is_hopeless.set()
        return Result(each.name, problem=str(error))
    except (OnetimeError, LedgerError) as error:
        return Result(each.name, problem=str(error))


class _AskedBefore:
    """A client whose first question for each listed link is answered already; any later one is for the state since then."""

    def __init__(self, client: Api, listed: dict[str, Metadata]) -> None:
        self._client = client
        self._listed = listed

    def metadata(self, metadata_key: str) -> Metadata:
        return self._listed.pop(metadata_key, None) or self._client.metadata(metadata_key)

    def __getattr__(self, call: str) -> Any:
        return getattr(self._client, call)
