#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_status_info
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Check whether the server can be reached and accepts the credentials
description:
  - Asks the server for its status, with the credentials if there are any, and returns how old its release is.
  - Does not fail if the server cannot be reached or refuses the credentials; look at RV(reachable) and RV(authorized).
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
"""

EXAMPLES = r"""
- name: Ask whether links can be made
  onetimesecret.ots.ots_status_info:
  register: server

- name: Stop early where they cannot
  ansible.builtin.assert:
    that: server.problem is none
    fail_msg: "{{ server.problem | default('', true) }}"
"""

RETURN = r"""
url:
  description: Address of the server.
  returned: success
  type: str
  sample: https://eu.onetimesecret.com
reachable:
  description: Whether an Onetime Secret v1 API answered there.
  returned: success
  type: bool
authorized:
  description: Whether it accepted the credentials, None if none were given or it could not be reached.
  returned: success
  type: bool
release:
  description:
    - Age of its release, None if unknown. Releases before 0.24 allow most accounts ten burns in twenty minutes, and
      0.21 to 0.23 cannot list recent links.
  returned: success
  type: str
  choices: [before 0.24, 0.24 or later]
problem:
  description: Why it cannot be reached or used, None if it can.
  returned: success
  type: str
"""
