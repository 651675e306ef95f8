# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that the server generates, the same in every evaluation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ots_generate
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.1.0
short_description: Generate a value once, with a one-time link for the person who needs it
description:
  - Returns the value that the server generated for a name. The first evaluation generates the value and its link; every
    later one, in any template, host, fork or run, returns the same value from the ledger, where it is encrypted.
  - A name that the ledger knows costs no request, until the recorded expiry of its link has passed.
  - It uses the same ledger as M(onetimesecret.ots.ots_generate), and both may be used for one name. Options that are
    not given stay as they are; an option that differs replaces the link.
  - In check mode nothing is generated. For a name that does not exist yet, it returns a placeholder.
notes:
  - Runs on the controller.
options:
  _terms:
    description:
      - Names of credentials, such as C(db/prod/app), each unique within the server and the account.
      - Without any, one credential per host is created, under the name C(inventory_hostname).
    type: list
    elements: str
  return:
    description: Whether the value itself or its link is returned.
    type: str
    choices: [value, link]
    default: value
extends_documentation_fragment:
  - onetimesecret.ots.value
  - onetimesecret.ots.link
  - onetimesecret.ots.link.plugins
  - onetimesecret.ots.policy
  - onetimesecret.ots.policy.rotation
  - onetimesecret.ots.connection
  - onetimesecret.ots.connection.plugins
  - onetimesecret.ots.ledger
  - onetimesecret.ots.ledger.plugins
seealso:
  - module: onetimesecret.ots.ots_generate
  - plugin: onetimesecret.ots.ots_share
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Give the application its database password, and its owner a link to it
  ansible.builtin.template:
    src: app.env.j2 # DB_PASSWORD={{ db_password }}
    dest: /etc/app/app.env
    mode: "0600"
  vars:
    db_password: "{{ lookup('onetimesecret.ots.ots_generate', 'db/prod/app', ttl='7d', recipient='alice@example.com') }}"

- name: A credential of its own for each host, under the host's name
  ansible.builtin.set_fact:
    enrolment_token: "{{ lookup('onetimesecret.ots.ots_generate', length=32) }}"

- name: Letters and digits only, which no shell, URL or SQL takes amiss
  ansible.builtin.set_fact:
    token: "{{ lookup('onetimesecret.ots.ots_generate', 'api/token', chars=['ascii_letters', 'digits'], length=32) }}"

- name: Only the link
  ansible.builtin.set_fact:
    link: "{{ lookup('onetimesecret.ots.ots_generate', 'db/prod/app', return='link', ttl='7d', recipient='alice@example.com') }}"
"""

RETURN = r"""
_raw:
  description: The values, or with O(return=link) the links, in the order of the names.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.lookup import PLACEHOLDER, LinkLookup
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired, desired_generate
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Outcome


class LookupModule(LinkLookup):
    def desired(self, name: str, options: Mapping[str, Any]) -> Desired:
        return desired_generate({**options, "name": name})

    def value_of(self, outcome: Outcome, connection: Connection, options: Mapping[str, Any]) -> str:
        if options["return"] == "link":
            return super().value_of(outcome, connection, options)
        record = outcome.record or outcome.former
        return record.value if record and record.value else PLACEHOLDER
