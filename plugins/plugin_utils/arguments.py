# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of every action, as its module's documentation has them.

Shared options have no default here: an argument that was not given must leave room for the variable, the environment
and ansible.cfg (see options.py).
"""

from __future__ import annotations

from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import REGIONS
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Channel, Part

Spec = dict[str, dict[str, Any]]

CONNECTION: Spec = {
    "url": {"type": "str"},
    "region": {"type": "str", "choices": list(REGIONS)},
    "username": {"type": "str"},
    "api_token": {"type": "str", "no_log": True},
    "timeout": {"type": "float"},
    "validate_certs": {"type": "bool"},
    "ca_bundle": {"type": "path"},
    "proxy": {"type": "str"},
}

LEDGER: Spec = {
    "ledger": {"type": "str", "no_log": True},  # an URL may hold a password
    "ledger_key": {"type": "str", "no_log": True},
    "ledger_key_file": {"type": "path", "no_log": False},
    "ledger_wait": {"type": "float"},
}

POLICY: Spec = {
    "reissue_on": {
        "type": "list",
        "elements": "str",
        "choices": [reason.value for reason in ReissueOn],
        "default": [ReissueOn.EXPIRED.value],
    },
}

ROTATION: Spec = {"rotate_after": {"type": "str"}}

LINK: Spec = {
    "passphrase": {"type": "str", "no_log": True},
    "ttl": {"type": "str"},
    "recipient": {"type": "str"},
    "share_domain": {"type": "str"},
    **POLICY,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

SHARE: Spec = {
    "name": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "src": {"type": "path"},
    **LINK,
    **CONNECTION,
    **LEDGER,
}

GENERATE: Spec = {
    "name": {"type": "str", "required": True},
    "length": {"type": "int"},
    **ROTATION,
    **LINK,
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

BURN: Spec = {
    "name": {"type": "str"},
    "metadata_key": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    **CONNECTION,
    **LEDGER,
}

LEDGER_INFO: Spec = {
    "refresh": {"type": "bool", "default": False},
    **POLICY,
    **ROTATION,
    **CONNECTION,
    **LEDGER,
}

NEW_KEY: Spec = {
    "new_ledger_key": {"type": "str", "no_log": True},
    **CONNECTION,  # of no use here, but the action group's defaults may name them
    **LEDGER,
}

DELIVER: Spec = {
    "name": {"type": "str", "required": True},
    "part": {"type": "str", "choices": [part.value for part in Part], "default": Part.LINK.value},
    "channel": {"type": "str", "choices": [channel.value for channel in Channel], "required": True},
    "same_channel": {"type": "bool", "default": False},
    "subject": {"type": "str", "default": "A credential for you"},
    "text": {"type": "str", "no_log": True},
    "to": {"type": "str"},
    "smtp_host": {"type": "str"},
    "smtp_port": {"type": "int"},
    "smtp_security": {"type": "str", "choices": ["starttls", "tls", "none"], "default": "starttls"},
    "smtp_username": {"type": "str"},
    "smtp_password": {"type": "str", "no_log": True},
    "smtp_sender": {"type": "str"},
    "webhook_url": {"type": "str", "no_log": True},
    "webhook_shape": {"type": "str", "choices": ["slack", "mattermost", "teams"], "default": "slack"},
    **CONNECTION,
    **LEDGER,
}

# Written as text, or refused: YAML reads 0123 as 83 and `yes` as true, and would share that without a word.
TEXT_ONLY = (
    "secret",
    "passphrase",
    "metadata_key",
    "secret_key",
    "link",
    "api_token",
    "ledger_key",
    "new_ledger_key",
    "recipient",
)
