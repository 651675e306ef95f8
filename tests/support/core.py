"""What the tests have to know of the release of ansible-core that they run on."""

from __future__ import annotations

from ansible.release import __version__
from packaging.version import Version

_UP_TO_2_18 = Version(__version__) < Version("2.19.dev0")

MADE_TEXT = {"number", "fraction", "truth value", "bytes"} if _UP_TO_2_18 else set()
"""Kinds of values that core makes text of where a template gives them to an option, before the collection sees them."""

MASKS_SECRETS = Version(__version__) >= Version("2.22.dev0")
"""Whether core masks in all its output what a plugin names as secret."""
