"""SIGKILL under load: nothing that was acknowledged is lost, nothing is given twice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.support.load.caller import Caller
from tests.support.load.served import AUTH, Served

CLIENTS = 16


@dataclass
class Account:
    """What one client was told."""

    unread: dict[str, str] = field(default_factory=dict)  # acknowledged, by key
    given: dict[str, int] = field(default_factory=dict)  # how often each was given
    doubtful: dict[str, str] = field(default_factory=dict)  # asked for, and the answer lost
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    kills: int
    acknowledged: int
    lost: int
    twice: int
    doubtful: int
    """Whose answer a kill swallowed."""


def survived(server: Served, kills: int, seconds: float) -> Outcome:
    """Kill a server that has started so often within so many seconds, then read all that must be there."""
    over = threading.Event()
    accounts = [Account() for _ in range(CLIENTS)]
    threads = [threading.Thread(target=_use, args=(server.url, account, over)) for account in accounts]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        time.sleep(seconds / (kills + 1))
        server.kill()
        server.start()
    time.sleep(seconds / (kills + 1))
    over.set()
    for thread in threads:
        thread.join()
    with ThreadPoolExecutor(CLIENTS) as pool:
        lost = sum(pool.map(lambda account: _missing(server.url, account), accounts))
    return Outcome(
        kills=kills,
        acknowledged=sum(len(account.unread) + len(account.given) + len(account.doubtful) for account in accounts),
        lost=lost + sum(len(account.wrong) for account in accounts),
        twice=sum(count > 1 for account in accounts for count in account.given.values()),
        doubtful=sum(len(account.doubtful) for account in accounts),
    )


def _use(url: str, account: Account, over: threading.Event) -> None:
    number = 0
    while not over.is_set():
        try:
            caller = Caller(url, AUTH)
            while not over.is_set():
                number += 1
                value = f"value {id(account)} {number}"
                account.unread[caller.share(value)["secret_key"]] = value
                if number % 2:
                    _read(caller, account)
        except OSError:  # killed: it comes back
            time.sleep(0.05)


def _read(caller: Caller, account: Account) -> None:
    key = next(iter(account.unread))
    value = account.doubtful[key] = account.unread.pop(key)
    told = caller.reveal(key).get("value")
    del account.doubtful[key]
    if told == value:
        account.given[key] = account.given.get(key, 0) + 1
    else:
        account.wrong.append(key)


def _missing(url: str, account: Account) -> int:
    """How many that were acknowledged cannot be read any more. What was given once is asked for again, twice."""
    caller = Caller(url, AUTH)
    missing = 0
    for key, value in account.unread.items():
        missing += caller.reveal(key).get("value") != value
        account.given[key] = 1
    for key in account.doubtful:
        account.given[key] = int("value" in caller.reveal(key))
    for key in account.given:
        account.given[key] += "value" in caller.reveal(key)
    caller.close()
    return missing
