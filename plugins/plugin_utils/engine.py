# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one secret: read the ledger, ask the server, decide, act, write the ledger.

Check mode stops before the act and tells the same decision; there is one path, not two.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    NotAuthorized,
    OnetimeError,
    Refused,
    ReplyLost,
    ServerFault,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils import hints
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.decision import Action, decide_absent, decide_present
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.base import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Entry,
    Kind,
    OwedBurn,
    Record,
    Step,
)

if TYPE_CHECKING:  # at run time only where a request is due: a name that the ledger knows costs no HTTP import
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued

_MADE_BY = {Kind.SHARE: "ots_share", Kind.GENERATE: "ots_generate"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did about one name, or in check mode would do.

    `record` is the link that exists afterwards (None where there is none, or not yet), `former` the one before, `desired`
    the one that was asked for.
    """

    action: Action
    record: Record | None = None
    former: Record | None = None
    desired: Desired | None = None
    warnings: tuple[str, ...] = ()

    @property
    def state(self) -> str | None:
        """The state of the link that exists afterwards, or in which the former one ended."""
        if self.action is Action.BURNED:
            return State.BURNED.value
        link = self.record or self.former
        return link.state.value if link else None

    @property
    def recipient(self) -> str | None:
        """Who gets the link that exists afterwards, or got the former one."""
        link = self.record or self.desired or self.former
        return link.recipient if link else None


class Engine:
    """Makes links exist, or not, in one ledger and on one server.

    `connect` returns the client and is called only where a request is due; `anonymous` tells whether it has no account.
    """

    def __init__(
        self, ledger: Ledger, connect: Callable[[], Client], *, anonymous: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._connect = connect
        self._anonymous = anonymous
        self._clock = clock

    def named(self, desired: Desired) -> Desired:
        """Return what is desired with a name: its own, or one that stands for its content."""
        if desired.name:
            return desired
        return replace(desired, name=f"content/{self._ledger.fingerprint(*desired.content.values())[:32]}")

    def present(self, desired: Desired, *, check: bool = False, refresh: bool = True) -> Outcome:
        """Make one live link exist for what is desired; with `check` only tell what would be done.

        With `refresh` the server is asked for the state of a link that is not known to be read, burned or expired;
        without it only past the recorded expiry. Raises OnetimeError and LedgerError; then no second link was sent.
        """
        if not refresh:
            entry = self._ledger.read(desired.name)
            if entry.attempt is None and not self._must_ask(entry.record, refresh=False):
                outcome = self._decide(desired, entry.record, ())
                if outcome.action is Action.KEPT:
                    return outcome
        with nullcontext() if check else self._ledger.locked(desired.name):
            entry = self._ledger.read(desired.name)
            former, warnings = self._look(desired.name, entry, refresh=refresh, check=check)
            outcome = self._decide(desired, former, warnings)
            return outcome if check or not outcome.action.sends_link else self._send(desired, outcome)

    def absent(self, name: str, *, passphrase: str | None = None, check: bool = False) -> Outcome:
        """Burn the name's link where it may still be read, and forget the name; with `check` only tell what would be done.

        `passphrase` is needed only where the ledger does not know it.
        """
        with nullcontext() if check else self._ledger.locked(name):
            former, warnings = self._look(name, self._ledger.read(name), refresh=True, check=check)
            action = decide_absent(former.state if former else None)
            if former and not check:
                if action is Action.BURNED:
                    with self._attempt(name, Attempt(Step.BURN, self._now())):
                        action = self._burn(former.metadata_key, former.passphrase or passphrase)
                self._ledger.forget(name)
            return Outcome(action, former=former, warnings=warnings)

    def absent_by_key(self, metadata_key: str, *, passphrase: str | None = None, check: bool = False) -> Outcome:
        """Burn the link with this metadata key where it may still be read, whoever made it."""
        name = self._ledger.name_of(metadata_key)
        if name is not None:
            return self.absent(name, passphrase=passphrase, check=check)
        try:
            metadata = self._connect().metadata(metadata_key)
        except UnknownSecret:
            return Outcome(Action.ABSENT)
        action = decide_absent(metadata.state)
        return Outcome(action if check or action is Action.ABSENT else self._burn(metadata_key, passphrase))

    def _look(self, name: str, entry: Entry, *, refresh: bool, check: bool) -> tuple[Record | None, tuple[str, ...]]:
        """Return the link as it stands now, and what is to be said of what earlier runs left undone."""
        warnings = []
        if not check:
            warnings += [warning for owed in entry.owed if (warning := self._pay(name, owed))]
        record = entry.record
        if record and self._must_ask(record, refresh=refresh):
            seen, warning = self._ask(record)
            warnings += [warning] if warning else []
            if seen != record and not check:
                self._ledger.note(name, seen)
            record = seen
        attempt = entry.attempt
        if attempt and attempt.step is Step.SEND and self._clock() < attempt.latest_expiry:
            warnings.append(hints.possible_orphan(attempt))
        if attempt and attempt.step is Step.BURN and record and record.state is State.BURNED:
            record = None  # our own burn did its work before that run died
        return record, tuple(warnings)

    @contextmanager
    def _attempt(self, name: str, attempt: Attempt) -> Iterator[None]:
        """Note the intent of the request in the block; take it back where the request surely had no effect."""
        self._ledger.begin(name, attempt)
        try:
            yield
        except OnetimeError as error:
            if not _may_have_taken_effect(error):
                self._ledger.abandon(name)
            raise

    def _must_ask(self, record: Record | None, *, refresh: bool) -> bool:
        if record is None or record.state.is_final:
            return False
        return refresh or record.is_past_expiry(self._clock())

    def _ask(self, record: Record) -> tuple[Record, str | None]:
        """Return the record with the state that the server tells now. A fault of the server is raised, never guessed."""
        try:
            metadata = self._connect().metadata(record.metadata_key)
        except UnknownSecret:
            return replace(record, state=State.UNKNOWN), None
        except NotAuthorized:
            if not self._anonymous:
                raise
            state = State.EXPIRED if record.is_past_expiry(self._clock()) else record.state
            return replace(record, state=state), hints.nothing_told_without_an_account()
        return replace(record, state=metadata.state, received_at=metadata.received), None

    def _decide(self, desired: Desired, record: Record | None, warnings: tuple[str, ...]) -> Outcome:
        if record and record.kind is not desired.kind:
            raise InvalidInput(
                f"{desired.name!r} already names a value that was made by {_MADE_BY[record.kind]}; "
                "choose another name, or burn that one first",
                field="name",
            )
        changed = record is not None and any(
            self._fingerprint(desired.name, part, value) != record.fingerprints[part]
            for part, value in desired.content.items()
            if not (desired.partial and value is None)
        )
        decision = decide_present(record.state if record else None, changed, desired.reissue_on)
        told = (decision.warning, hints.value_of_another_length(desired, record), hints.ttl_cut(desired, record))
        return Outcome(
            decision.action,
            record=record if decision.action is Action.KEPT else None,
            former=record,
            desired=desired,
            warnings=(*warnings, *filter(None, told)),
        )

    def _fingerprint(self, name: str, part: str, value: str | None) -> str:
        # The name goes in, so that the ledger does not even tell that two names have the same passphrase.
        return self._ledger.fingerprint(name, part, value)

    def _send(self, desired: Desired, outcome: Outcome) -> Outcome:
        """Have the server make the link that was decided on, record it, and burn the former one where it is replaced."""
        former = outcome.former
        if former and desired.partial:
            desired = desired.completed_from(former)
        with self._attempt(desired.name, Attempt(Step.SEND, self._now(), desired.ttl, desired.recipient)):
            issued = self._request(desired, former)
        record = self._record(desired, former, issued)
        owed = None
        if former and not former.state.is_final:
            owed = OwedBurn(former.metadata_key, former.passphrase, former.expires_at)
        try:
            self._ledger.complete(desired.name, record, owed)
        except LedgerError:
            # The next run would send another: take this one back while its key is known.
            with suppress(OnetimeError):
                self._burn(record.metadata_key, record.passphrase)
            raise
        told = (hints.ttl_cut(desired, record), self._pay(desired.name, owed) if owed else None)
        return replace(outcome, record=record, warnings=(*outcome.warnings, *filter(None, told)))

    def _request(self, desired: Desired, former: Record | None) -> Issued:
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import (
            GenerateRequest,
            ShareRequest,
        )

        fields: dict[str, Any] = {
            "passphrase": desired.passphrase,
            "ttl": desired.ttl,
            "recipient": desired.recipient,
            "share_domain": desired.share_domain,
        }
        if desired.kind is Kind.SHARE:
            return self._connect().share(ShareRequest(**fields | {"secret": desired.secret}))
        if former:  # a generated value stays the same in its next link
            return self._connect().share(ShareRequest(**fields | {"secret": former.value}))
        return self._connect().generate(GenerateRequest(**fields | {"length": desired.length}))

    def _record(self, desired: Desired, former: Record | None, issued: Issued) -> Record:
        # A value that is not new came from the former link; one that was shared stays with its caller.
        former_value = former.value if former else None
        return Record(
            kind=desired.kind,
            fingerprints={
                part: self._fingerprint(desired.name, part, value) for part, value in desired.content.items()
            },
            metadata_key=issued.metadata_key.get_secret_value(),
            secret_key=issued.secret_key.get_secret_value(),
            passphrase=desired.passphrase,
            value=issued.value.get_secret_value() if issued.value else former_value,
            recipient=desired.recipient,
            share_domain=issued.share_domain,
            state=State.NEW,
            ttl_asked=desired.ttl,
            ttl=issued.ttl,
            created_at=issued.created,
            recorded_at=self._now(),
        )

    def _pay(self, name: str, owed: OwedBurn) -> str | None:
        """Burn a link that was replaced; return a warning where that must wait for the next run."""
        try:
            self._burn(owed.metadata_key, owed.passphrase)
        except OnetimeError as error:
            return hints.burn_owed(name, owed, error)
        self._ledger.settle(name, owed)
        return None

    def _burn(self, metadata_key: str, passphrase: str | None) -> Action:
        """Burn a link; ABSENT where it could not be read any more when the burn arrived."""
        try:
            self._connect().burn(metadata_key, passphrase)
        except UnknownSecret:
            return Action.ABSENT
        return Action.BURNED

    def _now(self) -> int:
        return int(self._clock())


def _may_have_taken_effect(error: OnetimeError) -> bool:
    """Whether a request that ended so may have made a link all the same; a 200 that makes no sense may stand for one."""
    return isinstance(error, ReplyLost | ServerFault) or (isinstance(error, Refused) and error.status < 300)
