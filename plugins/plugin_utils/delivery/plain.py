# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of one line that reads as what it is: without characters that end a line or turn its direction."""

from __future__ import annotations

import re

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")


def one_line(text: str, field: str) -> str:
    """Return the text with each run of white space as one space, as YAML's > and | leave line breaks in it.

    Raises InvalidInput where it holds other control characters, or those that turn the direction of writing.
    """
    line = " ".join(text.split())
    if _UNREADABLE.search(line):
        raise InvalidInput("has control characters; remove them", field=field)
    return line


def readable(name: str) -> str:
    """Return the name with each such character replaced, because it may be older than this check."""
    return _UNREADABLE.sub("\ufffd", name)
