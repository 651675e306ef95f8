"""What hosts have around them, in the background: a package index, and a mail server that wants STARTTLS and a password.

Usage: python tools/targets_surroundings.py start FOLDER    serves FOLDER/index. FOLDER/surroundings.yml then holds the variables
                                                            index_url and mail_server, FOLDER/mail the mails
       python tools/targets_surroundings.py stop FOLDER
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from demanding_mailbox import LOGIN, demanding_mailbox
from targets_process import background_command


@contextmanager
def surroundings(folder: Path) -> Iterator[dict[str, object]]:
    """Run them; yields the variables. `mail_server` has port, user, password and the certificate to trust it by, as PEM."""
    user, password = LOGIN
    with web_server(folder / "index") as url, demanding_mailbox(folder) as (mailbox, certificate_and_key):
        certificate, _, _ = certificate_and_key.read_text().partition("-----BEGIN PRIVATE KEY-----")
        mail_server = {"port": mailbox.port, "user": user, "password": password, "certificate": certificate}
        yield {"index_url": f"{url}/simple", "mail_server": mail_server}


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Serve files, and listings of folders, at the URL that this yields."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


if __name__ == "__main__":
    background_command(__file__, __doc__, surroundings, "surroundings.yml")
