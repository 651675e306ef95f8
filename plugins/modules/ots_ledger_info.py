#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_ledger_info
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: List what the ledger holds, the state of each link, and what is due
description:
  - Lists every name that the ledger holds for the server and the account, without any secret, link or key. Changes nothing.
  - You can print the result, pass it on and store it.
options:
  refresh:
    description:
      - Whether to ask the server for the states of the links, in one request if it has a list of recent links, else in one for
        each link that is not known to be read, burned or expired.
      - Without it the states are as the ledger last saw them; a link that is past its expiry is V(expired).
    type: bool
    default: false
extends_documentation_fragment:
  - onetimesecret.ots.policy
  - onetimesecret.ots.policy.rotation
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_ledger
"""

EXAMPLES = r"""
- name: Get the state of all links
  onetimesecret.ots.ots_ledger_info:
    refresh: true
  register: ledger

- name: Show it
  ansible.builtin.debug:
    var: ledger.table

- name: Show who has not read a link that expires within a day
  ansible.builtin.debug:
    msg: >-
      {{ ledger.links | selectattr('state', 'in', ['new', 'viewed']) | selectattr('expires_at', 'lt', tomorrow) |
      map(attribute='recipient') }}
  vars:
    tomorrow: "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(now().timestamp() + 86400, utc=true) }}"
"""

RETURN = r"""
links:
  description: Every name and the link that it has, in the order of the names.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the credential.
      type: str
      sample: db/prod/alice
    kind:
      description:
        - Who made the value, the caller with V(share) or the server with V(generate).
        - None, like all other fields of a link, if the name has no link.
      type: str
      choices: [share, generate]
    recipient:
      description: Address to which the server mailed the link, None if it mailed none.
      type: str
      sample: alice@example.com
    state:
      description: State of the link.
      type: str
      choices: [new, viewed, received, burned, expired, orphaned, unknown]
    passphrase_required:
      description: Whether the recipient is asked for a passphrase.
      type: bool
    ttl_asked:
      description: Requested lifetime in seconds, None for the server's default.
      type: int
    ttl:
      description: Lifetime that the server granted, in seconds.
      type: int
    value_created_at:
      description: When the value was first shared or generated, ISO 8601 in UTC by the server's clock, as all times here.
      type: str
    created_at:
      description: When the link was made.
      type: str
      sample: "2026-11-21T09:30:00Z"
    expires_at:
      description: When the link expires.
      type: str
      sample: "2026-11-28T09:30:00Z"
    received_at:
      description: When the link was read, if the server reports it.
      type: str
    delivered:
      description:
        - What M(onetimesecret.ots.ots_deliver) has sent of the link, each with C(part), C(channel), C(destination) and
          C(sent_at).
      type: list
      elements: dict
    due:
      description:
        - What the next run would do for the same content, with these O(reissue_on) and O(rotate_after).
        - For a name without a link V(burned) where a burn is pending, else V(created).
      type: str
      choices: [created, kept, reissued, rotated, burned]
    burns_pending:
      description: Number of links that are to be burned and are not burned yet.
      type: int
    possible_orphans:
      description: Number of runs that died between sending and recording. Each of them may have left an unrecorded link.
      type: int
table:
  description: The same for people, as lines; name, recipient, state, created_at, expires_at and due.
  returned: success
  type: list
  elements: str
"""
