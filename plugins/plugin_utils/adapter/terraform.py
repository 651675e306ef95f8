# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger holds as Terraform's import blocks, so that the provider can take the links over."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.survey import LinkStatus
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind, Record

RESOURCES = {Kind.SHARE: "onetimesecret_link", Kind.GENERATE: "onetimesecret_generated_link"}


def imports_of(statuses: Sequence[LinkStatus]) -> str:
    """Return a configuration with all links that can still be read: a resource for each kind, and their import blocks."""
    blocks = []
    for kind, resource in RESOURCES.items():
        links = {status.name: record for status in statuses if (record := _of_kind(kind, status))}
        if links:
            names = "".join(f"    {quoted(name)},\n" for name in links)
            blocks.append(
                f'resource "{resource}" "ansible" {{\n  for_each = toset([\n{names}  ])\n  name     = each.key\n}}\n'
            )
        blocks += [
            f"import {{\n  to = {resource}.ansible[{quoted(name)}]\n  id = {quoted(record.metadata_key)}\n}}\n"
            for name, record in links.items()
        ]
    return "\n".join(blocks)


def quoted(text: str) -> str:
    """Return the text as a string of Terraform's language, in which nothing of it is a template."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _of_kind(kind: Kind, status: LinkStatus) -> Record | None:
    record = status.record
    return record if record and record.kind is kind and record.state.is_unread else None
