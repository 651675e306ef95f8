# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generated value is made of."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  length:
    description:
      - Number of characters to generate, 4 to 128. Without it the server generates 12; with O(chars) or O(exclude_similar)
        it is 20. Servers before 0.22 ignore it.
      - An existing value is kept, whatever its length, and a warning says so. Below 64 bits another warning says that it is weak.
    type: int
  chars:
    description:
      - The characters of the value, as in P(ansible.builtin.password#lookup). V(ascii_letters), V(ascii_lowercase),
        V(ascii_uppercase), V(digits), V(hexdigits) and V(punctuation) are classes, each of which occurs at least once.
        Anything else stands for its characters.
      - The value is then generated on the controller by Python's C(secrets), and shared. Without O(chars), O(exclude_similar)
        and O(words) the server generates it, from an alphabet with quotes, dollar signs and C(@), which shells, URLs and SQL
        do not take as they are.
      - The ledger records them, so that a rotation generates a value of the same kind. An existing value is kept.
    type: list
    elements: str
    version_added: 0.3.0
  exclude_similar:
    description: Whether C(0), C(O), C(1), C(l) and C(I) are left out. Without O(chars) the value then has letters and digits.
    type: bool
    version_added: 0.3.0
  words:
    description:
      - Number of English words in the value, 2 to 20, for people who read it aloud or type it. V(5) is 64 bits.
      - The words are the EFF's long list. Needs the Python package xkcdpass on the controller.
    type: int
    version_added: 0.3.0
  separator:
    description: Text between the words, at most 3 characters. The default is a hyphen.
    type: str
    version_added: 0.3.0
"""
