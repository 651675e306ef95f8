"""What many links cost by their number, as a picture in SVG: both axes are logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 340, 70, 44, 180, 46
COLOURS = ("#4a6785", "#3d7a4c", "#8a6d3b", "#7a3d5c")
STYLE = "text{font:13px sans-serif;fill:#1c2733}.grid{stroke:#d5dde5}.line{fill:none;stroke-width:2}"


def plot(title: str, series: Mapping[str, Mapping[int, float]]) -> str:
    """Return a picture of seconds by number of names."""
    sizes = sorted({size for line in series.values() for size in line})
    seconds = [value for line in series.values() for value in line.values()]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))

    def x(size: int) -> float:
        share = (math.log10(size) - math.log10(sizes[0])) / (math.log10(sizes[-1]) - math.log10(sizes[0]))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    at = HEIGHT - BOTTOM + 20
    lines += [f'<text x="{x(size):.1f}" y="{at}" text-anchor="middle">{size:,}</text>' for size in sizes]
    lines.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">names</text>')
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        points = [(x(size), y(value)) for size, value in sorted(line.items())]
        path = " ".join(f"{one:.1f},{other:.1f}" for one, other in points)
        lines.append(f'<polyline class="line" stroke="{colour}" points="{path}"/>')
        lines += [f'<circle cx="{one:.1f}" cy="{other:.1f}" r="3" fill="{colour}"/>' for one, other in points]
        end = points[-1]
        lines.append(f'<text x="{end[0] + 8:.1f}" y="{end[1] + 4:.1f}" style="fill:{colour}">{escape(name)}</text>')
    return "\n".join([*lines, "</svg>", ""])
