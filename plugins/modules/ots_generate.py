#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_generate
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.1.0
short_description: Generate a value, and share it by a one-time link
description:
  - Makes one live link to a value that is generated, on the server, or with O(chars) or O(words) on the controller. Every
    later run has the same value, from the ledger, where it is kept sealed.
  - A new link carries the same value, whether an option replaces it (each says so) or O(reissue_on) asks for it.
    To have a new value, give O(rotate_after), or burn the name first.
notes:
  - Nothing secret is in the result unless O(return_content) asks for it, so labels, diffs and registered results may be shown.
    Take a value by the lookup of the same name.
  - On servers before release 0.26 the state V(viewed) only means that somebody asked for the metadata. It is still unread,
    like V(new).
options:
  name:
    description: Your own key for this credential, unique within the server and the account, such as V(db/prod/alice).
    type: str
    required: true
  return_content:
    description:
      - Whether the result holds C(value), C(link), C(secret_key) and C(metadata_key).
      - The result is then hidden from all output; what C(register) keeps is complete. Do not print it.
    type: bool
    default: false
    version_added: 0.3.0
  state:
    description:
      - V(present) ensures that one live link exists.
      - V(absent) burns the link if it is unread, and forgets the name.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - onetimesecret.ots.value
  - onetimesecret.ots.link
  - onetimesecret.ots.policy
  - onetimesecret.ots.policy.refresh
  - onetimesecret.ots.policy.rotation
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_links
  - plugin: onetimesecret.ots.ots_generate
    plugin_type: lookup
  - module: onetimesecret.ots.ots_share
  - module: onetimesecret.ots.ots_burn
"""

EXAMPLES = r"""
- name: A database password for each person
  onetimesecret.ots.ots_generate:
    name: "db/prod/{{ item.name }}"
    length: 24
    ttl: 7d
    recipient: "{{ item.email }}"
    rotate_after: 90d
    return_content: true
  loop: "{{ people }}"
  loop_control:
    label: "{{ item.name }}"
  register: passwords

- name: Set those that are new
  ansible.builtin.command:
    argv: [/usr/local/bin/set-db-password, "{{ item.item.name }}"]
    stdin: "{{ item.value }}"
  loop: "{{ passwords.results }}"
  when: item is changed # created, rotated, or sent again with the same value
  no_log: true

- name: The same for the people in people.csv, which has the columns name and email
  onetimesecret.ots.ots_generate:
    name: "vpn/{{ person[0] }}"
    recipient: "{{ person[1] }}"
  loop: "{{ lookup('ansible.builtin.file', 'people.csv').splitlines()[1:] }}"
  loop_control:
    label: "{{ person[0] }}"
  vars:
    person: "{{ item | split(',') }}"

- name: A password for an env file, a URL and SQL, of letters and digits alone
  onetimesecret.ots.ots_generate:
    name: db/prod/app
    chars: [ascii_letters, digits]
    length: 24

- name: One to read aloud on the phone
  onetimesecret.ots.ots_generate:
    name: wifi/guests
    words: 5
"""

RETURN = r"""
action:
  description:
    - What was done, or in check mode would be done.
    - V(created), a first link, or one for changed content after the former link was read or burned, or had expired.
    - V(kept), nothing.
    - V(reissued), a new link for the same value, as O(reissue_on) asks.
    - V(replaced), a new link for changed content; the former one was burned afterwards.
    - V(rotated), a new value and its link, as O(rotate_after) asks; the former link was burned afterwards.
    - V(burned), with O(state=absent), the link was unread and is burned.
    - V(burn_pending), with O(state=absent), the server refuses to burn for now; the next run with this name burns it.
    - V(absent), with O(state=absent), there was nothing left to burn.
  returned: success
  type: str
  choices: [created, kept, reissued, replaced, rotated, burned, burn_pending, absent]
name:
  description: Name of the credential in the ledger.
  returned: success
  type: str
  sample: db/prod/alice
state:
  description:
    - State of the link, V(new) or V(viewed) while it is unread; with O(state=absent) its final state.
    - None where there is no link yet (check mode) or was none.
  returned: success
  type: str
  choices: [new, viewed, received, burned, expired, orphaned, unknown]
link:
  description: The one-time link. The first person who opens it and asks for the value gets it; nobody else does.
  returned: when a link exists and O(return_content) is true
  type: str
  sample: https://eu.onetimesecret.com/secret/8evofeff0naka35dvg2n0ub9vndt9jviffmaegv4dtbllvmnzjzs8zumancrfm
secret_key:
  description: Last part of the link.
  returned: when a link exists and O(return_content) is true
  type: str
  sample: 8evofeff0naka35dvg2n0ub9vndt9jviffmaegv4dtbllvmnzjzs8zumancrfm
metadata_key:
  description: Key that shows the link's state, and can burn the link. As confidential as the link.
  returned: when a link exists and O(return_content) is true
  type: str
  sample: 59u2c5noevtkczp56uepl37pe95qt12jtvnff4t4lahz36qknvki004a5cubyz
ttl_asked:
  description: Requested lifetime in seconds, None for the server's default.
  returned: when a link exists
  type: int
  sample: 604800
ttl:
  description: Lifetime of the link in seconds, as the server granted it.
  returned: when a link exists
  type: int
  sample: 604800
expires_at:
  description: When the link expires, ISO 8601 in UTC.
  returned: when a link exists
  type: str
  sample: "2026-11-28T09:30:00Z"
recipient:
  description: Address to which the server mailed the link, None if it mailed none.
  returned: success
  type: str
  sample: alice@example.com
passphrase_required:
  description: Whether the recipient is asked for a passphrase.
  returned: when a link exists
  type: bool
value:
  description: The generated value.
  returned: when a link exists and O(return_content) is true
  type: str
  sample: r<2?v5]ba#@H
"""
