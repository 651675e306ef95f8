# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a list of dictionaries to a table that spreadsheets read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # the latter are wide forms of the first four
# Where a formula begins: with a cell, or with what becomes a cell where a spreadsheet separates cells by something else.
BEGIN_OF_A_FORMULA = re.compile(rf"\A(?=[{SIGNS}\t\r\n])|(?<=[;|\t\r\n])(?=[{SIGNS}])")


def ots_csv(rows: Any, columns: Any) -> str:
    """Return the columns of the rows as CSV (RFC 4180), below a line with their names."""
    if not _is_list_of(rows, Mapping) or not _is_list_of(columns, str):
        raise AnsibleFilterError("ots_csv: give a list of dictionaries, and the list of the columns")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_text(column) for column in columns])
    writer.writerows([_cell(row, column) for column in columns] for row in rows)
    return text.getvalue()


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(each, kind) for each in value)


def _cell(row: Mapping[str, Any], column: str) -> str:
    value: Any = row
    for key in column.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    cell = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _text(cell)


def _text(cell: str) -> str:
    return BEGIN_OF_A_FORMULA.sub("'", cell)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ots_csv": ots_csv}
