# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a ledger."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger cannot be used as it is. Nothing in it was overwritten."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")

    @classmethod
    def held(cls, name: str, holder: str, wait: float) -> LedgerError:
        return cls(
            f"{name!r} is held by {holder}, for more than {wait:g} seconds",
            "check what that run waits for, or set a longer ledger_wait",
        )

    @classmethod
    def from_os(cls, problem: str, error: OSError) -> LedgerError:
        return cls(f"{problem}: {error.strerror}", "check the disk and the rights of the user who runs Ansible")
