"""Disturb every operation at every step and print what the next run leaves. Exit code 1 if a cell is not as it should be."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

from tests.support.crash.batches import BATCHES
from tests.support.crash.cells import KILLED, Cell, befallen, killed
from tests.support.crash.controller import Place
from tests.support.crash.operations import EVERY_MISHAP, OPERATIONS, SETTINGS, Setting
from tests.support.crash.server_process import server_process
from tests.support.gateway import gateway
from tests.support.postgresql import Postgresql, postgresql

HEAD = """\
Each line is one run that was killed by SIGKILL at this step, or befallen there by what the line says. After the next run of
the same task there were: links that can be read; the orphan of the first run, which was burned, or told with its latest
expiry; so many warnings."""

Row = tuple[Setting, str, str, bool]  # setting, operation, back end, whether killed

_folder: Path
_database: Postgresql


def rows() -> list[Row]:
    return [
        (setting, operation, back_end, is_killed)
        for setting in SETTINGS
        for operation, back_end in setting.rows()
        for is_killed in (True, False)
        if is_killed or operation not in BATCHES
    ]


def begin(folder: Path, database: Postgresql) -> None:
    """Of each worker."""
    global _folder, _database
    _folder, _database = folder, database


def cells_of(row: Row) -> list[Cell]:
    setting, name, back_end, is_killed = row
    folder, operation, look_alike = _folder / uuid4().hex, OPERATIONS[name], setting.look_alike
    folder.mkdir()
    with server_process(folder, setting.release) as server:
        if is_killed:
            place = Place.of(server, back_end, folder, _database)
            return list(killed(place, operation, look_alike=look_alike))
        with gateway(server.url) as between:
            place = Place.of(server, back_end, folder, _database, between.url)
            return list(befallen(place, between, operation, EVERY_MISHAP, look_alike=look_alike))


def lines(row: Row, cells: list[Cell]) -> Iterator[str]:
    """How one operation fared on one back end."""
    _setting, operation, back_end, is_killed = row
    yield f"\n{operation}, {back_end}, {'killed' if is_killed else 'befallen'}"
    for kind, of_kind in groupby(cells, lambda cell: cell.kind):
        if kind != KILLED:
            yield f"  {kind}"
        for cell in of_kind:
            found = (
                "1 link" if cell.unread == 1 else f"{cell.unread} links",
                "" if cell.orphan == "none" else f"orphan {cell.orphan}",
                f"{len(cell.warnings)} warned" if cell.warnings else "",
            )
            wrong = f"WRONG: {'; '.join(cell.wrong)}" if cell.wrong else ""
            yield f"    {cell.step:36}{found[0]:9}{found[1]:17}{found[2]:10}{wrong}".rstrip()


def summary(cells: list[Cell]) -> Iterator[str]:
    for kind, number in Counter(cell.kind for cell in cells).items():
        wrong = sum(bool(cell.wrong) for cell in cells if cell.kind == kind)
        yield f"{kind:52}{number:5} cells{f', {wrong} WRONG' if wrong else ''}"
    orphans = Counter(cell.orphan for cell in cells)
    yield (
        f"crash matrix: {len(cells)} cells, {orphans['burned']} orphans burned, {orphans['reported']} reported, "
        f"{sum(bool(cell.wrong) for cell in cells)} cells wrong"
    )


def main() -> int:
    logging.disable(logging.WARNING)  # the server warns that it sends no e-mails
    found: list[Cell] = []
    sys.stdout.write(f"{HEAD}\n")
    with tempfile.TemporaryDirectory(prefix="ots-crash-") as folder, postgresql() as database:
        shared = (Path(folder), database)
        with ProcessPoolExecutor(os.cpu_count(), get_context("fork"), begin, shared) as workers:
            all_rows = rows()
            for setting, of_setting in groupby(
                zip(all_rows, workers.map(cells_of, all_rows), strict=True), lambda pair: pair[0][0]
            ):
                sys.stdout.write(f"\n=== Server {setting} ===\n")
                for row, cells in of_setting:
                    sys.stdout.writelines(f"{line}\n" for line in lines(row, cells))
                    sys.stdout.flush()
                    found += cells
    sys.stdout.write("\n")
    sys.stdout.writelines(f"{line}\n" for line in summary(found))
    return int(any(cell.wrong for cell in found))


if __name__ == "__main__":
    sys.exit(main())
