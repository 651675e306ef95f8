# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loggers of libraries, silent for a while: what they write holds URLs, and a URL here holds a token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

HTTP = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")
APPRISE = ("apprise",)


@contextmanager
def silent(names: tuple[str, ...]) -> Iterator[None]:
    """Write nothing to these loggers, at whatever level."""
    speaking = [logger for name in names if not (logger := logging.getLogger(name)).disabled]
    for logger in speaking:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in speaking:
            logger.disabled = False
