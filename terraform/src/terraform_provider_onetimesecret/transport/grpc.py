"""gRPC on a Unix socket, for any object that has one plain method for each RPC."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message_factory import GetMessageClass
from grpclib.const import Cardinality, Handler
from grpclib.server import Server, Stream

from ..protocol.tfplugin6_pb2 import DESCRIPTOR

PROVIDER = DESCRIPTOR.services_by_name["Provider"]
AT_ONCE = 32  # terraform's own default is 10, people raise it to 30


class ProviderService:
    """The protocol's service. Each method of SERVICER may block: it gets a thread of its own."""

    def __init__(self, servicer: object) -> None:
        self._servicer = servicer
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def __mapping__(self) -> dict[str, Handler]:
        return {
            f"/{PROVIDER.full_name}/{rpc.name}": Handler(
                self._handler(getattr(self._servicer, rpc.name)),
                Cardinality.UNARY_UNARY,
                GetMessageClass(rpc.input_type),
                GetMessageClass(rpc.output_type),
            )
            for rpc in PROVIDER.methods
        }

    def _handler(self, method: Callable[[Any], Any]) -> Callable[[Stream[Any, Any]], Awaitable[None]]:
        async def handle(stream: Stream[Any, Any]) -> None:
            request = await stream.recv_message()
            response = await asyncio.get_running_loop().run_in_executor(self._threads, method, request)
            await stream.send_message(response)

        return handle


class GoPluginService:
    """What go-plugin asks of every plugin: what it prints, here nothing, and to say goodbye."""

    def __init__(self, shut_down: Callable[[], None]) -> None:
        self._shut_down = shut_down

    def __mapping__(self) -> dict[str, Handler]:
        return {
            "/plugin.GRPCStdio/StreamStdio": Handler(self._print_nothing, Cardinality.UNARY_STREAM, Empty, Empty),
            "/plugin.GRPCController/Shutdown": Handler(self._shutdown, Cardinality.UNARY_UNARY, Empty, Empty),
        }

    async def _print_nothing(self, stream: Stream[Empty, Empty]) -> None:
        await stream.recv_message()

    async def _shutdown(self, stream: Stream[Empty, Empty]) -> None:
        await stream.recv_message()
        await stream.send_message(Empty())
        await stream.send_trailing_metadata()  # all is said before the connection is closed
        self._shut_down()


async def listen(
    servicer: object, socket: Path, *, tls: ssl.SSLContext | None, shut_down: Callable[[], None]
) -> Server:
    """Answer at SOCKET from now on. SHUT_DOWN is called when Terraform takes its leave."""
    server = Server([ProviderService(servicer), GoPluginService(shut_down)])
    await server.start(path=str(socket), ssl=tls)
    return server
