#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_links
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.3.0
short_description: Share and generate many values by one-time links in one task
description:
  - Does for every entry of O(links) what M(onetimesecret.ots.ots_share) and M(onetimesecret.ots.ots_generate) do for one link,
    several at once and without a loop. The ledger is the same.
  - Every link is locked, decided, recorded and reported by itself. If one fails, the others are still created; the task
    then fails
    with a table of what failed and why, and the next run does the rest.
  - An entry that is wrong fails the task before anything is sent.
  - If there is nothing to do, a thousand links cost one request.
notes:
  - Nothing secret is in the result unless O(return_content) asks for it, so diffs and registered results may be shown.
  - After a failure that concerns all links (no connection, wrong credentials, a server that wants us to wait) no more are tried.
options:
  links:
    description: The links, each under a name of its own.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Your own key for this credential, unique within the server and the account, such as V(db/prod/alice).
        type: str
        required: true
      secret:
        description: The value to share. Without it and O(links[].src) a value is generated.
        type: str
      src:
        description: A file on the controller whose text is the value to share, as in M(onetimesecret.ots.ots_share).
        type: path
      length:
        description: Number of characters of a generated value, as in M(onetimesecret.ots.ots_generate).
        type: int
      chars:
        description: The characters of a generated value, as in M(onetimesecret.ots.ots_generate).
        type: list
        elements: str
      exclude_similar:
        description: Whether C(0), C(O), C(1), C(l) and C(I) are left out of a generated value.
        type: bool
      words:
        description: Number of English words in a generated value.
        type: int
      separator:
        description: Text between the words. The default is a hyphen.
        type: str
      rotate_after:
        description: Age at which a generated value is replaced by a new one and a new link is sent, as in V(90d).
        type: str
      passphrase:
        description: Passphrase that the recipient must give to open the link.
        type: str
      ttl:
        description: Lifetime of the link, instead of O(ttl).
        type: str
      recipient:
        description: One e-mail address to which the server mails the link.
        type: str
      share_domain:
        description: Custom domain of the link, instead of O(share_domain).
        type: str
      reissue_on:
        description: Final states after which a new link is sent for the same value, instead of O(reissue_on).
        type: list
        elements: str
        choices: [expired, burned, received, unknown]
      state:
        description:
          - V(present) ensures that one live link exists.
          - V(absent) burns the link if it is unread, and forgets the name.
        type: str
        choices: [present, absent]
        default: present
  concurrency:
    description: Number of links to work on at once, each over its own connection.
    type: int
    default: 8
  ttl:
    description:
      - Lifetime of links that name none, in seconds or with a unit, as in V(3600), V(45m), V(1h), V(7d), V(2w).
      - Variable C(ots_ttl), environment E(OTS_TTL), C(ttl) in section C([onetimesecret_ots]) of C(ansible.cfg).
    type: str
  share_domain:
    description:
      - Custom domain of links that name none.
      - Variable C(ots_share_domain), environment E(OTS_SHARE_DOMAIN), C(share_domain) in C(ansible.cfg).
    type: str
  return_content:
    description:
      - Whether the result holds C(value) of what was generated, C(link), C(secret_key) and C(metadata_key) of each link.
      - The result is then hidden from all output; what C(register) keeps is complete. Do not print it.
    type: bool
    default: false
extends_documentation_fragment:
  - onetimesecret.ots.policy
  - onetimesecret.ots.policy.refresh
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_share
  - module: onetimesecret.ots.ots_generate
  - name: Role onetimesecret.ots.credentials
    description: People and groups, and what each of them holds.
    link: https://github.com/onetimesecret/ansible-collection-ots/tree/main/roles/credentials
"""

EXAMPLES = r"""
- name: A database password for everybody, and one key for Bob
  onetimesecret.ots.ots_links:
    links:
      - name: db/prod/alice
        recipient: alice@example.com
        chars: [ascii_letters, digits]
      - name: db/prod/bob
        recipient: bob@example.com
        chars: [ascii_letters, digits]
      - name: key/bob
        recipient: bob@example.com
        secret: "{{ lookup('ansible.builtin.file', 'bob.key') }}"
    ttl: 7d
  register: handed_out

- name: Who holds what
  ansible.builtin.debug:
    var: handed_out.table

- name: The same from a list of people, and none for those who left
  onetimesecret.ots.ots_links:
    links: "{{ present | from_yaml + absent | from_yaml }}"
    refresh: expired
  vars:
    staff: [{name: alice, email: alice@example.com}, {name: carol, email: carol@example.com}]
    leavers: [bob]
    present: |-
      {% for person in staff %}
      - {name: "vpn/{{ person.name }}", recipient: "{{ person.email }}"}
      {% endfor %}
    absent: |-
      {% for name in leavers %}
      - {name: "vpn/{{ name }}", state: absent}
      {% endfor %}
"""

RETURN = r"""
links:
  description: What became of each link, by its name.
  returned: always
  type: dict
  contains:
    name:
      description: Name of the credential in the ledger.
      type: str
    changed:
      description: Whether anything was done.
      type: bool
    action:
      description: What was done, or in check mode would be done, as in M(onetimesecret.ots.ots_generate).
      type: str
      choices: [created, kept, reissued, replaced, rotated, burned, burn_pending, absent]
    state:
      description: State of the link.
      type: str
      choices: [new, viewed, received, burned, expired, orphaned, unknown]
    recipient:
      description: Address to which the server mailed the link, None if it mailed none.
      type: str
    ttl_asked:
      description: Requested lifetime in seconds, None for the server's default.
      type: int
    ttl:
      description: Lifetime that the server granted, in seconds.
      type: int
    expires_at:
      description: When the link expires, ISO 8601 in UTC.
      type: str
    passphrase_required:
      description: Whether the recipient is asked for a passphrase.
      type: bool
    link:
      description: The one-time link, where O(return_content) is true.
      type: str
    secret_key:
      description: Last part of the link, where O(return_content) is true.
      type: str
    metadata_key:
      description: The creator's key, where O(return_content) is true.
      type: str
    value:
      description: The generated value, where O(return_content) is true.
      type: str
    failed:
      description: True where this link failed.
      type: bool
    msg:
      description: Why this link failed.
      type: str
table:
  description: Name, recipient, action, state and expiry of every link that did not fail, as lines of text.
  returned: always
  type: list
  elements: str
msg:
  description: How many links failed, and a table of what failed and why.
  returned: failure
  type: str
"""
