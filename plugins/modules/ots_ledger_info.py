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
short_description: List what the ledger holds, the state of each link, what is due, and what became of every link
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
  history:
    description:
      - Whether the events of the audit trail are listed instead of the links, those of names that were burned included.
      - An event is written by the run that did it or noticed it. That a link was read is noticed by the next run that asks the
        server about its name; C(server_at) tells when it was.
    type: bool
    default: false
    version_added: 0.4.0
  names:
    description:
      - Events of these names only. One with C(*), C(?) or C([) is a shell pattern, such as V(db/prod/*).
      - With O(history=true), as all filters.
    type: list
    elements: str
    version_added: 0.4.0
  recipient:
    description: Events of links for this address only, or that were delivered to it.
    type: str
    version_added: 0.4.0
  since:
    description: Events from this time on, ISO 8601 in UTC such as V(2026-03-01), or of a last duration such as V(90d).
    type: str
    version_added: 0.4.0
  actions:
    description:
      - Events of these kinds only.
      - A link began, V(made), V(reissued) for the same value, V(replaced) by another one, V(rotated) with a new value, V(adopted),
        or V(known) as the trail began.
      - It ended, V(read), V(expired), V(burned) by a run, V(burned_elsewhere) by somebody else, V(lost) by the server, or
        V(unknown), of which the server tells nothing any more. V(orphan_burned) is the end of a link that a run left which died.
      - It was V(delivered) by M(onetimesecret.ots.ots_deliver), V(forgotten) as the name was to be absent, or V(withdrawn),
        made and not recorded; its burn follows.
      - A link of others was V(revealed) by M(onetimesecret.ots.ots_reveal).
      - Of the ledger itself, V(key_changed), and V(pruned), older events were deleted.
      - V(altered) stands for a row that somebody has altered.
    type: list
    elements: str
    choices:
      - made
      - reissued
      - replaced
      - rotated
      - adopted
      - known
      - read
      - expired
      - lost
      - unknown
      - burned
      - burned_elsewhere
      - withdrawn
      - orphan_burned
      - forgotten
      - delivered
      - revealed
      - key_changed
      - pruned
      - altered
    version_added: 0.4.0
  verify:
    description: Whether the whole trail is checked, of every server and account in the ledger. A million events take half a minute.
    type: bool
    default: false
    version_added: 0.4.0
  return_content:
    description:
      - Whether each link has its C(metadata_key), and RV(imports_tf) is returned. The result is hidden from all output then.
      - Who has a metadata key can follow the link, and burn one without a passphrase.
    type: bool
    default: false
    version_added: 0.4.0
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

- name: Get what Terraform needs to take over the links
  onetimesecret.ots.ots_ledger_info:
    return_content: true
  register: exported

- name: Write it
  ansible.builtin.copy:
    content: "{{ exported.imports_tf }}"
    dest: terraform/imports.tf
    mode: "0600"
  no_log: true

- name: Find out whether the password that was sent in March was read, and when
  onetimesecret.ots.ots_ledger_info:
    history: true
    names: [db/prod/alice]
    since: "2026-03-01"
    actions: [made, reissued, rotated, read, expired]
  register: trail

- name: Check that nobody has altered the trail
  onetimesecret.ots.ots_ledger_info:
    verify: true
  register: checked
  failed_when: not checked.trail.intact
"""

RETURN = r"""
events:
  description: The events that are asked for, the oldest first.
  returned: with O(history=true)
  type: list
  elements: dict
  contains:
    number:
      description: Number of the row in the trail.
      type: int
    at:
      description: When it was written, ISO 8601 in UTC by the controller's clock.
      type: str
      sample: "2026-11-21T09:30:00Z"
    action:
      description: What happened, one of O(actions).
      type: str
      sample: read
    name:
      description: Name of the credential, None for what is told of the ledger itself.
      type: str
      sample: db/prod/alice
    recipient:
      description: Address to which the server mailed the link, None where it mailed none.
      type: str
      sample: alice@example.com
    server_at:
      description: When it happened by the server's clock, where that is known.
      type: str
      sample: "2026-11-21T08:12:00Z"
    link:
      description: A keyed digest that tells the links of a name apart, the same in all events of one link.
      type: str
    by:
      description:
        - Who ran Ansible, C(user) and C(host) of the controller. In a job of AWX its number C(job), and C(job_user) and
          C(job_template) where AWX tells them.
      type: dict
      sample: {user: runner, host: automation-job-17, job: "17", job_user: alice, job_template: Rotate credentials}
    details:
      description:
        - More of some events, C(expires_at) of a link that was made, C(part), C(channel) and C(destination) of a delivery,
          C(state) of a link that was forgotten, number of C(events) that were pruned.
      type: dict
imports_tf:
  description:
    - A Terraform configuration with a resource for all links of a kind that can still be read, and an import block for each.
    - Delete the file's import blocks after C(terraform apply); they hold metadata keys.
  returned: with O(return_content=true)
  type: str
trail:
  description: What the check of the trail has found.
  returned: with O(verify=true)
  type: dict
  contains:
    intact:
      description: Whether no row was altered, removed or put in, and every recorded link has an event.
      type: bool
    events:
      description: Number of events in the whole ledger.
      type: int
    problems:
      description: What is wrong, with the number of the row.
      type: list
      elements: str
      sample: [row 17 is missing]
links:
  description: Every name and the link that it has, in the order of the names.
  returned: without O(history=true)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the credential.
      type: str
      sample: db/prod/alice
    metadata_key:
      description: Metadata key of the link.
      returned: with O(return_content=true)
      type: str
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
        - What M(onetimesecret.ots.ots_deliver) has sent of the link, each with C(part), C(channel), C(destination), C(sent_at)
          and C(service), which is empty for what an earlier version sent.
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
  description:
    - The same for people, as lines; name, recipient, state, created_at, expires_at and due.
    - With O(history=true) at, action, name, recipient, by and server_at.
  returned: success
  type: list
  elements: str
"""
