"""Curves over time as one SVG, without a plotting library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _PANEL, _LEFT, _TOP, _GAP = 760, 110, 70, 24, 26
_INK: Final = "#334155"
_LINES: Final = ("#2563eb", "#dc2626", "#059669")


@dataclass(frozen=True, slots=True)
class Panel:
    """One strip: `curves` are (name, values), all of the same length as the times."""

    title: str
    curves: tuple[tuple[str, Sequence[float]], ...]


def svg(times: Sequence[float], panels: Sequence[Panel], events: Sequence[float] = ()) -> str:
    """Panels under one another, over the same seconds; `events` are thin lines across all."""
    height = _TOP + len(panels) * (_PANEL + _GAP) + 20
    most = max(times, default=1.0) or 1.0
    strips = [_panel(panel, number, times, most) for number, panel in enumerate(panels)]
    marks = [_line(_across(at, most), _TOP, height - 20, "#cbd5e1") for at in events]
    axis = f'<text x="{_LEFT}" y="{height - 4}">0 s</text>'
    axis += f'<text x="{_WIDTH - 10}" y="{height - 4}" text-anchor="end">{most:.0f} s</text>'
    style = f'font-family="sans-serif" font-size="11" fill="{_INK}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {style}>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>\n'
        + "\n".join((*marks, *strips, axis))
        + "\n</svg>\n"
    )


def _panel(panel: Panel, number: int, times: Sequence[float], most: float) -> str:
    top = _TOP + number * (_PANEL + _GAP)
    highest = max((value for _, values in panel.curves for value in values), default=0.0) or 1.0
    drawn = [
        f'<text x="{_LEFT}" y="{top - 4}">{escape(panel.title)}</text>',
        f'<text x="{_LEFT - 6}" y="{top + 10}" text-anchor="end">{highest:,.0f}</text>',
        f'<text x="{_LEFT - 6}" y="{top + _PANEL}" text-anchor="end">0</text>',
        _frame(top),
    ]
    for (name, values), color in zip(panel.curves, _LINES, strict=False):
        points = " ".join(
            f"{_across(at, most):.1f},{top + _PANEL * (1 - value / highest):.1f}"
            for at, value in zip(times, values, strict=True)
        )
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{color}"/>')
        drawn.append(_legend(name, len(drawn), top, color))
    return "\n".join(drawn)


def _frame(top: int) -> str:
    place = f'x="{_LEFT}" y="{top}" width="{_WIDTH - _LEFT - 10}" height="{_PANEL}"'
    return f'<rect {place} fill="none" stroke="#94a3b8"/>'


def _legend(name: str, place: int, top: int, color: str) -> str:
    x = _WIDTH - 10 - 70 * ((place - 5) // 2)
    return f'<text x="{x}" y="{top - 4}" text-anchor="end" fill="{color}">{escape(name)}</text>'


def _across(at: float, most: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - 10) * at / most


def _line(x: float, top: int, bottom: int, color: str) -> str:
    return f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{color}"/>'
