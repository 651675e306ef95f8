# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the event source does each time: look at ledger and server, and say what the watcher does not know yet."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any
from urllib.parse import unquote

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.durations import parse_duration
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import (
    ADDRESSES,
    CONNECTION,
    LEDGER,
    ROTATION,
    Spec,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.arguments import validated
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import options_of_action
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.results import line_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.occasions import (
    Delays,
    Occasion,
    missing_parts,
    occasions_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus, survey
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Announcement
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger

WATCH: Spec = {  # of the event source
    "occasions": {"type": "list", "elements": "str", "choices": [each.value for each in Occasion]},
    "watcher": {"type": "str", "default": "eda"},
    "interval": {"type": "str", "default": "5m"},
    "expires_within": {"type": "str", "default": "1d"},
    "read_for": {"type": "str"},
    "deliver_within": {"type": "str"},
    **ROTATION,
    **CONNECTION,
    **LEDGER,
}

_TEMPLATE = re.compile(r"\{[{%#]")  # Variables of a rulebook's action are templates to the playbook that gets them.

logger = logging.getLogger("onetimesecret.ots.links")

SECRET = ("api_token", "ledger_key")
URLS = (*ADDRESSES, "url")


@dataclass(frozen=True)
class Watch:
    """What to look for, in which ledger and on which server."""

    options: Mapping[str, Any]
    connection: Connection
    policy: Policy
    delays: Delays
    occasions: frozenset[Occasion]
    watcher: str
    interval: int  # seconds

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Watch:
        """Return what the arguments of the event source ask for. Raises InvalidInput, which never holds a value."""
        arguments = {name: value for name, value in arguments.items() if value is not None}
        _check_public(arguments)
        options = options_of_action(validated(arguments, WATCH, "the event source links", {}), Variables({}, None))

        def seconds(option: str) -> int | None:
            return None if options[option] is None else parse_duration(options[option], option)

        return cls(
            options=options,
            connection=Connection.of(options),
            policy=Policy.of({**options, "reissue_on": ()}),
            delays=Delays(seconds("expires_within") or 0, seconds("read_for") or 0, seconds("deliver_within")),
            occasions=frozenset(map(Occasion, options["occasions"] or Occasion)),
            watcher=options["watcher"],
            interval=parse_duration(options["interval"], "interval"),
        )

    def look(self, stopped: Event | None = None) -> Iterator[dict[str, Any]]:
        """Yield an event for each occasion that this watcher does not know of yet, noted in the ledger before it is yielded.

        An event so comes once at most, whatever dies. Once it is `stopped`, by another thread, none is noted any more.
        Raises OnetimeError and LedgerError.
        """
        with open_ledger(self.options, self.connection.scope) as ledger:
            entries = ledger.entries()
            now = time.time()
            statuses = survey(entries, self.policy, self.connection.client() if entries else None, now)
            announced = {(name, it.matter, it.metadata_key) for name, it in ledger.announced()}
            for status, announcement, occasion in self._occasions(statuses, now):
                is_known = (status.name, announcement.matter, announcement.metadata_key) in announced
                if stopped and stopped.is_set():
                    return
                if is_known or not ledger.announce(status.name, announcement):
                    continue
                event = _event(occasion, status)
                if _TEMPLATE.search(json.dumps(event)):
                    logger.warning("no event %s for %r: a playbook would run the template in it", occasion, status.name)
                else:
                    yield event

    def _occasions(
        self, statuses: Iterable[LinkStatus], now: float
    ) -> Iterator[tuple[LinkStatus, Announcement, Occasion]]:
        for status in statuses:
            for occasion in occasions_of(status, self.delays, now):
                if occasion in self.occasions and status.record:
                    matter = f"{self.watcher} {occasion}"
                    yield status, Announcement(matter, status.record.metadata_key, int(now)), occasion


def _event(occasion: Occasion, status: LinkStatus) -> dict[str, Any]:
    known = {
        name: value for name, value in line_of(status).items() if value is not None
    }  # so that rules can ask `is defined`
    event = {"occasion": occasion.value, **known}
    if occasion is Occasion.DELIVERY_MISSING and status.record:
        event["missing"] = [part.value for part in missing_parts(status, status.record)]
    return event


def _may_hold_password(url: str) -> bool:
    """Whether a URL has a password where anybody looks for one, however it is spelled: better one too many than one in a log."""
    text = unquote(url)
    rest = text.partition("://")[2] or text
    return bool(re.match(r"[^@]*:[^@]*@", rest) or re.search(r"(?i)(password|secret)\s*=", rest))


def _check_public(arguments: Mapping[str, Any]) -> None:
    """ansible-rulebook shows the arguments of its sources in its log, and an EDA controller to who may see the activation."""
    secret = [option for option in SECRET if arguments.get(option)]
    secret += [option for option in URLS if _may_hold_password(str(arguments.get(option) or ""))]
    for option in secret:
        raise InvalidInput(
            f"is shown in the log of ansible-rulebook; set OTS_{option.upper()} in its environment instead",
            field=option,
        )
