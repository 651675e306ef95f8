"""A server that is far away: every message to it arrives late, and so does every new connection."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

CHUNK = 65_536


@contextmanager
def far_away(url: str, seconds: float) -> Iterator[str]:
    """Yield the URL under which a server can be reached with a round trip of so many seconds."""
    server = urlsplit(url)
    loop = asyncio.new_event_loop()
    ready: asyncio.Future[int] = loop.create_future()
    thread = threading.Thread(
        target=loop.run_until_complete, args=[_relay(str(server.hostname), server.port or 80, seconds, ready)]
    )
    thread.start()
    port = asyncio.run_coroutine_threadsafe(_value(ready), loop).result()
    try:
        yield f"{server.scheme}://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join()


async def _value(ready: asyncio.Future[int]) -> int:
    return await ready


async def _relay(host: str, port: int, seconds: float, ready: asyncio.Future[int]) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)  # the connection's own round trip
        back, forth = await asyncio.open_connection(host, port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_pass_on(reader, forth, seconds), _pass_on(back, writer, 0))

    relay = await asyncio.start_server(connected, "127.0.0.1")
    ready.set_result(relay.sockets[0].getsockname()[1])
    with contextlib.suppress(asyncio.CancelledError):
        await relay.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    while chunk := await reader.read(CHUNK):
        await asyncio.sleep(seconds)
        writer.write(chunk)
        await writer.drain()
    writer.close()
