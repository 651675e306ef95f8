"""Runs every service of Apprise that ots_deliver notifies by, and prints what this process did besides: nothing, it is hoped.

What counts are connections, other processes, files that are written, a file that a parameter of the URL names, and logs.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from contextlib import suppress
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_service import AppriseService
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.post import Reply
from tests.support.apprise_urls import URLS

TEXT = "It is behind https://ots.example.com/secret/T0ken"
REPLIES = [Reply(200, b""), Reply(200, b"{}"), Reply(403, b'{"error": "no"}'), Reply(429, b"{}"), Reply(500, b"x")]
FORBIDDEN = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.mkdir",
)
NAMED = "/etc/hostname"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    done: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            done.append(f"{event} {arguments}")
        if event == "open" and (arguments[0] == NAMED or (isinstance(arguments[2], int) and arguments[2] & WRITING)):
            done.append(f"open {arguments[0]}")

    log = io.StringIO()
    logging.basicConfig(stream=log, level=1)
    sys.dont_write_bytecode = True
    sys.addaudithook(watch)
    for url in URLS.values():
        url = url.replace("HOST", "127.0.0.1")
        service = AppriseService.of(url)
        service.post("subject", TEXT)
        for reply in REPLIES:
            service.takes("subject", TEXT, reply)
        for parameter in service.kind.template_args:
            with suppress(InvalidInput):
                AppriseService.of(f"{url}{'&' if '?' in url else '?'}{parameter}=file://{NAMED}").post("subject", TEXT)
    done += [line for line in log.getvalue().splitlines() if line]
    json.dump(done, sys.stdout)


if __name__ == "__main__":
    main()
