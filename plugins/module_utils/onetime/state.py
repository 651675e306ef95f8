# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""The states of a secret, in the words of the v1 API (v1 contract §6)."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What became of a secret.

    `new` and `viewed` both mean that nobody has read it yet: releases before 0.26 call it viewed as soon as anybody
    asked for its metadata or opened the link's page.
    """

    NEW = "new"
    VIEWED = "viewed"
    RECEIVED = "received"
    BURNED = "burned"
    EXPIRED = "expired"
    ORPHANED = "orphaned"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, word: object) -> State:
        """Return the state that a server calls WORD; UNKNOWN for one that this client does not know."""
        word = _UNTRANSLATED.get(word, word) if isinstance(word, str) else ""
        try:
            return cls(word)
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_unread(self) -> bool:
        """Whether the secret is still there for its recipient."""
        return self in (State.NEW, State.VIEWED)

    @property
    def is_final(self) -> bool:
        """Whether the secret is gone for good."""
        return self in (State.RECEIVED, State.BURNED, State.EXPIRED, State.ORPHANED)


# The words of the server's newer APIs, which release 0.24.0 let through.
_UNTRANSLATED = {"shared": "new", "previewed": "viewed", "revealed": "received"}
