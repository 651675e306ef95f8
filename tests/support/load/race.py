"""Many readers of one secret."""

from __future__ import annotations

import threading

from tests.support.load.caller import Caller


def winners(url: str, readers: int) -> int:
    """How many of so many readers, who ask at once, get the secret."""
    creator = Caller(url)
    key = creator.share("only one")["secret_key"]
    creator.close()
    start = threading.Barrier(readers)
    values: list[str] = []

    def read() -> None:
        caller = Caller(url)
        start.wait()
        values.append(caller.reveal(key).get("value", ""))
        caller.close()

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(values) != readers:
        raise RuntimeError("A reader got no answer.")
    return values.count("only one")
