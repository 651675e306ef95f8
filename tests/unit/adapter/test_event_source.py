# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the event source does around a look: it waits longer while looks fail, and one that is cancelled notes nothing more."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.extensions.eda.plugins.event_source import links


class Watch:
    """A look that says of what it is given, and waits where it is told to."""

    interval = 300

    def __init__(self, *events: dict[str, Any] | Exception) -> None:
        self.events = list(events)
        self.noted: list[dict[str, Any]] = []
        self.is_looking, self.may_go_on = threading.Event(), threading.Event()
        self.is_over = threading.Event()

    def of(self, _arguments: dict[str, Any]) -> Watch:
        return self

    def look(self, stopped: threading.Event) -> Iterator[dict[str, Any]]:
        self.is_looking.set()
        self.may_go_on.wait(30)
        try:
            while self.events and not stopped.is_set():
                event = self.events.pop(0)
                if isinstance(event, Exception):
                    raise event
                self.noted.append(event)
                yield event
        finally:
            self.is_over.set()


def started(monkeypatch: pytest.MonkeyPatch, watch: Watch) -> None:
    monkeypatch.setattr(links, "_collection", lambda: (watch, (OSError,), lambda _error: "here"))


def test_one_that_is_cancelled_in_a_look_notes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch({"name": "db/alice"})
    started(monkeypatch, watch)

    async def run() -> None:
        source = asyncio.create_task(links.main(asyncio.Queue(), {}))
        await asyncio.to_thread(watch.is_looking.wait, 30)
        source.cancel()
        with suppress(asyncio.CancelledError):
            await source
        watch.may_go_on.set()
        assert await asyncio.to_thread(watch.is_over.wait, 30)

    asyncio.run(run())
    assert watch.noted == []


def test_it_looks_again_later_and_later_while_it_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch(*[OSError("no server")] * 5, {"name": "db/alice"}, OSError("no ledger"))
    watch.may_go_on.set()
    started(monkeypatch, watch)
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            raise asyncio.CancelledError

    monkeypatch.setattr(links.asyncio, "sleep", sleep)
    with caplog.at_level(logging.WARNING), pytest.raises(asyncio.CancelledError):
        asyncio.run(links.main(queue, {"eda_rule": "ours"}))

    assert [pause / watch.interval for pause in pauses] == pytest.approx([2, 4, 8, 8, 8, 8, 1, 1], rel=0.1)
    assert queue.get_nowait() == {"name": "db/alice"}
    assert caplog.messages[0] == "no server; looking again in 600 seconds"


def test_what_nobody_foresaw_ends_it_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(RuntimeError("of s3cret"))
    watch.may_go_on.set()
    started(monkeypatch, watch)
    with pytest.raises(
        ValueError, match="the collection has a defect; please report it, with this place: here"
    ) as error:
        asyncio.run(links.main(asyncio.Queue(), {}))
    assert error.value.__context__ is None
