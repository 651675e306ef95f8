# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger key: given as text, or kept in a file that is made on first use."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

KEY_BYTES = 32


def parse_key(text: str) -> bytes:
    """Return the key's bytes from base64; raise LedgerError where it is not 32 bytes."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise LedgerError("ledger_key is not 32 bytes in base64", "make one with: openssl rand -base64 32")
    return key


def read_key_file(path: Path) -> bytes | None:
    """Return the key in the file, None where there is no such file."""
    try:
        if path.stat().st_mode & 0o077:
            raise LedgerError(f"the ledger key file {path} can be read by others", f"run: chmod 600 {path}")
        return parse_key(path.read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError.from_os(f"the ledger key file {path} cannot be read", error) from None


def make_key_file(path: Path) -> None:
    """Make a key file, mode 0600; one that another process has made meanwhile stays as it is."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.", encoding="ascii") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)  # all at once: no other process ever sees half a key, and none replaces another's
    except FileExistsError:
        pass
    except OSError as error:
        raise LedgerError.from_os(f"the ledger key file {path} cannot be made", error) from None
