"""Proxies that lead to one place whatever is asked for: by SOCKS 5 (RFC 1928, RFC 1929), or by HTTP's CONNECT."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NO_LOGIN, BY_PASSWORD = 0, 2
IPV4, NAME = 1, 3
GRANTED, REFUSED = 0, 5


@dataclass
class Proxy:
    """url: without a login. asked: host and port of each connection that was asked for; logins: what was given for it."""

    url: str
    leads_to: tuple[str, int] | None  # None refuses everybody
    asked: list[tuple[str, int]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def socks_proxy(leads_to: tuple[str, int] | None) -> Iterator[Proxy]:
    with _running(Proxy("socks5h://", leads_to), _serve_socks) as proxy:
        yield proxy


@contextmanager
def connect_proxy(leads_to: tuple[str, int] | None) -> Iterator[Proxy]:
    with _running(Proxy("http://", leads_to), _serve_connect) as proxy:
        yield proxy


@contextmanager
def _running(proxy: Proxy, serve: Callable[[Proxy, socketserver.StreamRequestHandler], None]) -> Iterator[Proxy]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            serve(proxy, self)
            if proxy.leads_to is not None:
                with socket.create_connection(proxy.leads_to) as far:
                    back = threading.Thread(target=_pass_on, args=(far, self.connection), daemon=True)
                    back.start()
                    _pass_on(self.connection, far)
                    back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy.url += f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            server.shutdown()


def _serve_connect(proxy: Proxy, client: socketserver.StreamRequestHandler) -> None:
    host, _, port = client.rfile.readline().split()[1].decode().rpartition(":")
    proxy.asked.append((host, int(port)))
    while client.rfile.readline().strip():
        pass
    client.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n" if proxy.leads_to is None else b"HTTP/1.1 200 OK\r\n\r\n")


def _serve_socks(proxy: Proxy, client: socketserver.StreamRequestHandler) -> None:
    read, write = client.rfile.read, client.wfile.write
    _version, count = read(2)
    method = BY_PASSWORD if BY_PASSWORD in read(count) else NO_LOGIN
    write(bytes([5, method]))
    if method == BY_PASSWORD:
        read(1)
        proxy.logins.append((read(read(1)[0]).decode(), read(read(1)[0]).decode()))
        write(b"\x01\x00")
    _version, _command, _reserved, kind = read(4)
    host = socket.inet_ntoa(read(4)) if kind == IPV4 else read(read(1)[0]).decode()
    proxy.asked.append((host, int.from_bytes(read(2), "big")))
    answer = REFUSED if proxy.leads_to is None else GRANTED
    write(bytes([5, answer, 0, IPV4]) + bytes(6))


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()
