"""The charts of the pipeline review as inline SVG in a light and a dark tone, which grey print keeps apart."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from playbook.advise.pipeline.review import CLAIMS
from playbook.render.clean import clean
from playbook.render.pipeline.words import Phrases

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _ROW, _BAR = 520, 30, 20
_LABEL, _FIGURES = 118, 150  # columns for the words before and the numbers behind the bars
_DARK, _LIGHT = "#1f4e79", "#b9cfe4"
_PAIR_BAR = 13


def funnel_chart(phrases: Phrases) -> Markup:
    """The levels as horizontal bars, level 1 on top: the amount light, the weighted part dark."""
    lines = phrases.review.levels
    widest = max((line.amount_cny for line in lines), default=0)
    parts = []
    for row, line in enumerate(lines):
        y = row * _ROW
        full, part = (_length(value, widest) for value in (line.amount_cny, line.weighted_cny))
        figures = phrases.bar(line.amount_cny, line.deals)
        parts += [
            _text(_LABEL - 8, y + 15, phrases.level(line.level), "end"),
            _bar(_LABEL, y + 1, full, _BAR, _LIGHT),
            _bar(_LABEL, y + 1, part, _BAR, _DARK),
            _text(_LABEL + full + 6, y + 15, figures),
        ]
    legend = ((_LIGHT, phrases.terms["amount"]), (_DARK, phrases.terms["weighted"]))
    return _chart(parts, len(lines) * _ROW, legend, phrases.terms["funnel"])


def forecast_chart(phrases: Phrases) -> Markup:
    """Each category with the amount reported above the amount that the rules support."""
    lines = [line for line in phrases.review.categories if line.name in CLAIMS]
    widest = max((max(line.claimed_cny, line.supported_cny) for line in lines), default=0)
    parts = []
    for row, line in enumerate(lines):
        y = row * (2 * _PAIR_BAR + 14)
        parts.append(_text(_LABEL - 8, y + _PAIR_BAR + 5, phrases.category(line.name), "end"))
        pair = ((line.claimed_cny, line.claimed_count, _LIGHT), (line.supported_cny, line.supported_count, _DARK))
        for number, (value, count, fill) in enumerate(pair):
            top, length = y + number * (_PAIR_BAR + 1), _length(value, widest)
            parts += [
                _bar(_LABEL, top, length, _PAIR_BAR, fill),
                _text(_LABEL + length + 6, top + 11, phrases.bar(value, count)),
            ]
    legend = ((_LIGHT, phrases.terms["claimed"]), (_DARK, phrases.terms["supported"]))
    return _chart(parts, len(lines) * (2 * _PAIR_BAR + 14), legend, phrases.terms["forecast"])


def _length(value: float, widest: float) -> float:
    return round((_WIDTH - _LABEL - _FIGURES) * value / widest, 1) if widest else 0


def _bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" stroke="{_DARK}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(clean(text))}</text>'


def _chart(parts: list[str], height: float, legend: tuple[tuple[str, str], ...], title: str) -> Markup:
    from markupsafe import Markup

    x, keys = float(_LABEL), []
    for fill, word in legend:
        keys += [_bar(x, height + 4, 12, 10, fill), _text(x + 17, height + 13, word)]
        x += 40 + 9 * len(word)
    body = "".join([*parts, *keys])
    svg = f'<svg viewBox="0 0 {_WIDTH} {height + 20:g}" role="img" aria-label="{escape(title)}">{body}</svg>'
    return Markup(svg)  # noqa: S704 - every text in it is escaped
