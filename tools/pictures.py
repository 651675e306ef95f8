"""Draw the pictures of the documentation: boxes on a grid, and arrows between them, as SVG that is readable as text.

Usage: python tools/pictures.py. Writes docs/pictures/*.svg.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs/pictures"
COLUMN, ROW = 230, 110  # pixels from one box to the next
WIDTH, HEIGHT = 172, 62  # of a box
MARGIN = 20
STYLE = (
    "text{font:13px sans-serif;fill:#1c2733;text-anchor:middle}.small{font-size:11.5px;fill:#44525f}"
    ".box{fill:#eef3f8;stroke:#4a6785}.safe{fill:#e8f3ea;stroke:#3d7a4c}.end{fill:#f6efe3;stroke:#8a6d3b}"
    ".arrow{fill:none;stroke:#44525f;stroke-width:1.4;marker-end:url(#tip)}.halo{stroke:#fff;stroke-width:5}"
)
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#44525f"/></marker>'
)


@dataclass(frozen=True)
class Box:
    """Where it stands on the grid, and its lines of text: the first is its name."""

    column: float
    row: float
    text: str
    kind: str = "box"  # box, safe (sealed or hidden), end (a person, or final)

    @property
    def centre(self) -> tuple[float, float]:
        return MARGIN + self.column * COLUMN + WIDTH / 2, MARGIN + self.row * ROW + HEIGHT / 2


@dataclass(frozen=True)
class Picture:
    """Arrows are (from, to, what it says); boxes have short names of their own."""

    title: str
    boxes: dict[str, Box]
    arrows: tuple[tuple[str, str, str], ...]


PICTURES = {
    "way-of-a-secret": Picture(
        "The way of a secret: from the playbook over the server to the person; only the ledger keeps it, sealed",
        {
            "play": Box(0, 0, "playbook\nnames the credential"),
            "engine": Box(1, 0, "collection\ndecides, locks the name"),
            "ledger": Box(1, 1, "ledger\nsealed, one row a name", "safe"),
            "server": Box(2.3, 0, "Onetime Secret\nholds the value, once"),
            "mail": Box(2.3, 1, "mail\nholds the link", "end"),
            "person": Box(3.4, 1, "person\nopens it once", "end"),
            "host": Box(0, 1, "managed host\ngets the value"),
        },
        (
            ("play", "engine", ""),
            ("engine", "ledger", "intent, record"),
            ("engine", "server", "value, over TLS"),
            ("server", "mail", "link"),
            ("mail", "person", ""),
            ("ledger", "host", "lookup"),
        ),
    ),
    "states": Picture(
        "The states of a link, and what a run does in each",
        {
            "none": Box(0, 1, "no link\nof this name"),
            "unread": Box(1.25, 1, "unread\nnew, viewed: kept", "safe"),
            "received": Box(2.8, 0, "received\nreissued if asked", "end"),
            "expired": Box(2.8, 1, "expired\nreissued by default", "end"),
            "burned": Box(2.8, 2, "burned\nreissued if asked", "end"),
            "unknown": Box(1.25, 2, "unknown\nreissued if asked", "end"),
        },
        (
            ("none", "unread", "created"),
            ("unread", "received", "opened"),
            ("unread", "expired", "its time is over"),
            ("unread", "burned", "burned elsewhere"),
            ("unread", "unknown", "forgotten"),
        ),
    ),
    "ledger-between-controllers": Picture(
        "One ledger between controllers: a name is locked, so one sends and the others wait and get the same link",
        {
            "one": Box(0, 0, "controller A\nholds the lock"),
            "two": Box(0, 1, "AWX job\nwaits"),
            "three": Box(0, 2, "CI runner\nwaits"),
            "ledger": Box(1.4, 1, "PostgreSQL\nlocks, sealed rows", "safe"),
            "server": Box(2.8, 1, "Onetime Secret\none link"),
        },
        (
            ("one", "ledger", "lock of the name"),
            ("two", "ledger", ""),
            ("three", "ledger", ""),
            ("one", "server", "one request"),
        ),
    ),
    "threats": Picture(
        "Who can read what: the key and the rows lie apart, the link and the passphrase go apart",
        {
            "key": Box(0, 0, "ledger key\nvault or key file", "safe"),
            "rows": Box(0, 1, "ledger\nnames in clear, rest sealed", "safe"),
            "root": Box(1.3, 0.5, "root of the controller\nreads both"),
            "mail": Box(2.6, 0, "mailbox\nthe link", "end"),
            "chat": Box(2.6, 1, "another channel\nthe passphrase", "end"),
            "person": Box(3.7, 0.5, "person\nneeds both", "end"),
        },
        (
            ("key", "root", ""),
            ("rows", "root", ""),
            ("root", "mail", "server or SMTP"),
            ("root", "chat", "chat, phone"),
            ("mail", "person", ""),
            ("chat", "person", ""),
        ),
    ),
    "awx": Picture(
        "AWX: the job's container is thrown away, the ledger and the credentials stay",
        {
            "credential": Box(0, 0, "AWX credential\ntoken, ledger key", "safe"),
            "survey": Box(0, 1, "survey, schedule\nwho, what"),
            "job": Box(1.3, 0.5, "job\na container, thrown away"),
            "ledger": Box(2.6, 0, "PostgreSQL\nthe ledger", "safe"),
            "server": Box(2.6, 1, "Onetime Secret\nlinks, mails"),
        },
        (
            ("credential", "job", "as environment"),
            ("survey", "job", "as variables"),
            ("job", "ledger", ""),
            ("job", "server", ""),
        ),
    ),
}  # fmt: skip


def svg(picture: Picture) -> str:
    """Return the picture as SVG, one element a line."""
    width = max(box.centre[0] for box in picture.boxes.values()) + WIDTH / 2 + MARGIN
    height = max(box.centre[1] for box in picture.boxes.values()) + HEIGHT / 2 + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(picture.title)}</title><style>{STYLE}</style><defs>{TIP}</defs>",
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
        *(
            line
            for start, end, says in picture.arrows
            for line in _arrow(picture.boxes[start], picture.boxes[end], says)
        ),
        *(_box(box) for box in picture.boxes.values()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(box: Box) -> str:
    x, y = box.centre
    name, *more = box.text.split("\n")
    rest = "".join(f'<text class="small" x="{x:g}" y="{y + 16:g}">{escape(line)}</text>' for line in more)
    return (
        f'<rect class="{box.kind}" x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text x="{x:g}" y="{y - 4:g}">{escape(name)}</text>{rest}'
    )


def _arrow(start: Box, end: Box, says: str) -> list[str]:
    """From the edge of one box to that of the other, along the line between their centres."""
    (x1, y1), (x2, y2) = start.centre, end.centre
    dx, dy = x2 - x1, y2 - y1
    share = min((WIDTH / 2 + 4) / abs(dx) if dx else 1, (HEIGHT / 2 + 4) / abs(dy) if dy else 1)
    x1, y1, x2, y2 = x1 + dx * share, y1 + dy * share, x2 - dx * share, y2 - dy * share
    lines = [f'<path class="arrow" d="M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"/>']
    if says:
        place = f'x="{(x1 + x2) / 2:.0f}" y="{(y1 + y2) / 2 + 4:.0f}"'
        lines += [f'<text class="{kind}" {place}>{escape(says)}</text>' for kind in ("small halo", "small")]
    return lines


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(svg(picture))
