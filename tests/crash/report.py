"""Kill every operation at every step and print what the next run leaves. Exit code 1 if a cell is not as it should be."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# isort: off
import conftest  # noqa: F401 - makes the collection and tests/ importable, and keeps everything on loopback

from cells import OPERATIONS, SETTINGS, Cell, Place, Setting, cells
from server_process import server_process
from support.postgresql import Postgresql, postgresql
# isort: on

HEAD = """\
Each line is one run that was killed by SIGKILL at this step. After the next run of the same task there were: links that
can be read; the orphan of the killed run, which was burned, or told with its latest expiry; so many warnings."""


def rows(setting: Setting, folder: Path, database: Postgresql) -> Iterator[tuple[str, str, list[Cell]]]:
    """The cells of every operation on every back end."""
    with server_process(folder, setting.release) as server:
        for operation, back_end in product(OPERATIONS, setting.back_ends):
            place = Place.of(server, back_end, folder, database)
            yield operation, back_end, list(cells(place, OPERATIONS[operation], look_alike=setting.look_alike))


def lines(operation: str, back_end: str, row: list[Cell]) -> Iterator[str]:
    """How one operation fared on one back end."""
    yield f"\n{operation}, {back_end}"
    for cell in row:
        found = (
            "1 link" if cell.unread == 1 else f"{cell.unread} links",
            "" if cell.orphan == "none" else f"orphan {cell.orphan}",
            f"{len(cell.warnings)} warned" if cell.warnings else "",
        )
        wrong = f"WRONG: {'; '.join(cell.wrong)}" if cell.wrong else ""
        yield f"  {cell.step:36}{found[0]:9}{found[1]:17}{found[2]:10}{wrong}".rstrip()


def summary(cells_found: list[Cell]) -> str:
    counted = Counter(cell.orphan for cell in cells_found)
    wrong = sum(bool(cell.wrong) for cell in cells_found)
    return (
        f"crash matrix: {len(cells_found)} cells, {counted['burned']} orphans burned, {counted['reported']} reported, "
        f"{wrong} cells wrong"
    )


def main() -> int:
    logging.disable(logging.WARNING)  # the server warns that it sends no e-mails
    found: list[Cell] = []
    sys.stdout.write(f"{HEAD}\n")
    with tempfile.TemporaryDirectory(prefix="ots-crash-") as folder, postgresql() as database:
        for setting in SETTINGS:
            sys.stdout.write(f"\n=== Server {setting} ===\n")
            for operation, back_end, row in rows(setting, Path(folder, str(setting)), database):
                sys.stdout.writelines(f"{line}\n" for line in lines(operation, back_end, row))
                found += row
    sys.stdout.write(f"\n{summary(found)}\n")
    return int(any(cell.wrong for cell in found))


if __name__ == "__main__":
    sys.exit(main())
