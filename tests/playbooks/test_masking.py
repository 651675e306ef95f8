# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where core can mask secrets in its output, it does so also in what other tasks print; what is registered stays whole."""

from __future__ import annotations

from tests.support.core import MASKS_SECRETS
from tests.support.playbooks import Playbooks
from tests.support.tenants import Tenant

PRINT = {"ansible.builtin.debug": {"msg": "link {{ made.link }} keys {{ made.metadata_key }} {{ looked_up }}"}}


def test_what_other_tasks_print_is_masked_by_cores_that_can(stack: Tenant, playbooks: Playbooks) -> None:
    tasks = [
        {
            "onetimesecret.ots.ots_share": {
                "name": "a",
                "secret": "s3cret-of-a",
                "passphrase": "correct horse",
                "return_content": True,
            },
            "register": "made",
        },
        {
            "onetimesecret.ots.ots_links": {
                "links": [{"name": "c"}, {"name": "d", "secret": "s3cret-of-d"}],
                "return_content": True,
            },
            "register": "many",
        },
        {"ansible.builtin.set_fact": {"looked_up": "{{ lookup('onetimesecret.ots.ots_generate', 'b') }}"}},
        PRINT,
        {"ansible.builtin.debug": {"msg": "{{ many.links.c.value }} s3cret-of-a s3cret-of-d correct horse"}},
        playbooks.save("[made.link, made.metadata_key, looked_up, many.links.c.value]"),
    ]
    run = playbooks.run(tasks)
    secrets = [*playbooks.registered(), "s3cret-of-a", "s3cret-of-d", "correct horse"]

    assert run.exit_code == 0, run.output
    assert all(len(secret) > 8 and "REDACTED" not in secret for secret in secrets)
    assert stack.url in secrets[0]
    assert [secret for secret in secrets if as_json(secret) in run.output] == ([] if MASKS_SECRETS else secrets)


def test_an_error_still_names_the_ledger(playbooks: Playbooks) -> None:
    file = playbooks.folder / "not-a-ledger"
    file.write_text("text")
    share = {"onetimesecret.ots.ots_share": {"name": "a", "secret": "s3cret", "ledger": f"sqlite:///{file}"}}
    assert str(file) in playbooks.run([share]).one_line.replace(" ", "")


def as_json(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
