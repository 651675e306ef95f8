"""Print how far client and local server agree with the real server, release by release. Exit code 1 if they do not."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

from tests.support.contract import client_side, server_side
from tests.support.contract.agreement import Checked
from tests.support.recorded import RELEASES, Exchange, load

SIDES = {client_side.SIDE: client_side.check, server_side.SIDE: server_side.check}
NOT_COMPARED = """\
Compared by their form, because they are random: keys, shrimp, x-request-id, generated passwords.
Compared within one second: times and seconds left. Compared of headers: content-type, x-ots-intended-status, x-request-id."""


def check(recordings: dict[str, list[Exchange]]) -> list[Checked]:
    """Every exchange of every release on both sides."""
    return [
        checked
        for release, exchanges in recordings.items()
        for check_side in SIDES.values()
        for checked in check_side(release, exchanges)
    ]


def report(checked: list[Checked]) -> Iterator[str]:
    """The lines to print; the last one sums up."""
    for group in dict.fromkeys((one.release, one.side) for one in checked):
        yield f"{group[0]:9} {group[1]}  {_sum([one for one in checked if (one.release, one.side) == group])}"
    for title, chosen in (
        ("Deliberately different:", [(one, one.deliberate) for one in checked if one.deliberate]),
        ("Failed:", [(one, text) for one in checked for text in one.differences]),
    ):
        yield from ["", title] if chosen else []
        yield from [f"  {one.release} {one.side}, {one.section}, {one.name}: {text}" for one, text in chosen]
    yield from ["", NOT_COMPARED, "", f"contract: {_sum(checked)}"]


def _sum(checked: list[Checked]) -> str:
    failed = sum(bool(one.differences) for one in checked)
    deliberate = sum(bool(one.deliberate and not one.differences) for one in checked)
    equal = len(checked) - failed - deliberate
    return f"{len(checked)} exchanges checked, {equal} equal, {deliberate} deliberately different, {failed} failed"


def main() -> int:
    logging.disable(logging.WARNING)  # the server warns that it sends no e-mails
    checked = check({release: load(release) for release in RELEASES})
    sys.stdout.writelines(f"{line}\n" for line in report(checked))
    return int(any(one.differences for one in checked))


if __name__ == "__main__":
    sys.exit(main())
