"""Operations on links: disturbed and run again, one link remains, or none where none is wanted, and the ledger is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import ReplyLost
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from tests.support.back_ends import BACK_ENDS
from tests.support.crash.cells import Cell, Disturbed
from tests.support.crash.controller import Controller
from tests.support.crash.death import Watched

HOUR = 3600
A_MINUTE = 60  # after the first run: what was under way has arrived
SHARE = Desired("db/prod/alice", secret="s3cret ✓").but(ttl=HOUR, recipient="alice@example.com")
GENERATE = Desired("db/prod/app").but(ttl=HOUR)
ROTATED = replace(GENERATE, policy=Policy(rotate_after=HOUR // 2))


@dataclass(frozen=True)
class Links:
    """A run that asks for `desired`, or for its absence, `later` seconds after one that asked for `before`.

    orphan: whether a run before it has left one.
    """

    desired: Desired
    before: Desired | None = None
    later: int = 0
    absent: bool = False
    orphan: bool = False
    new_ledger: bool = False
    back_ends: tuple[str, ...] = BACK_ENDS

    def run(self, engine: Engine) -> Outcome:
        return engine.absent(self.desired.name) if self.absent else engine.present(self.desired)

    @property
    def links(self) -> int:
        """How many can be read in the end."""
        return 0 if self.absent else 1

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:
        clock = controller.server.clock
        self._prepare(controller)
        made_before = len(controller.links_ever())
        cell = first_run(lambda watch: controller.run(self.run, watch))
        cell.expect_agreement(controller, self.desired.name)
        left_by_the_first = controller.entry(self.desired.name)
        orphans = controller.links().keys() - set(left_by_the_first.metadata_keys)
        clock.advance(A_MINUTE)
        theirs = {controller.share_like(self.desired)} if look_alike else set()

        second = controller.run(self.run)

        links = controller.links()
        left = orphans & links.keys()
        cell.unread = len(links.keys() - theirs)
        cell.orphan = "none" if not orphans else "reported" if left else "burned"
        cell.warnings = second.warnings
        is_knowable = controller.server.services.profile.recent_works and not look_alike
        # A run that sends nothing has no measure of the server's clock, so it leaves what an earlier one has left.
        is_due = is_knowable and (not self.orphan or second.action.sends_link)
        made = len(controller.links_ever().keys() - theirs) - made_before
        cell.expect(theirs <= links.keys(), "a stranger's link was burned")
        cell.expect(cell.unread == self.links + len(left), "too many links, or none")
        cell.expect(made <= self.links + bool(cell.is_told or cell.warnings), "a link too many without a word")
        cell.expect(made <= self.links + 1, "more than one link too many")
        _check_orphan(cell, left_by_the_first, is_due=is_due)

        third = controller.run(self.run)

        cell.expect(not third.action.is_change, "the third run changed something")
        cell.expect(controller.links().keys() == links.keys(), "the third run made or burned a link")
        if is_due:
            cell.expect(third.warnings == (), "the third run warned again")
        elif not self.orphan:
            cell.expect(third.warnings == second.warnings, "the third run warned of something else")
        self._check_ledger(cell, controller, is_knowable=is_due)
        cell.expect_agreement(controller, self.desired.name)
        return cell

    def _prepare(self, controller: Controller) -> None:
        if self.orphan:
            with controller.tools(None) as (ledger, client), suppress(ReplyLost):
                deaf = Watched(client, _lose_the_reply)
                self.run(Engine(ledger, lambda: deaf, anonymous=False, clock=controller.server.clock))  # type: ignore[arg-type,return-value]
            controller.server.clock.advance(A_MINUTE)
        if self.before:
            before = self.before
            controller.run(lambda engine: engine.present(before))
            controller.server.clock.advance(self.later)

    def _check_ledger(self, cell: Cell, controller: Controller, *, is_knowable: bool) -> None:
        """It is whole, and tells the value that the link reveals to its recipient."""
        desired, entry = self.desired, controller.entry(self.desired.name)
        cell.expect(not entry.pending_burns, "a burn is owed")
        cell.expect(not (entry.attempts and is_knowable), "an intent was not settled")
        cell.expect(len(entry.metadata_keys) == self.links, "the ledger has not what the server has")
        if controller.ledger_url.startswith("sqlite"):
            with closing(sqlite3.connect(controller.ledger_url.removeprefix("sqlite://"))) as db:
                cell.expect(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the file is broken")
        if entry.record:
            with controller.client() as recipient:
                value = recipient.reveal(entry.record.secret_key, entry.record.passphrase).value.get_secret_value()
            cell.expect(value == (desired.secret or entry.record.value), "the link reveals something else")


def _lose_the_reply(_name: str, method: Callable[[], Any]) -> Any:
    method()
    raise ReplyLost("the connection broke")


def _check_orphan(cell: Cell, left_by_the_first: Entry, *, is_due: bool) -> None:
    """The first run's link was burned, or its latest expiry told where it cannot be known for certain."""
    told = " ".join(cell.warnings)
    cell.expect(cell.orphan != "burned" or "found on the server and burned" in told, "a link was burned without a word")
    cell.expect(cell.orphan != "reported" or not is_due, "an orphan that can be known was left")
    if cell.orphan == "reported":
        until = [iso_time(attempt.latest_expiry) for attempt in left_by_the_first.attempts]
        is_told = any(time in told for time in until) or "so they were left" in told
        cell.expect(is_told, "an orphan was not reported")


LINKS = {
    "create share": Links(SHARE),
    "create generate": Links(GENERATE),
    "create in a new ledger": Links(GENERATE, new_ledger=True),
    "reissue after expiry": Links(GENERATE, before=GENERATE, later=HOUR),
    "replace": Links(replace(SHARE, secret="other"), before=SHARE),
    "rotate": Links(ROTATED, before=ROTATED, later=HOUR // 2),
    "burn": Links(SHARE.but(passphrase="correct-horse"), before=SHARE.but(passphrase="correct-horse"), absent=True),
    "look for an orphan": Links(SHARE, orphan=True),
}
