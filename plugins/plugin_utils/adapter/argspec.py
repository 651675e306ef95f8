# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of every action, as its module's documentation has them.

Shared options have no default here: an argument that was not given must leave room for the variable, the environment
and ansible.cfg (see options.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import options
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import Option
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.reissue import ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part

Spec = dict[str, dict[str, Any]]


def spec_of(table: Iterable[Option]) -> Spec:
    """Return the part of an argument spec that these options make."""
    return {option.name: _argument(option) for option in table}


def _argument(option: Option) -> dict[str, Any]:
    argument: dict[str, Any] = {"type": option.type}
    if option.type == "list":
        argument["elements"] = "str"
    if option.choices:
        argument["choices"] = list(option.choices)
    if option.secret:
        argument["no_log"] = True
    return argument


CONNECTION = spec_of(options.CONNECTION)

LEDGER: Spec = {
    "ledger": {"type": "str", "no_log": True},  # one of ADDRESSES
    "ledger_key": {"type": "str", "no_log": True},
    "ledger_key_file": {"type": "path", "no_log": False},
    "ledger_wait": {"type": "float"},
    "audit_keep": {"type": "str"},
}

ADDRESSES = ("ledger", "proxy")  # secret only in that a URL may hold a password

POLICY: Spec = {
    "reissue_on": {
        "type": "list",
        "elements": "str",
        "choices": [reason.value for reason in ReissueOn],
        "default": [ReissueOn.EXPIRED.value],
    },
}

ROTATION: Spec = {"rotate_after": {"type": "str"}}

CONTENT: Spec = {"return_content": {"type": "bool", "default": False}}

LINK: Spec = {
    **POLICY,
    **CONTENT,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

# What defaults of the action group may name for all: an action that has no use for one ignores it.
GROUP = {
    *(option.name for option in (*options.GENERATED, *options.MADE_HERE) if not option.secret),
    *POLICY,
    *ROTATION,
    *CONTENT,
}

REFRESH: Spec = {"refresh": {"type": "str", "choices": ["always", "expired"], "default": "always"}}

SHARE: Spec = {
    "name": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "src": {"type": "path"},
    **spec_of(options.LINK),
    **LINK,
    **REFRESH,
    **CONNECTION,
    **LEDGER,
}

GENERATE: Spec = {
    "name": {"type": "str", "required": True},
    **ROTATION,
    **spec_of((*options.GENERATED, *options.MADE_HERE)),
    **LINK,
    **REFRESH,
    **CONNECTION,
    **LEDGER,
}

ENTRY: Spec = {  # of ots_links
    "name": {"type": "str", "required": True},
    "secret": {"type": "str", "no_log": True},
    "src": {"type": "path"},
    **ROTATION,
    **spec_of((*options.GENERATED, *options.MADE_HERE)),
    "reissue_on": {key: value for key, value in POLICY["reissue_on"].items() if key != "default"},
    "state": LINK["state"],
}

LINKS: Spec = {
    "links": {"type": "list", "elements": "dict", "options": ENTRY, "required": True},
    "concurrency": {"type": "int", "default": 8},
    **spec_of(option for option in options.LINK if option.shared),
    **POLICY,
    **CONTENT,
    **REFRESH,
    **CONNECTION,
    **LEDGER,
}

REVEAL: Spec = {
    "name": {"type": "str"},
    "link": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **CONNECTION,
    **LEDGER,
}

METADATA_INFO: Spec = {
    "name": {"type": "str"},
    "metadata_key": {"type": "str", "no_log": True},
    **CONNECTION,
    **LEDGER,
}

SERVER_INFO: Spec = {**CONNECTION, **LEDGER}

RECENT_INFO: Spec = {**CONTENT, **SERVER_INFO}

BURN: Spec = {
    "name": {"type": "str"},
    "metadata_key": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    **CONNECTION,
    **LEDGER,
}

LEDGER_INFO: Spec = {
    "refresh": {"type": "bool", "default": False},
    "history": {"type": "bool", "default": False},
    "names": {"type": "list", "elements": "str"},
    "recipient": {"type": "str"},
    "since": {"type": "str"},
    "actions": {"type": "list", "elements": "str", "choices": [what.value for what in What]},
    "verify": {"type": "bool", "default": False},
    **CONTENT,
    **POLICY,
    **ROTATION,
    **CONNECTION,
    **LEDGER,
}

OF_THE_LEDGER: Spec = {  # ots_ledger
    "new_ledger_key": {"type": "str", "no_log": True},
    "adopt": {"type": "str"},
    "metadata_key": {"type": "str", "no_log": True},
    "secret": {"type": "str", "no_log": True},
    **spec_of(option for option in options.LINK if option.name in ("passphrase", "recipient")),
    **CONNECTION,
    **LEDGER,
}

DELIVER: Spec = {  # and what the channels need
    "name": {"type": "str", "required": True},
    "part": {"type": "str", "choices": [part.value for part in Part], "default": Part.LINK.value},
    "same_channel": {"type": "bool", "default": False},
    "subject": {"type": "str", "default": "A credential for you"},
    "text": {"type": "str", "no_log": True},
    **CONNECTION,
    **LEDGER,
}
