"""Horizontal bars as SVG, by hand: readable on light and on dark pages, also where the picture is only an <img>."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760  # pixels
LABELS, VALUES = 210, 150  # pixels left and right of the bars
BAR, STEP, HEAD = 18, 30, 58  # pixels
FULL = WIDTH - LABELS - VALUES

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px } .small { font-size: 12px; fill: #59636e }
  .peer { fill: #8c959f } .ours { fill: #0969da } .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .peer { fill: #656c76 } .ours { fill: #4493f8 }
    .spread { stroke: #f0f6fc }
  }"""


@dataclass(frozen=True)
class Bar:
    """`lowest` and `highest` are drawn as a line over the bar's end."""

    label: str
    value: float
    lowest: float
    highest: float
    ours: bool = False


def bars(title: str, subtitle: str, given: Sequence[Bar]) -> str:
    """One picture on a linear scale from 0; the numbers stand beside the bars. A screen reader hears them all."""
    height = HEAD + STEP * len(given) + 6
    scale = FULL / (max((bar.highest for bar in given), default=0) or 1)
    heard = f"{title}, {subtitle}: " + "; ".join(f"{bar.label} {shown(bar.value)}" for bar in given)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-label="{escape(heard)}">',
            f"<style>{_STYLE}\n</style>",
            f'<text class="title" x="0" y="18">{escape(title)}</text>',
            f'<text class="small" x="0" y="38">{escape(subtitle)}</text>',
            *(_bar(bar, HEAD + STEP * number, scale) for number, bar in enumerate(given)),
            "</svg>\n",
        ]
    )


def _bar(bar: Bar, top: int, scale: float) -> str:
    middle, length = top + BAR / 2, max(bar.value * scale, 1)
    low, high = (LABELS + each * scale for each in (bar.lowest, bar.highest))
    beside = max(LABELS + length, high) + 8
    return (
        f'<text x="{LABELS - 10}" y="{middle + 4.5:g}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect class="{"ours" if bar.ours else "peer"}" x="{LABELS}" y="{top}" width="{length:.1f}" '
        f'height="{BAR}" rx="2"/>'
        f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{middle:g}" y2="{middle:g}"/>'
        f'<text x="{beside:.1f}" y="{middle + 4.5:g}">{shown(bar.value)}</text>'
    )


def shown(value: float) -> str:
    """Three digits, with thousands marked."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
