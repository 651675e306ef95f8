# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger key: given as text, or kept in a file that is made on first use."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

KEY_BYTES = 32


def parse_key(text: str, option: str = "ledger_key") -> bytes:
    """Return the key's bytes from base64; raise LedgerError, naming the option, where it is not 32 bytes."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise LedgerError(f"{option} is not 32 bytes in base64", "make one with: openssl rand -base64 32")
    return key


def random_key() -> bytes:
    """Return a new key."""
    return os.urandom(KEY_BYTES)


def check_private(path: Path, shown: str) -> None:
    """Raise LedgerError where the file is another user's or others may use it, and OSError where it is not there."""
    file = path.stat()
    if file.st_mode & 0o077:
        raise LedgerError(f"{shown} {path} can be read by others", f"run: chmod 600 {path}")
    if file.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise LedgerError(f"{shown} {path} belongs to another user", "run as that user, or give a file of your own")


def sync_folder(folder: Path) -> None:
    """Have the disk know which files the folder holds: a file that was made is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class KeyFile:
    """A file, mode 0600, that holds a ledger key and, in the middle of a change of keys, the next one below it."""

    path: Path

    def read(self) -> list[bytes]:
        """Return the keys, none where there is no such file."""
        try:
            check_private(self.path, "the ledger key file")
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines() or [""]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LedgerError.from_os(f"the ledger key file {self.path} cannot be read", error) from None
        return [parse_key(line, f"the ledger key file {self.path}") for line in lines]

    def make(self) -> list[bytes]:
        """Make the file with a new key; return what is in it, another process's key where that was faster."""
        with suppress(FileExistsError):
            self._write([random_key()], os.link)
        return self.read()

    def replace(self, keys: list[bytes]) -> None:
        """Put these keys in the place of those in the file."""
        self._write(keys, os.replace)

    def _write(self, keys: list[bytes], put: Callable[[Path, Path], None]) -> None:
        """Write all at once: no other process ever sees half a key."""
        try:
            with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=f"{self.path.name}.") as folder:
                draft = Path(folder) / "draft"
                draft.touch(mode=0o600)
                with draft.open("w", encoding="ascii") as file:
                    file.writelines(base64.b64encode(key).decode() + "\n" for key in keys)
                    file.flush()
                    os.fsync(file.fileno())
                put(draft, self.path)
            sync_folder(self.path.parent)
        except FileExistsError:
            raise
        except OSError as error:
            raise LedgerError.from_os(f"the ledger key file {self.path} cannot be written", error) from None
