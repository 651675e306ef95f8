# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A custom domain is in every form in which a playbook gets a link, and in what is delivered."""

from __future__ import annotations

import json

from local_stack import text_of
from tests.support.playbooks import Playbooks
from tests.support.replay import Answer, replaying
from tests.support.tenants import Tenant


def test_the_domain_is_in_the_link_wherever_that_is_given(stack: Tenant, playbooks: Playbooks) -> None:
    first, second = stack.new_domain(), stack.new_domain()
    share = "lookup('onetimesecret.ots.ots_share', 'vpn', secret='s3cret'"
    generate = "lookup('onetimesecret.ots.ots_generate', 'db', return='link'"
    action = {"onetimesecret.ots.ots_share": {"name": "key", "secret": "s3cret", "return_content": True}}
    links = {
        "by a lookup's argument": f"{share}, share_domain='{second}')",
        "by the environment, in a lookup": f"{share})",
        "by a variable": f"{generate})",
        "as it was, in a lookup": f"{generate})",
        "by the environment, in an action": "made.link",
    }
    with replaying(Answer(200, body=b"ok")) as chat:
        to_chat = {"name": "key", "channel": "webhook", "webhook_url": f"{chat.url}/hooks/T0ken"}
        tasks = [
            {**action, "register": "made"},
            playbooks.save(links["by a lookup's argument"], "0"),
            {**playbooks.save(links["by the environment, in a lookup"], "1"), "vars": {"ots_share_domain": None}},
            {**playbooks.save(links["by a variable"], "2"), "vars": {"ots_share_domain": second}},
            {**playbooks.save(links["as it was, in a lookup"], "3"), "vars": {"ots_share_domain": second}},
            playbooks.save(links["by the environment, in an action"], "4"),
            {"onetimesecret.ots.ots_deliver": to_chat},
        ]
        run = playbooks.run(tasks, OTS_SHARE_DOMAIN=first)
        assert run.exit_code == 0, run.output
        (message,) = chat.received
    again = playbooks.run([playbooks.save(f"[{share}), {generate})]", "again")])
    assert again.exit_code == 0, again.output

    found = dict(zip(links, (playbooks.registered(str(number)) for number in range(len(links))), strict=True))
    asked = dict.fromkeys(links, second) | {
        "by the environment, in a lookup": first,
        "by the environment, in an action": first,
    }
    assert {how: link.rpartition("/secret/")[0] for how, link in found.items()} == {
        how: f"https://{domain}" for how, domain in asked.items()
    }
    assert found["by a variable"] == found["as it was, in a lookup"]
    assert playbooks.registered("again") == [found["by the environment, in a lookup"], found["by a variable"]]
    assert found["by a lookup's argument"] != found["by the environment, in a lookup"], "another domain is another link"
    assert found["by the environment, in an action"] in json.loads(message.body)["text"]
    assert stack.links_sent() == 4


def test_the_role_hands_over_links_on_the_domain_of_the_environment(stack: Tenant, playbooks: Playbooks) -> None:
    domain = stack.new_domain()
    alice = {"name": "alice", "email": "alice@example.com", "holds": [{"name": "db", "ttl": "1h"}]}
    role = {
        "ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials"},
        "vars": {"credentials_people": [alice]},
    }
    run = playbooks.run([role], OTS_SHARE_DOMAIN=domain)

    assert (run.exit_code, run.changed) == (0, 1), run.output
    (mail,) = stack.mailbox.mails()
    assert f"://{domain}/secret/" in text_of(mail)
