"""The provider inside the test's own process, for Terraform to reattach to: no start to wait for, a clock to move."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terraform_provider_onetimesecret.installation import ADDRESS
from terraform_provider_onetimesecret.provider import Provider
from terraform_provider_onetimesecret.transport.grpc import listen


@contextmanager
def reattachable(provider: Provider, folder: Path) -> Iterator[dict[str, str]]:
    """Serve PROVIDER; yields the environment by which Terraform finds it."""
    socket = folder / "socket"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(
            listen(provider, socket, tls=None, shut_down=lambda: None), loop
        ).result(30)
        address = {"Network": "unix", "String": str(socket)}
        attached = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": address}
        yield {"TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: attached})}
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
