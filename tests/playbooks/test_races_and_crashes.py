"""One POST per name, whoever else is at it, and whenever a run dies."""

from __future__ import annotations

import threading

import pytest
import requests

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from local_stack import LocalStack
from support.playbooks import Playbooks, kill_all
from support.replay import misbehaving

GENERATE = {"onetimesecret.ots.ots_generate": {"name": "db/alice", "ttl": "1h"}, "register": "made"}
ALL_VALUES = "ansible_play_hosts | map('extract', hostvars) | map(attribute='made.value') | unique"


def test_twenty_forks_on_one_name_make_one_post(stack: LocalStack, playbooks: Playbooks) -> None:
    playbooks.hosts = 20
    run = playbooks.run([GENERATE, playbooks.save(ALL_VALUES)], "--forks", "20")

    assert (run.exit_code, run.changed) == (0, 1)
    assert stack.links_sent() == 1
    assert len(playbooks.registered()) == 1


def test_twenty_forks_on_one_lookup_make_one_post(stack: LocalStack, playbooks: Playbooks) -> None:
    playbooks.hosts = 20
    look_up = {"ansible.builtin.set_fact": {"made": {"value": "{{ lookup('onetimesecret.ots.ots_generate', 'a') }}"}}}
    run = playbooks.run([look_up | {"no_log": True}, playbooks.save(ALL_VALUES)], "--forks", "20")

    assert run.exit_code == 0
    assert stack.links_sent() == 1
    assert len(playbooks.registered()) == 1


def test_forks_on_names_of_their_own_get_their_own_replies(stack: LocalStack, playbooks: Playbooks) -> None:
    playbooks.hosts = 20
    own = {"onetimesecret.ots.ots_share": {"name": "{{ inventory_hostname }}", "secret": "of {{ inventory_hostname }}"}}
    pairs = "dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars) | map(attribute='made.secret_key')))"
    playbooks.run([own | {"register": "made"}, playbooks.save(pairs)], "--forks", "20")

    for host, secret_key in playbooks.registered().items():
        reply = requests.post(f"{stack.url}/api/v1/secret/{secret_key}", timeout=30)
        assert reply.json()["value"] == f"of {host}"


@pytest.mark.parametrize("reached_the_server", [False, True])
def test_a_run_that_is_killed_after_its_post_leaves_the_ledger_whole(
    stack: LocalStack, playbooks: Playbooks, reached_the_server: bool
) -> None:
    other = {"onetimesecret.ots.ots_generate": {"name": "db/other"}, "register": "other"}
    playbooks.run([other, playbooks.save("other.value")])
    before = playbooks.registered()
    arrived, released = threading.Event(), threading.Event()

    def hold(_socket: object) -> None:
        request = proxy.received[-1]
        if reached_the_server:
            requests.request(request.method, request.path, headers=request.headers, data=request.body, timeout=30)
        arrived.set()
        released.wait(60)

    with misbehaving(hold) as proxy:
        process = playbooks.start([GENERATE], OTS_PROXY=proxy.url)
        assert arrived.wait(60)
        kill_all(process, playbooks)
        released.set()

    attempt = (
        open_ledger(stack.environment["OTS_LEDGER"], None, f"{stack.url} {stack.username}").read("db/alice").attempt
    )
    assert attempt is not None
    run = playbooks.run([GENERATE, other, playbooks.save("other.value")])
    assert (run.exit_code, run.changed) == (0, 1)
    assert "died between sending and recording. A link that nobody knows may exist, at the latest until" in run.one_line
    assert playbooks.registered() == before

    again = playbooks.run([GENERATE, other])
    assert (again.changed, "[WARNING]" in again.output) == (0, False)
