"""Rows as CSV: read back as they were, and no formula among them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.onetimesecret.ots.plugins.filter.ots_csv import ots_csv


def test_columns_are_written_in_their_order_and_read_back() -> None:
    rows = [
        {"name": 'a "b", c', "by": {"user": "ops"}, "number": 1, "details": {"ü": None}, "more": "x"},
        {"name": "two\r\n\nlines; 2", "by": None},
    ]
    text = ots_csv(rows, ["number", "name", "by.user", "details"])

    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["number", "name", "by.user", "details"],
        ["1", 'a "b", c', "ops", '{"ü": null}'],
        ["", "two\r\n\nlines; 2", "", ""],
    ]


@pytest.mark.parametrize("begin", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"])
def test_what_a_spreadsheet_would_run_is_text(begin: str) -> None:
    text = ots_csv([{"name": f"{begin}cmd|'/c calc'!A0"}], ["name"])

    assert next(csv.reader(io.StringIO(text.split("\r\n", 1)[1], newline="")))[0].startswith("'")
    assert ots_csv([], [f"{begin}x"]).lstrip('"').startswith("'")


@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_nor_does_one_that_separates_cells_by_something_else(separator: str) -> None:
    name = "a;=cmd|=cmd\tb\t=cmd\n+cmd\r\n@cmd;;-cmd"
    text = ots_csv([{"at": 1, "name": name}], ["at", "name"])

    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@"))] == []


@pytest.mark.parametrize(("rows", "columns"), [("text", ["a"]), ([1], ["a"]), ([{}], "a"), ([{}], [1]), (None, None)])
def test_what_is_no_table_is_an_error(rows: Any, columns: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="ots_csv: give a list of dictionaries"):
        ots_csv(rows, columns)
