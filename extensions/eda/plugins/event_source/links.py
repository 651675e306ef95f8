# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event source for ansible-rulebook."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path
from threading import Event
from typing import Any

DOCUMENTATION = r"""
---
short_description: Watch the links of a ledger
description:
  - Looks at a ledger and its server every now and then and says what became of each link.
    An event holds the name, the recipient and the times of a link, and never the link, its keys or its secret.
  - The ledger records each event before it is sent, so that no event comes twice, however often and wherever a rulebook starts.
  - A name or recipient with the beginning of a template, such as C({{), sends no event but logs a warning.
    A playbook that gets it as a variable would run it.
  - A link that the server has forgotten was read or has expired. Which of the two is unknown, so that link sends no event.
  - Credentials come from the environment, as C(OTS_API_TOKEN), because ansible-rulebook logs the arguments of sources.
options:
  occasions:
    description:
      - The events to send; all of them by default.
      - C(read) is a link that was read, C(expired_unread) one that nobody can read any more, C(expires_soon) one that nobody has
        read and that is about to end, C(burned_elsewhere) one that somebody burned without this ledger, C(rotation_due) one whose
        value is older than O(rotate_after), C(delivery_missing) one that was not sent within O(deliver_within).
    type: list
    elements: str
    choices: [read, expired_unread, expires_soon, burned_elsewhere, rotation_due, delivery_missing]
  watcher:
    description: Name under which the ledger records what was sent. Each rulebook with its own name gets each event.
    type: str
    default: eda
  interval:
    description: How long to wait between two looks, give or take a tenth; up to eight times as long while they fail.
    type: str
    default: 5m
  expires_within:
    description: How long before the end of an unread link C(expires_soon) comes.
    type: str
    default: 1d
  read_for:
    description: How long after a link was read C(read) comes; at once by default.
    type: str
  deliver_within:
    description: How long after a link was made C(delivery_missing) comes; without it no delivery is expected.
    type: str
  rotate_after:
    description: Age at which a generated value is due for rotation; without it none is.
    type: str
  url:
    description: Address of the server. As all options of the collection's actions, it may come from the environment instead.
    type: str
  ledger:
    description: URL of the ledger.
    type: str
"""

EXAMPLES = r"""
- onetimesecret.ots.links:
    ledger: postgresql://ots@db.example.com/ots?sslmode=verify-full
    occasions: [read, expired_unread]
    watcher: tokens
    read_for: 1h
"""

LONGEST_PAUSE = 8  # intervals

logger = logging.getLogger("onetimesecret.ots.links")


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Look, send what is to be said, and wait, for ever."""
    watches, expected, place_of = _collection()
    try:
        watch = watches.of({name: value for name, value in args.items() if not str(name).startswith("eda_")})
        await _watch(queue, watch, expected)
    except expected as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - its text may hold what was given
        problem = f"the collection has a defect; please report it, with this place: {place_of(error)}"
    raise ValueError(problem)  # out here, so that nothing is chained to it


async def _watch(queue: asyncio.Queue[dict[str, Any]], watch: Any, expected: tuple[type[Exception], ...]) -> None:
    pause, stopped = 1, Event()
    while True:
        try:
            looking = watch.look(stopped)
            while (event := await asyncio.to_thread(next, looking, None)) is not None:
                await queue.put(event)
            pause = 1
        except asyncio.CancelledError:
            stopped.set()  # the thread goes on, and would note an event that nobody gets
            raise
        except expected as error:
            pause = min(2 * pause, LONGEST_PAUSE)
            logger.warning("%s; looking again in %s seconds", error, watch.interval * pause)
        await asyncio.sleep(watch.interval * pause * random.uniform(0.9, 1.1))  # noqa: S311 - so that watchers spread


def _collection() -> tuple[Any, tuple[type[Exception], ...], Any]:
    """Return what watches, what it raises, and what says where a defect is, of the collection that this file is part of."""
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(Path(__file__).absolute().parents[7])])
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.defects import place_of
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.watching import Watch
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

    return Watch, (OnetimeError, LedgerError), place_of
