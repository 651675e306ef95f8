"""Actions, lookups, the filter and the test that read: from playbooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant
from tests.support.vault import vaulted

SECRET = 'the licence\'s key: $42 "quoted"'
MAKE: dict[str, Any] = {
    "onetimesecret.ots.ots_share": {
        "name": "db/alice",
        "secret": SECRET,
        "recipient": "alice@example.com",
        "ttl": "1h",
        "return_content": True,
    },
    "register": "made",
}


def shared_by_somebody_else(stack: Tenant, **form: str) -> str:
    """Share a secret as a stranger; returns the link."""
    reply = requests.post(f"{stack.url}/api/v1/share", data={"secret": SECRET, **form}, timeout=30).json()
    return f"{stack.url}/secret/{reply['secret_key']}"


def test_a_link_is_read_once_and_kept(stack: Tenant, playbooks: Playbooks) -> None:
    link = shared_by_somebody_else(stack)
    reveal = {"onetimesecret.ots.ots_reveal": {"name": "vendor", "link": link}, "register": "read"}
    look_up = f"lookup('onetimesecret.ots.ots_reveal', '{link}')"
    tasks = [reveal, playbooks.save("read.value")]

    assert playbooks.run([reveal], "--check").changed == 1
    first = playbooks.run(tasks, "-vvvv", "--diff")
    assert (first.exit_code, first.changed, playbooks.registered()) == (0, 1, SECRET), first.output
    second = playbooks.run(tasks)
    assert (second.exit_code, second.changed, playbooks.registered()) == (0, 0, SECRET)
    ledger = list(stack.folder.glob("ledger*"))
    assert ledger
    for hidden in (SECRET, link.rpartition("/")[2]):
        assert hidden not in first.output
        assert all(hidden.encode() not in path.read_bytes() for path in ledger)
    other = {"onetimesecret.ots.ots_reveal": {"name": "another", "link": link}, "ignore_errors": True}
    third = playbooks.run([playbooks.save(look_up), other])
    assert playbooks.registered() == SECRET
    assert "the ledger holds its value as 'vendor'; use that name" in third.one_line


def test_a_lookup_reads_a_link_once(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 5
    link = shared_by_somebody_else(stack, passphrase="correct-horse")
    look_up = f"lookup('onetimesecret.ots.ots_reveal', '{link}', passphrase='correct-horse')"
    save = playbooks.save(f"[{look_up}, {look_up}]")

    checked = playbooks.run([{"ansible.builtin.set_fact": {"value": "{{ " + look_up + " }}"}}], "--check")
    assert (checked.exit_code, stack.requests()) == (0, 1), checked.output
    assert playbooks.run([save], "--forks", "5").exit_code == 0
    assert playbooks.registered() == [SECRET, SECRET]


def test_what_became_of_a_link_is_told_without_its_keys(playbooks: Playbooks) -> None:
    info = {"onetimesecret.ots.ots_metadata_info": {"name": "db/alice"}, "register": "told"}
    by_key = {
        "onetimesecret.ots.ots_metadata_info": {"metadata_key": "{{ made.metadata_key }}"},
        "register": "told_by_key",
    }
    nobody = {"onetimesecret.ots.ots_metadata_info": {"name": "db/nobody"}, "register": "told_of_nobody"}
    show = {"ansible.builtin.debug": {"msg": "{{ [told, told_by_key] }}"}}
    facts = "[told, told_by_key, told_of_nobody.exists, lookup('onetimesecret.ots.ots_metadata', 'db/alice')]"
    keys = playbooks.save("[made.secret_key, made.metadata_key, made.link]", "keys")
    tasks = [MAKE, info, by_key, nobody, show, playbooks.save(facts), keys]
    run = playbooks.run(tasks, "-vvvv")

    assert (run.exit_code, run.changed) == (0, 1), run.output
    told, told_by_key, exists, looked_up = playbooks.registered()
    assert (told["state"] in ("new", "viewed"), told["is_unread"], told["recipient"][:2], exists) == (
        True,
        True,
        "al",
        False,
    )
    assert told["expires_at"] == told_by_key["expires_at"] == looked_up["expires_at"]
    assert "updated_at" in looked_up
    for secret in (SECRET, *playbooks.registered("keys")):
        assert secret not in run.output


def test_the_server_tells_its_status(playbooks: Playbooks, pytestconfig: pytest.Config) -> None:
    def status(name: str, **options: str) -> dict[str, Any]:
        return {"onetimesecret.ots.ots_status_info": options, "register": name}

    names = ("good", "wrong", "nowhere")
    tasks = [status("good"), status("wrong", api_token="x" * 40), status("nowhere", url="http://127.0.0.1:1")]
    run = playbooks.run([*tasks, playbooks.save(f"[{', '.join(names)}]")])

    assert run.exit_code == 0, run.output
    good, wrong, nowhere = playbooks.registered()
    is_new = pytestconfig.getoption("--release") not in ("v0.22", "v0.23")
    assert (good["reachable"], good["authorized"], good["problem"]) == (True, True, None)
    assert good["release"] == ("0.24 or later" if is_new else "before 0.24")
    assert (wrong["reachable"], wrong["authorized"]) == (True, False)
    assert (nowhere["reachable"], "no connection" in nowhere["problem"]) == (False, True)


def test_recent_links_are_listed_and_their_keys_not_shown(playbooks: Playbooks, pytestconfig: pytest.Config) -> None:
    recent = {"onetimesecret.ots.ots_recent_info": {"return_content": True}, "register": "recent"}
    without = {"onetimesecret.ots.ots_recent_info": {}, "register": "without"}
    bare = {"ansible.builtin.debug": {"var": "without.links"}}
    show = {"ansible.builtin.debug": {"var": "recent.table"}}
    keys = playbooks.save("[made.metadata_key, recent.links[0].metadata_key]")
    run = playbooks.run([MAKE, recent, show, keys, without, bare], "-vvvv")

    if pytestconfig.getoption("--release") in ("v0.22", "v0.23"):
        assert "could not process the call" in run.one_line
    else:
        assert run.exit_code == 0, run.output
        made, listed = playbooks.registered()
        assert made == listed
        assert made not in run.output
        assert re.search(r"al\*+@e\*+\.com", run.output)


def test_a_link_lookup_shares_once(stack: Tenant, playbooks: Playbooks) -> None:
    playbooks.hosts = 3
    link = "lookup('onetimesecret.ots.ots_share', 'vpn', secret='s3cret', ttl='1h')"
    other = "lookup('onetimesecret.ots.ots_share', 'vpn', secret='changed', ttl='1h')"
    assert playbooks.run([playbooks.save(f"[{link}, {link}]")], "--forks", "3").exit_code == 0
    first = playbooks.registered()
    playbooks.hosts = 1  # on several, each would send its pair again after another's
    playbooks.run([playbooks.save(f"[{link}, {other}]")])

    assert first[0] == first[1] == playbooks.registered()[0] != playbooks.registered()[1]
    assert stack.links_sent() == 2


def test_the_filter_and_the_test_shorten_playbooks(playbooks: Playbooks) -> None:
    checks = [
        "(made.link | onetimesecret.ots.ots_secret_key) == made.secret_key",
        "made is onetimesecret.ots.ots_unread",
        "'viewed' is onetimesecret.ots.ots_unread",
        "'received' is not onetimesecret.ots.ots_unread",
    ]
    wrong = {"debug": {"msg": "{{ 'https://example.com/' | onetimesecret.ots.ots_secret_key }}"}, "ignore_errors": True}
    run = playbooks.run([MAKE, {"ansible.builtin.assert": {"that": checks}}, wrong])

    assert run.exit_code == 0, run.output
    assert "is not a link to a secret; give one such as" in run.one_line


@pytest.mark.parametrize("in_vault", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_file_is_shared(stack: Tenant, playbooks: Playbooks, tmp_path: Path, in_vault: bool) -> None:
    (playbooks.folder / "files").mkdir()
    file, password = playbooks.folder / "files" / "key.pem", tmp_path / "vault-password"
    file.write_text(SECRET + "\n")
    password.write_text("vault")
    if in_vault:
        file.write_text(vaulted(file.read_bytes(), "vault"))
    share = {
        "onetimesecret.ots.ots_share": {"name": "key", "src": "key.pem", "ttl": "1h", "return_content": True},
        "register": "made",
    }
    arguments = ("--vault-password-file", str(password)) if in_vault else ()
    first = playbooks.run([share, playbooks.save("made.secret_key")], *arguments, "-vvvv")
    second = playbooks.run([share], *arguments)

    assert (first.exit_code, first.changed, second.changed) == (0, 1, 0), first.output
    reply = requests.post(f"{stack.url}/api/v1/secret/{playbooks.registered()}", timeout=30).json()
    assert reply["value"] == SECRET + "\n"
    assert SECRET not in first.output
    if in_vault:
        leftovers = [
            path for path in playbooks.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
        ]
        assert leftovers == []


def test_a_file_that_cannot_be_shared_is_told(playbooks: Playbooks) -> None:
    (playbooks.folder / "binary.pem").write_bytes(b"\xff\xfe")
    run = playbooks.run(
        [
            {"onetimesecret.ots.ots_share": {"name": "key", "src": src}, "ignore_errors": True}
            for src in ("none.pem", "binary.pem")
        ]
    )

    assert "src: cannot be read; give a file on the controller" in run.one_line
    assert "src: is not text in UTF-8; encode it" in run.one_line
    assert "Traceback" not in run.output
