# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every action of this collection behaves."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  action_group:
    description: Use C(group/onetimesecret.ots.ots) in C(module_defaults) to set options once for all actions.
    support: full
    membership: [onetimesecret.ots.ots]
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  become:
    description: Is usable alongside C(become) keywords.
    support: none
    details: Runs on the controller as the user who runs Ansible. C(become) has no effect.
  bypass_host_loop:
    description: Forces a global task that does not execute per host.
    support: none
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details: Asks the server and decides as a real run does, then stops. Nothing is sent, burned or recorded.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details: Always runs on the controller; C(delegate_to) has no effect and is not needed.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
    details: A result that holds a link or a value is hidden, its diff included.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: all
    details: Nothing runs on the managed host and nothing is written there. The controller must be a POSIX system.
"""
