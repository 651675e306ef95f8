"""`make demo` shows what it does, and leaves running only what it is asked to."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.support import CHECKOUT

pytestmark = pytest.mark.long


def demo(*variables: str) -> str:
    command = ["make", "--no-print-directory", "demo", *variables]
    return subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture
def kept() -> Iterator[str]:
    """What a demo prints that keeps server and mailbox running."""
    try:
        yield demo("KEEP=1")
    finally:
        demo("STOP=1")


def is_served(link: str) -> bool:
    try:
        return requests.get(link, timeout=10).ok
    except requests.ConnectionError:
        return False


def test_it_shows_what_happens_and_keeps_running_until_it_is_stopped(kept: str) -> None:
    assert "tools/demo.py" not in kept
    assert (
        len(re.findall(r"^\$ ansible-playbook onetimesecret.ots.quickstart -e quickstart_folder=\S+", kept, re.M)) == 3
    )
    assert re.search(r"^  \| To: alice@example.com\n(  \|.*\n)+  \| http://\S+/secret/\w+$", kept, re.M)
    before, now = (part.partition("\n\n===")[0] for part in re.split(r"^=== Who holds what.*$", kept, flags=re.M)[1:])
    assert re.search(r"^name +recipient +state +expires_at\ndb1/alice +alice@example.com +new +20\S+Z$", before, re.M)
    # Which of her two links, depends on which of her mails came first.
    assert len(re.findall(r"^\w+/alice +alice@example.com +received ", now, re.M)) == 1
    assert ("carol" in before, "carol" in now) == (True, False)
    assert "First run: 10 links made, 9 mails sent." in kept
    assert "Second run: 0 links made, 0 mails sent, 0 tasks changed." in kept

    link = re.findall(r"^Open a link of Bob's, once: +(\S+)$", kept, re.M)[0]
    assert is_served(link)
    assert demo("STOP=1") == "Server and mailbox are stopped.\n"
    assert not is_served(link)
