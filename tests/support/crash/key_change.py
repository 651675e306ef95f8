"""The change of the ledger's key: whenever it is cut off, one key opens the ledger, and its owner has it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.key import KeyFile
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.back_ends import BACK_ENDS
from tests.support.crash.cells import Cell, Disturbed
from tests.support.crash.controller import Controller, Watch
from tests.support.rows import ATTEMPT, OTHER_KEY, OWED, RECORD, complete
from tests.support.trail import disagreements
from tests.support.world import KEY

NAME = "db/prod/alice"


@dataclass(frozen=True)
class ChangeTheKey:
    """in_a_file: whether the key is in the key file beside the ledger, or given to each run."""

    in_a_file: bool
    back_ends: tuple[str, ...] = BACK_ENDS
    new_ledger: bool = True

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:  # noqa: ARG002
        with self._opened(controller, KEY) as ledger:
            complete(ledger, NAME, ATTEMPT, RECORD, OWED)
            before, fingerprint = ledger.entries(), ledger.fingerprint("x")

        def run(watch: Watch | None) -> None:
            with self._opened(controller, KEY, OTHER_KEY) as ledger, _key_file_watched(watch):
                seen: Any = watch.ledger(ledger) if watch else ledger
                if not seen.is_sealed_under(base64.b64decode(OTHER_KEY)):
                    seen.reseal(base64.b64decode(OTHER_KEY))

        def contents(key: str) -> Any:
            with self._opened(controller, key) as ledger:
                return ledger.entries(), ledger.fingerprint("x")

        cell = first_run(run)
        opened = []
        for key in (KEY, OTHER_KEY):
            try:
                opened.append(contents(key))
            except LedgerError:
                continue
        cell.expect(opened == [(before, fingerprint)] * (2 if self.in_a_file else 1), "what was in the ledger is not")
        for _ in range(2):
            run(None)
            cell.expect(contents(OTHER_KEY) == (before, fingerprint), "the next run has harmed the ledger")
        with self._opened(controller, OTHER_KEY) as ledger:
            cell.wrong += disagreements(ledger, NAME)
            changes = sum(event.what is What.KEY_CHANGED for event in ledger.history())
            cell.expect(1 <= changes <= 1 + self.in_a_file, "the trail tells of another number of changes")
        if self.in_a_file:
            with self._opened(controller, OTHER_KEY) as ledger:
                keys = KeyFile(ledger._beside(".key")).read()  # type: ignore[attr-defined]
            cell.expect(keys == [base64.b64decode(OTHER_KEY)], "the key file holds another key")
        return cell

    @contextmanager
    def _opened(self, controller: Controller, key: str, next_key: str | None = None) -> Iterator[SqlLedger]:
        settings = {
            "ledger": controller.ledger_url,
            "ledger_key": None if self.in_a_file else key,
            "ledger_key_file": None,
            "ledger_wait": 10,
        }
        with open_ledger(settings, "a scope", next_key=None if self.in_a_file else next_key) as ledger:
            yield ledger


@contextmanager
def _key_file_watched(watch: Watch | None) -> Iterator[None]:
    """Have every replacement of the key file be a step."""
    put = KeyFile.replace

    def replace(file: KeyFile, keys: list[bytes]) -> None:
        if watch:
            watch.step("replace the key file", lambda: put(file, keys))
        else:
            put(file, keys)

    with patch.object(KeyFile, "replace", replace):
        yield
