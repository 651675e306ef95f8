"""Many links in one task, by several threads: killed at any step, one link for each name remains, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import links
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import Result, Wanted
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from tests.support.back_ends import BACK_ENDS
from tests.support.crash.cells import Cell, Disturbed
from tests.support.crash.controller import Controller, Watch
from tests.support.crash.links import A_MINUTE, HOUR

THREADS = 2
Tool = TypeVar("Tool")


@dataclass(frozen=True)
class Batch:
    """A run that asks for many links at once: new ones, one that is replaced and one that is burned."""

    names: tuple[str, ...]
    recipients: tuple[str | None, ...]
    new_ledger: bool = False
    back_ends: tuple[str, ...] = BACK_ENDS

    def wanted(self, *, before: bool = False) -> list[Wanted]:
        pairs = zip(self.names, self.recipients, strict=True)
        made = [Desired(name, secret=f"of {name}").but(ttl=HOUR, recipient=recipient) for name, recipient in pairs]
        replaced, gone = (Desired(name, secret="first").but(ttl=HOUR) for name in ("replaced", "gone"))
        if before:
            return [Wanted(replaced), Wanted(gone)]
        return [
            *map(Wanted, made),
            Wanted(Desired("replaced", secret="second").but(ttl=HOUR)),
            Wanted(gone, absent=True),
        ]

    def run(self, controller: Controller, watch: Watch | None = None, *, before: bool = False) -> list[Result]:
        def ledger() -> AbstractContextManager[Ledger]:
            return watched(controller.ledger(), watch.ledger) if watch else controller.ledger()

        def client() -> AbstractContextManager[Client]:
            return watched(controller.client(), watch.client) if watch else controller.client()

        many = links.Links(ledger, client, anonymous=False, clock=controller.server.clock)
        threads = number_of_threads()
        results = many.settle(self.wanted(before=before), concurrency=THREADS, refresh=True, check=False)
        # Those that Python has joined may still hold a lock of OpenSSL, which the next fork would inherit.
        while number_of_threads() > threads:
            time.sleep(0.001)
        return results

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:  # noqa: ARG002
        self.run(controller, before=True)
        cell = first_run(lambda watch: self.run(controller, watch))
        cell.expect_agreement(controller, *self.names, "replaced", "gone")
        controller.server.clock.advance(A_MINUTE)

        second = self.run(controller)
        cell.expect_agreement(controller, *self.names, "replaced", "gone")

        live = controller.links()
        cell.unread = len(live)
        cell.warnings = tuple(warning for result in second if result.outcome for warning in result.outcome.warnings)
        with controller.ledger() as ledger:
            entries = ledger.entries()
        recorded = {name: entry.record.metadata_key for name, entry in entries.items() if entry.record}
        cell.expect(all(result.outcome for result in second), "a name failed")
        cell.expect(recorded.keys() == {*self.names, "replaced"}, "the ledger has other names than were asked for")
        cell.expect(live.keys() == set(recorded.values()), "there is not one link for each name")
        cell.expect(
            not any(entry.pending_burns or entry.attempts for entry in entries.values()), "something is left open"
        )
        with controller.client() as recipient:
            for name, entry in entries.items():
                if entry.record:
                    value = recipient.reveal(entry.record.secret_key).value.get_secret_value()
                    cell.expect(
                        value == ("second" if name == "replaced" else f"of {name}"), "another value is behind it"
                    )
        third = self.run(controller)
        cell.expect(
            not any(one.outcome and one.outcome.action.is_change for one in third), "the third run changed something"
        )
        return cell


def number_of_threads() -> int:
    """How many the system knows of."""
    return len(list(Path("/proc/self/task").iterdir()))


@contextmanager
def watched(opened: AbstractContextManager[Tool], watch: Callable[[Tool], Any]) -> Iterator[Any]:
    with opened as tool:
        yield watch(tool)


BATCHES = {
    "a batch": Batch(("db/alice", "db/bob"), ("alice@example.com", "bob@example.com")),
    "a batch to one person": Batch(("db/alice", "vpn/alice"), ("alice@example.com",) * 2),
}
