"""Plain documents of headings, paragraphs and lists, as text, Markdown or one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple

Kind = Literal["title", "heading", "subheading", "text", "item"]
_MARKS = {"title": "# ", "heading": "## ", "subheading": "### ", "text": "", "item": "- "}
_TAGS = {"title": "h1", "heading": "h2", "subheading": "h3", "text": "p", "item": "li"}
_STYLE = (
    "body{font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;max-width:48rem;"
    "margin:2rem auto;padding:0 1rem}h2{border-bottom:1px solid #ccc;margin-top:2rem}li{margin:.2rem 0}"
)


class Block(NamedTuple):
    """A piece of a document; `mark` stands before an item (`+`, `-`, `→`)."""

    kind: Kind
    text: str
    mark: str = ""


def as_text(blocks: Sequence[Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        if block.kind in ("title", "heading", "subheading") and lines:
            lines.append("")
        before = {"heading": "━━ ", "item": f"  {block.mark or '·'} "}.get(block.kind, "")
        lines.append(before + block.text)
    return "\n".join(lines) + "\n"


def as_markdown(blocks: Sequence[Block]) -> str:
    lines: list[str] = []
    previous = ""
    for block in blocks:
        if lines and not (block.kind == previous == "item"):
            lines.append("")
        lines.append(_MARKS[block.kind] + " ".join(part for part in (block.mark, _plain(block.text)) if part))
        previous = block.kind
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """A text in which Markdown sees no marks of its own."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in text.replace("\n", " "))


def as_html(blocks: Sequence[Block], lang: str) -> str:
    """One file without references to others."""
    title = next((block.text for block in blocks if block.kind == "title"), "")
    code = "zh-CN" if lang == "zh" else "en"
    body: list[str] = []
    previous = ""
    for block in blocks:
        if (block.kind == "item") != (previous == "item"):
            body.append("<ul>" if block.kind == "item" else "</ul>" if previous else "")
        tag = _TAGS[block.kind]
        body.append(f"<{tag}>{escape(' '.join(part for part in (block.mark, block.text) if part))}</{tag}>")
        previous = block.kind
    if previous == "item":
        body.append("</ul>")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    lines = [
        f'<!DOCTYPE html><html lang="{code}"><head>{head}<style>{_STYLE}</style></head><body>',
        *filter(None, body),
    ]
    return "\n".join([*lines, "</body></html>"]) + "\n"
