# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server repeats of what it was sent reaches no diagnostic, no log and no state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.provider import Provider

from tests.support.echoes import CARRIERS, ENCODINGS, SENT, echoing, traces
from tests.support.terraform.core import Core, RunFailed

LINK, GENERATED = "onetimesecret_link", "onetimesecret_generated_link"
MADE = {
    "id": "i",
    "metadata_key": SENT["key"],
    "secret_key": "s" * 31,
    "url": f"https://ots.example.com/secret/{'s' * 31}",
    "state": "new",
    "expires_at": "2099-01-01T00:00:00Z",
    "passphrase": SENT["passphrase"],
    "passphrase_required": True,
    "burn_on_destroy": True,
}

CALLS: dict[str, Callable[[Core], Any]] = {
    "make a link": lambda core: core.create(
        LINK,
        secret_wo=SENT["secret"],
        secret_wo_version=1,
        passphrase_wo=SENT["passphrase"],
        passphrase_wo_version=1,
    ),
    "make a link of what stays in the state": lambda core: core.create(
        LINK, secret=SENT["secret"], passphrase=SENT["passphrase"]
    ),
    "have a value generated": lambda core: core.create(GENERATED, passphrase=SENT["passphrase"]),
    "refresh": lambda core: core.refresh(LINK, dict(MADE)),
    "import": lambda core: core.import_(LINK, SENT["key"]),
    "destroy": lambda core: core.destroy(LINK, {**dict.fromkeys(_names(core)), **MADE}),
    "the metadata": lambda core: core.read("onetimesecret_metadata", metadata_key=SENT["key"]),
    "the recent links": lambda core: core.read("onetimesecret_recent"),
    "the status": lambda core: core.read("onetimesecret_status"),
}


def _names(core: Core) -> list[str]:
    schema = core.provider.GetProviderSchema(pb.GetProviderSchema.Request())
    return [attribute.name for attribute in schema.resource_schemas[LINK].block.attributes]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_diagnostic_repeats_what_a_server_repeats(carrier: str, capfd: pytest.CaptureFixture[str]) -> None:
    """In an encoding of its own for each call and carrier; the client's tests have all of them."""
    told, failed = [], set()
    with echoing() as server:
        for number, (name, call) in enumerate(CALLS.items(), start=list(CARRIERS).index(carrier)):
            base = server.base(list(ENCODINGS)[number % len(ENCODINGS)], carrier)
            core = Core(Provider(environ={}), url=base, username="ops@example.com", api_token=SENT["api_token"])
            core.provider.StopProvider(pb.StopProvider.Request())  # no pauses between attempts
            try:
                call(core)
            except RunFailed as error:
                failed.add(name)
                told.append(f"{error!r} {error.text}")
            told.append(repr(core.warnings))
    told += capfd.readouterr()

    assert set(SENT.values()) <= set(server.heard)
    assert failed
    assert traces("\n".join(told)) == []
    assert "has a defect" not in "".join(told)
