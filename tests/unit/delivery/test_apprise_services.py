"""Every service that ots_deliver notifies by: Apprise makes one POST of the whole text for it, and does nothing by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
import yaml

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.modules import ots_deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_service import AppriseService
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_services import (
    MODULES,
    OF_WEBHOOK,
    name_of,
    quoting_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.chats import SHAPES
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.post import Reply
from tests.support import CHECKOUT
from tests.support.apprise_urls import URLS

NAMES = sorted({name_of(module) for module in MODULES.values()})
LINK = "https://ots.example.com/secret/0a1b2c3d"
TEXT = f"Ein Zugang für Dich: {{}}\n\n{LINK}\n\nEs geht einmal, bis 2026-12-03T21:15:20Z."
NASTY = r"""a*b_c~d`e"f'g\h & i < j > k [i](http://j) #1 @all :) {k} |l| & % = + ; $ö"""


def of(name: str) -> AppriseService:
    return AppriseService.of(URLS[name].replace("HOST", "127.0.0.1:8080"))


def test_every_service_has_a_url_in_the_tests_and_is_documented() -> None:
    assert sorted(URLS) == NAMES
    documented = " ".join(yaml.safe_load(ots_deliver.DOCUMENTATION)["options"]["notify_url"]["description"])
    assert set(re.findall(r"C\(([0-9a-z]+)\)", documented)) - {"apprise"} == set(NAMES)
    guide = (CHECKOUT / "docs/delivery.md").read_text()
    assert [name for name in NAMES if f"`{name}`" not in guide] == []


def test_services_that_webhooks_reach_as_well_are_marked() -> None:
    assert set(SHAPES) - {"teams"} == set(OF_WEBHOOK)  # Apprise has Teams only by what it rewrites as Markdown


@pytest.mark.parametrize("name", NAMES)
def test_a_service_gets_one_post_of_the_whole_text(name: str) -> None:
    service = of(name)
    text = TEXT.format(quoting_of(service.module)(NASTY))
    post = service.post("Ein Zugang", text)
    assert post.url.startswith("https:") or service.destination(post) == "127.0.0.1:8080"
    assert not any(part in unquote_plus(post.url) for part in (LINK, NASTY))
    assert not any(part in value for value in post.headers.values() for part in (LINK, NASTY))
    assert ".png" not in post.body.decode() + "".join(
        post.headers.values()
    )  # of a picture that others would fetch elsewhere
    assert service.takes("Ein Zugang", text, Reply(500, b"")) is False


@pytest.mark.parametrize("scheme", sorted(MODULES))
def test_every_scheme_is_one_of_its_module(scheme: str) -> None:
    url = URLS[name_of(MODULES[scheme])].partition("://")[2].replace("HOST", "127.0.0.1")
    assert AppriseService.of(f"{scheme}://{url}").module == MODULES[scheme]


def test_apprise_connects_writes_and_logs_nothing_by_itself() -> None:
    collections = str(Path(ots_deliver.__file__).parents[5])
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.apprise_watched"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), collections])},
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("value", ["a<b>c", "a<e>c", "&amp;", "<script>"])
def test_a_text_that_apprise_would_change_is_not_sent(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^text: would not arrive as it stands") as error:
        of("tgram").post("subject", f"The passphrase is: {value}")
    assert value not in str(error.value)


OTHERS = {
    "mail": "mailto://user:T0ken@example.com",
    "a program": "syslog://",
    "a socket": "mqtt://user:T0ken@127.0.0.1/topic",
    "a URL": "https://chat.example.com/hooks/T0ken",
    "a file": "file:///etc/passwd",
}


@pytest.mark.parametrize("url", OTHERS.values(), ids=list(OTHERS))
def test_others_are_left_out(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^notify_url: has a scheme that channel notify does not send by") as error:
        AppriseService.of(url)
    assert "T0ken" not in str(error.value)


WRONG = {
    "not a URL": ("T0ken", "is not a URL of Apprise"),
    "no recipient": ("twilio://AC" + "0" * 32 + ":T0ken" + "0" * 27 + "@1", "lacks something|does not say all"),
    "no host": ("gotify://", "lacks something|does not say all"),
    "several recipients": ("ntfys://ntfy.example.com/T0ken/b", "would take more than one POST; name one recipient"),
    "a login": ("matrixs://user:T0ken@chat.example.com/#room", "has a scheme that"),
    "another method": ("jsons://h.example.com/T0ken?method=get", "would take more than one POST|does not say all"),
    "in the clear": ("ntfy://ntfy.example.com/T0ken", "leads to plain HTTP.*such as ntfys"),
    "a format": ("ntfys://ntfy.example.com/T0ken?format=markdown", "has the parameter format"),
    "a file": ("discord://1234/T0ken?template=/etc/passwd", "has the parameter template: it would read a file"),
    "a file, in capitals": (
        "slack://TA1B2C3D4/BA1B2C3D4/T0kenT0kenT0kenT0kenT0ke?TEMPLATE=/etc/passwd",
        "has the parameter",
    ),
    "a file by its URL": ("discord://1234/T0ken?template=file:///etc/passwd", "has the parameter template"),
    "a mail": (
        "ntfys://ntfy.example.com/T0ken?email=alice@example.com",
        "has the parameter email: the service would mail",
    ),
    "another host": ("jsons://h.example.com/T0ken?+host=g.example.com", "sets the header host, which says how"),
    "another frame": ("forms://h.example.com/T0ken?+Transfer-Encoding=chunked", "sets the header transfer-encoding"),
    "a port": ("gotifys://h.example.com:99999/T0ken", "lacks something|names no host|does not say all"),
}


@pytest.mark.parametrize(("url", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_url_is_named_and_not_shown(url: str, said: str) -> None:
    begin = time.monotonic()
    with pytest.raises(InvalidInput, match=f"^notify_url: ({said})") as error:
        AppriseService.of(url).post("subject", "text")
    assert time.monotonic() - begin < 4  # Apprise would wait between two requests
    assert "T0ken" not in str(error.value)
    assert error.value.__context__ is None or "T0ken" not in str(error.value.__context__)
