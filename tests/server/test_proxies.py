"""Behind nginx and Caddy, as the examples say: below a path, and with the caller's own address."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from certificates import make_certificate
from tests.support import CHECKOUT
from tests.support.live_server import Answer
from tests.support.pages import BROWSER, Page
from tests.support.server_command import serving

pytestmark = pytest.mark.long

EXAMPLES = CHECKOUT / "server" / "examples"
START_LIMIT = 30


@dataclass(frozen=True)
class Behind:
    """A server behind a proxy; `url` is what people see."""

    url: str
    server_url: str
    session: requests.Session

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
        return self.session.post(f"{self.url}/api/v1/{path}", data=form, headers=headers, timeout=30).json()

    def page(self, url: str, **form: str) -> Page:
        answer = self.session.request("POST" if form else "GET", url, data=form, headers=BROWSER, timeout=30)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Page(Answer(answer.status_code, headers, answer.content))


def changed(name: str, changes: dict[str, str]) -> str:
    text = (EXAMPLES / name).read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, server: str, certificate: Path) -> list[str]:
    site = changed(
        "nginx.conf",
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "/etc/ssl/example.com.pem": str(certificate),
            "/etc/ssl/private/example.com.key": str(certificate),
            "http://127.0.0.1:7143": server,
        },
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{paths}access_log {folder}/access;\n{site}\n}}"
    )
    return ["nginx", "-e", str(folder / "error"), "-c", str(file)]


def caddy(folder: Path, port: int, server: str, certificate: Path) -> list[str]:
    site = changed(
        "Caddyfile",
        {
            "example.com {": f"https://127.0.0.1:{port} {{\n\ttls {certificate} {certificate}",
            "127.0.0.1:7143": server.removeprefix("http://"),
        },
    )
    file = folder / "Caddyfile"
    file.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{site}")
    return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    name = request.param.__name__
    if shutil.which(name) is None:
        pytest.skip(f"There is no {name}: apt-get install {name}")
    folder = tmp_path_factory.mktemp(name)
    certificate = make_certificate(folder, "127.0.0.1")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    url = f"https://127.0.0.1:{port}/ots"
    options = ("--public-url", url, "--forwarded-allow-ips", "127.0.0.1", "--creations-per-address", "2")
    with ExitStack() as stack:
        server = stack.enter_context(serving(folder / "data", *options))
        environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with (folder / "output").open("w") as output:
            command = request.param(folder, port, server.url, certificate)
            proxy = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        stack.callback(proxy.wait)
        stack.callback(proxy.terminate)
        session = stack.enter_context(requests.Session())
        session.trust_env = False  # a bundle named there would win over our certificate
        session.verify = str(certificate)
        _await(session, f"{url}/healthz", folder / "output")
        yield Behind(url, server.url, session)


def _await(session: requests.Session, url: str, output: Path) -> None:
    give_up = time.monotonic() + START_LIMIT
    while True:
        try:
            assert session.get(url, timeout=30).json() == {"status": "ok"}
        except requests.ConnectionError as error:
            if time.monotonic() > give_up:
                raise RuntimeError(output.read_text()) from error
            time.sleep(0.05)
        else:
            return


def test_a_link_leads_through_the_proxy_and_its_page_works_below_the_path(behind: Behind) -> None:
    created = behind.post("share", secret="one line\nand another")
    assert created["metadata_url"].startswith(f"{behind.url}/receipt/")
    link = f"{behind.url}/secret/{created['secret_key']}"

    shown = behind.page(link)
    revealed = behind.page(link, token=shown.fields["token"])
    saved = behind.session.post(
        f"{behind.url}/file",
        data={name: revealed.fields[name] for name in ("content", "token")},
        timeout=30,
    )

    assert revealed.value == "one line\nand another"
    assert saved.content == b"one line\nand another"
    assert behind.page(f"{behind.url}/receipt/{created['metadata_key']}").answer.status == 200
    assert behind.page(link).answer.status == 404


def test_every_address_of_a_page_is_relative(behind: Behind) -> None:
    created = behind.post("share", secret="x")
    pages = ("", f"secret/{created['secret_key']}", f"receipt/{created['metadata_key']}")
    targets = [target for path in pages for target in behind.page(f"{behind.url}/{path}").targets]

    assert targets
    assert [target for target in targets if target.startswith("/")] == []


def test_a_caller_cannot_choose_the_address_that_is_counted(behind: Behind) -> None:
    """The proxy is on this machine, and so is the caller: whatever he says, he stays 127.0.0.1, which has no limit."""
    told = [behind.post("share", {"X-Forwarded-For": "192.0.2.1"}, secret="x") for _ in range(4)]
    # Straight to the server, the same words come from a proxy that is believed.
    direct = [
        requests.post(
            f"{behind.server_url}/api/v1/share",
            data={"secret": "x"},
            headers={"X-Forwarded-For": "192.0.2.1"},
            timeout=30,
        ).json()
        for _ in range(4)
    ]

    assert all("secret_key" in one for one in told)
    assert ["secret_key" in one for one in direct] == [True, True, False, False]


def test_no_key_is_in_what_the_proxy_writes(behind: Behind, tmp_path_factory: pytest.TempPathFactory) -> None:
    created = behind.post("share", secret="x")
    behind.page(f"{behind.url}/secret/{created['secret_key']}")

    logs = [
        file.read_text(errors="replace")
        for file in tmp_path_factory.getbasetemp().glob("*/*")
        if file.name in ("access", "error", "output")
    ]

    assert logs
    assert not any(created[key] in log for log in logs for key in ("secret_key", "metadata_key"))
