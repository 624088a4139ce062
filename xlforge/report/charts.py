"""Charts as inline SVG without scripts: widths are percent, so that they fit a phone, and colours are classes of the style sheet.

Every chart stands beside a table with its figures, or has its figures in its accessible name.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape


def bar(parts: Sequence[tuple[str, float]]) -> Markup:
    """One horizontal bar. parts: class and width in percent, laid end to end."""
    drawn, at = [], 0.0
    for kind, width in parts:
        if width > 0:
            drawn.append(f'<rect class="{escape(kind)}" x="{at:.3f}%" width="{width:.3f}%" height="100%"/>')
        at += width
    return Markup(f'<svg class="bar" aria-hidden="true">{"".join(drawn)}</svg>')


def columns(counts: Sequence[int], name: str) -> Markup:
    """A histogram. counts: of equal bins; what is there at all is at least a hairline high. name: for those who do not see it."""
    tallest, width = max([*counts, 1]), 100 / max(1, len(counts))
    drawn = []
    for number, count in enumerate(counts):
        if count:
            high = max(1.5, 100 * count / tallest)
            drawn.append(
                f'<rect class="s0" x="{number * width + width * 0.06:.3f}%" y="{100 - high:.3f}%" '
                f'width="{width * 0.88:.3f}%" height="{high:.3f}%"/>'
            )
    return Markup(f'<svg class="columns" role="img" aria-label="{escape(name)}">{"".join(drawn)}</svg>')


def interval(low: float, middle: float, high: float, reach: tuple[float, float]) -> Markup:
    """A point with its interval on an axis from reach[0] to reach[1]; a line stands at 0."""

    def place(value: float) -> float:
        return 2 + 96 * (value - reach[0]) / ((reach[1] - reach[0]) or 1)

    return Markup(
        '<svg class="interval" aria-hidden="true">'
        f'<line class="zero" x1="{place(0):.3f}%" x2="{place(0):.3f}%" y1="0" y2="100%"/>'
        f'<line class="reach" x1="{place(low):.3f}%" x2="{place(high):.3f}%" y1="50%" y2="50%"/>'
        f'<circle class="s0" cx="{place(middle):.3f}%" cy="50%" r="4"/></svg>'
    )


def lines(series: Sequence[Sequence[tuple[float, float]]], name: str) -> Markup:
    """Curves from (0, 0) to the largest x and y, one class `s0`, `s1`, … each; the axes are written beside by the page."""
    right = max([x for points in series for x, _ in points], default=1) or 1
    top = max([y for points in series for _, y in points], default=1) or 1
    drawn = []
    for number, points in enumerate(series):
        told = " ".join(f"{1000 * x / right:.1f},{1000 - 1000 * y / top:.1f}" for x, y in points)
        drawn.append(f'<polyline class="s{number % 6}" points="{told}"/>')
    grid = "".join(f'<line class="grid" x1="0" x2="1000" y1="{y}" y2="{y}"/>' for y in (0, 250, 500, 750, 1000))
    return Markup(
        f'<svg class="lines" role="img" aria-label="{escape(name)}" viewBox="0 0 1000 1000" preserveAspectRatio="none">'
        f"{grid}{''.join(drawn)}</svg>"
    )
