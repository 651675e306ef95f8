"""A mail server on loopback that says exactly what a test wants, line by line."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Scripted:
    port: int
    heard: list[str] = field(default_factory=list)  # the commands


Behaviour = Callable[[socket.socket], None]


@contextmanager
def scripted(
    replies: Mapping[str, str], *, first: Behaviour | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    """Run one that greets, and answers each command with the reply for its first word, else "250 ok".

    first: what to do to the connection instead. tls: by which to speak after STARTTLS was answered with 220.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    server = Scripted(listening.getsockname()[1])

    def serve() -> None:
        with suppress(OSError, ValueError):
            while True:
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    if first:
                        first(connection)
                    else:
                        _converse(connection, replies, server.heard, tls)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _converse(
    connection: socket.socket, replies: Mapping[str, str], heard: list[str], tls: ssl.SSLContext | None
) -> None:
    connection.sendall(b"220 here\r\n")
    reader = connection.makefile("rb")
    while line := reader.readline():
        word = line.decode().split()[0].upper()
        heard.append(word)
        reply = replies.get(word, "354 go on" if word == "DATA" else "250 ok")
        connection.sendall(reply.encode() + b"\r\n")
        if word == "STARTTLS" and tls:
            connection = tls.wrap_socket(connection, server_side=True)
            reader = connection.makefile("rb")
        if reply.startswith("354"):
            while reader.readline() not in (b".\r\n", b""):
                pass
            connection.sendall(b"250 kept\r\n")
