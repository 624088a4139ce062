"""Charts as inline SVG without scripts: widths are in percent, so they fit a phone, and colours are classes of the style sheet.

The figures of a chart stand in a table next to it, or in its accessible name.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape


def bar(parts: Sequence[tuple[str, float]]) -> Markup:
    """One horizontal bar.

    Args:
        parts: class and width in percent, from left to right.
    """
    shapes, at = [], 0.0
    for kind, width in parts:
        if width > 0:
            shapes.append(f'<rect class="{escape(kind)}" x="{at:.3f}%" width="{width:.3f}%" height="100%"/>')
        at += width
    return Markup(f'<svg class="bar" aria-hidden="true">{"".join(shapes)}</svg>')


def columns(counts: Sequence[int], name: str) -> Markup:
    """A histogram.

    Args:
        counts: of equal bins; a column that is not empty has a visible height.
        name: for a screen reader.
    """
    tallest, width = max([*counts, 1]), 100 / max(1, len(counts))
    heights = [max(1.5, 100 * count / tallest) if count else 0.0 for count in counts]
    shapes = [
        f'<rect class="s0" x="{(place + 0.06) * width:.3f}%" y="{100 - height:.3f}%" '
        f'width="{width * 0.88:.3f}%" height="{height:.3f}%"/>'
        for place, height in enumerate(heights)
        if height
    ]
    return Markup(f'<svg class="columns" role="img" aria-label="{escape(name)}">{"".join(shapes)}</svg>')


def interval(low: float, middle: float, high: float, axis: tuple[float, float]) -> Markup:
    """A point with its interval on an axis between two ends, with a line at 0."""

    def place(value: float) -> float:
        return 2 + 96 * (value - axis[0]) / ((axis[1] - axis[0]) or 1)

    return Markup(
        '<svg class="interval" aria-hidden="true">'
        f'<line class="zero" x1="{place(0):.3f}%" x2="{place(0):.3f}%" y1="0" y2="100%"/>'
        f'<line class="span" x1="{place(low):.3f}%" x2="{place(high):.3f}%" y1="50%" y2="50%"/>'
        f'<circle class="s0" cx="{place(middle):.3f}%" cy="50%" r="4"/></svg>'
    )


def lines(series: Sequence[Sequence[tuple[float, float]]], name: str) -> Markup:
    """Curves from (0, 0) to the largest x and y, with the classes `s0`, `s1`, …; the page writes the axes next to them."""
    right = max([x for points in series for x, _ in points], default=1) or 1
    top = max([y for points in series for _, y in points], default=1) or 1
    shapes = [f'<line class="grid" x1="0" x2="1000" y1="{y}" y2="{y}"/>' for y in (0, 250, 500, 750, 1000)]
    for number, points in enumerate(series):
        places = " ".join(f"{1000 * x / right:.1f},{1000 - 1000 * y / top:.1f}" for x, y in points)
        shapes.append(f'<polyline class="s{number % 6}" points="{places}"/>')
    named = f'role="img" aria-label="{escape(name)}"'
    start = f'<svg class="lines" {named} viewBox="0 0 1000 1000" preserveAspectRatio="none">'
    return Markup(f"{start}{''.join(shapes)}</svg>")
