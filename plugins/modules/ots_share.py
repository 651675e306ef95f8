#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_share
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.1.0
short_description: Share a value by a one-time link
description:
  - Ensures that one live link to a value exists. However often it runs, on however many forks, there is one link per
    O(name), until
    it is read, burned or expires.
  - Another value replaces the link, and so does each option that says so. The new link is created first, then the former
    one is burned.
notes:
  - Nothing secret is in the result unless O(return_content) asks for it, so labels, diffs and registered results may be shown.
  - On servers before release 0.26 the state V(viewed) only means that somebody asked for the metadata. It is still unread,
    like V(new).
options:
  name:
    description:
      - Your own key for this credential, unique within the server and the account, such as V(db/prod/alice).
      - Without it the content is the key; the same content is shared once, and other content again.
    type: str
  secret:
    description:
      - The value to share, 1 to 10,000 bytes in UTF-8. It must be text; put numbers in quotes.
      - Exactly one of O(secret) and O(src) is required with O(state=present).
    type: str
  src:
    description:
      - A file on the controller whose text is the value to share, looked for as M(ansible.builtin.copy) looks for its C(src).
        The line end of its last line is shared as well.
        A file that is encrypted with Ansible Vault is decrypted, in memory only.
    type: path
  return_content:
    description:
      - Whether the result holds C(link), C(secret_key) and C(metadata_key).
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
  - onetimesecret.ots.link
  - onetimesecret.ots.policy
  - onetimesecret.ots.policy.refresh
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_links
  - plugin: onetimesecret.ots.ots_share
    plugin_type: lookup
  - module: onetimesecret.ots.ots_generate
  - module: onetimesecret.ots.ots_burn
"""

EXAMPLES = r"""
- name: Hand the deploy key to Alice
  onetimesecret.ots.ots_share:
    name: ssh/deploy/alice
    secret: "{{ deploy_key }}"
    passphrase: "{{ alice_passphrase }}"
    ttl: 3d
    recipient: alice@example.com
    region: eu
    username: ops@example.com
    api_token: "{{ vault_ots_api_token }}"
  register: handed

- name: Show the state, without the link
  ansible.builtin.debug:
    msg: "{{ handed.name }} is {{ handed.state }}, until {{ handed.expires_at }}"

- name: Share a file, and send a new link whenever the former one expired unread or was burned
  onetimesecret.ots.ots_share:
    name: tls/web1/bob
    src: web1.key # may be encrypted with Ansible Vault
    recipient: bob@example.com
    reissue_on: [expired, burned]

- name: Give the options of all actions once
  module_defaults:
    group/onetimesecret.ots.ots:
      url: https://ots.example.com
      ttl: 3d
  block:
    - name: Share the VPN password, and get the link
      onetimesecret.ots.ots_share:
        name: vpn/carol
        secret: "{{ vault_vpn_password }}"
        return_content: true
      register: vpn

    - name: Put the link into a letter
      ansible.builtin.copy:
        content: "Your VPN password is behind {{ vpn.link }}"
        dest: /srv/letters/carol.txt
        mode: "0600"
      no_log: true

- name: Share with the same person on several servers, each with an account and names of its own
  onetimesecret.ots.ots_share:
    name: ssh/deploy/dave
    secret: "{{ deploy_key }}"
    url: "{{ item.url }}"
    username: "{{ item.username }}"
    api_token: "{{ item.api_token }}"
  loop: "{{ vault_servers }}"
  loop_control:
    label: "{{ item.url }}"

- name: Alice has left before she read it
  onetimesecret.ots.ots_share:
    name: ssh/deploy/alice
    state: absent
"""

RETURN = r"""
action:
  description:
    - What was done, or in check mode would be done.
    - V(created), a first link, or one for changed content after the former link was read or burned, or had expired.
    - V(kept), nothing.
    - V(reissued), a new link for the same value, as O(reissue_on) asks.
    - V(replaced), a new link for changed content; the former one was burned afterwards.
    - V(burned), with O(state=absent), the link was unread and is burned.
    - V(burn_pending), with O(state=absent), the server refuses to burn for now; the next run with this name burns it.
    - V(absent), with O(state=absent), there was nothing left to burn.
  returned: success
  type: str
  choices: [created, kept, reissued, replaced, burned, burn_pending, absent]
name:
  description: Name of the credential in the ledger.
  returned: success
  type: str
  sample: ssh/deploy/alice
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
"""
