# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Every option of a link and of the way to a server, once.

From this table come argument specs, type checks, what is desired, what is fingerprinted, and Terraform's attributes.
Documentation is written by hand and held against it by tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .address import REGIONS, Address
from .checks import (
    check_ca_bundle,
    check_length,
    check_passphrase,
    check_recipient,
    check_share_domain,
    check_timeout,
)
from .durations import parse_duration
from .values import check_chars, check_separator, check_words


@dataclass(frozen=True)
class Option:
    """One option.

    type: in Ansible's words. check: returns the value as it is used, or raises InvalidInput. secret: it must never be shown.
    shared: it comes from a variable `ots_*`, the environment `OTS_*` or ansible.cfg as well. content: another value makes it
    another link; what is no content, such as a lifetime, applies to the next link that is sent for other reasons.
    """

    name: str
    type: str = "str"
    check: Callable[[Any], object] | None = None
    secret: bool = False
    shared: bool = False
    content: bool = False
    choices: tuple[str, ...] = ()


LINK = (
    Option("passphrase", check=check_passphrase, secret=True, content=True),
    Option("ttl", check=parse_duration, shared=True),
    Option("recipient", check=check_recipient, content=True),
    Option("share_domain", check=check_share_domain, shared=True, content=True),
)

GENERATED = (Option("length", type="int", check=check_length), *LINK)

# Of a value that is generated on this machine, because the server's generator knows a length and nothing else.
MADE_HERE = (
    Option("chars", type="list", check=check_chars),
    Option("exclude_similar", type="bool"),
    Option("words", type="int", check=check_words),
    Option("separator", check=check_separator),
)

CONNECTION = (
    Option("url", check=Address.of, shared=True),
    Option("region", check=lambda region: Address.of(region=region), shared=True, choices=REGIONS),
    Option("username", shared=True),
    Option("api_token", secret=True, shared=True),
    Option("allow_plain_http", type="bool", shared=True),
    Option("timeout", type="float", check=check_timeout, shared=True),
    Option("validate_certs", type="bool", shared=True),
    Option("ca_bundle", type="path", check=check_ca_bundle, shared=True),
    Option("proxy", secret=True, shared=True),  # its URL may hold a password
)

CONTENT = tuple(option.name for option in LINK if option.content)
