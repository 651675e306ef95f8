# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers with TLS: what `ca_bundle` and `validate_certs` of an action, a lookup, a variable and a webhook do."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from certificates import make_certificate
from tests.support.playbooks import Playbooks
from tests.support.replay import Answer, replaying

MAKE = {"onetimesecret.ots.ots_share": {"name": "db/alice", "secret": "s3cret", "ttl": "1h"}}
UNVERIFIED = "validate_certs is false: others on the network to"


def test_a_server_is_trusted_as_far_as_it_is_said(playbooks: Playbooks, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    trusting, careless = {"ca_bundle": str(certificate)}, {"validate_certs": False}
    revealed = [Answer(json={"value": value}) for value in ("first", "second", "third")]
    with (
        replaying(*[Answer(json=[])] * 4, tls=tls) as api,
        replaying(*revealed, tls=tls) as others,
        replaying(Answer(200, body=b"ok"), tls=tls) as chat,
    ):

        def recent(**options: Any) -> dict[str, Any]:
            return {"onetimesecret.ots.ots_recent_info": {"url": api.url, **options}}

        def reveal(key: str, *arguments: str) -> dict[str, Any]:
            given = ", ".join([f"'{others.url}/secret/{key * 31}'", *arguments])
            return {"ansible.builtin.set_fact": {"value": f"{{{{ lookup('onetimesecret.ots.ots_reveal', {given}) }}}}"}}

        def deliver(**options: Any) -> dict[str, Any]:
            chat_ = {"name": "db/alice", "channel": "webhook", "webhook_url": f"{chat.url}/hooks/T0ken"}
            return {"onetimesecret.ots.ots_deliver": {**chat_, **options}}

        steps = [
            (recent(), "the certificate of https://127.0.0.1"),
            (recent(**trusting), ""),
            (recent() | {"vars": {"ots_ca_bundle": str(certificate)}}, ""),
            (recent(**careless), ""),
            (recent() | {"vars": {"ots_validate_certs": False}}, ""),
            (reveal("a"), "the certificate of https://127.0.0.1"),
            (reveal("a", f"ca_bundle='{certificate}'"), ""),
            (reveal("b", "validate_certs=false"), ""),
            (reveal("c") | {"vars": {"ots_ca_bundle": str(certificate)}}, ""),
            (MAKE, ""),
            (deliver(), "has a certificate that cannot be verified: self-signed certificate; set ca_bundle"),
            (deliver(**trusting), ""),
        ]
        tasks = [
            {**task, "register": f"step_{number}", "ignore_errors": True} for number, (task, _) in enumerate(steps)
        ]
        results = ", ".join(f"step_{number}" for number in range(len(steps)))
        told = playbooks.save(f"[{results}] | map(attribute='msg', default='')", "told")
        run = playbooks.run([*tasks, told])
        assert run.exit_code == 0, run.output
        assert (len(api.received), len(others.received), len(chat.received)) == (4, 3, 1)

        again = playbooks.run(
            [
                MAKE | {"onetimesecret.ots.ots_share": {"name": "db/bob", "secret": "b"}},
                deliver(name="db/bob", **careless),
            ]
        )
        assert (again.exit_code, len(chat.received)) == (0, 2), again.output

    for (_, problem), said in zip(steps, playbooks.registered("told"), strict=True):
        assert (problem in said) if problem else said == "", said
    assert f"{UNVERIFIED} https://127.0.0.1" in run.one_line
    assert f"{UNVERIFIED} 127.0.0.1" in again.one_line
    assert "InsecureRequestWarning" not in run.output + again.output
    assert "T0ken" not in run.output + again.output
