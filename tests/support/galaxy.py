"""A Galaxy on loopback that has one collection, by the calls of its API v3 that `ansible-galaxy collection install` makes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ARTEFACT = re.compile(r"(\w+)-(\w+)-(.+)\.tar\.gz")


@contextmanager
def galaxy(artefact: Path) -> Iterator[str]:
    """Offer a collection's tarball; yields the URL."""
    found = ARTEFACT.fullmatch(artefact.name)
    assert found, artefact
    namespace, name, version = found.groups()
    collection = f"/api/v3/collections/{namespace}/{name}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            documents: dict[str, object] = {
                "/api": {"available_versions": {"v3": "v3/"}},
                collection: {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"},
                f"{collection}/versions": {
                    "meta": {"count": 1},
                    "links": {"next": None},
                    "data": [{"version": version}],
                },
                f"{collection}/versions/{version}": {
                    "namespace": {"name": namespace},
                    "collection": {"name": name},
                    "version": version,
                    "href": f"{collection}/versions/{version}/",
                    "download_url": f"{url}/{artefact.name}",
                    "artifact": {"sha256": sha256(artefact.read_bytes()).hexdigest()},
                    "metadata": {"dependencies": {}},
                    "signatures": [],
                },
            }
            if path == f"/{artefact.name}":
                self.answer(200, artefact.read_bytes())
            else:
                self.answer(200 if path in documents else 404, json.dumps(documents.get(path, {})).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()
