"""The pages of codes, for the terminal and for the documentation."""

from __future__ import annotations

from string import Formatter

from playbook.check.pages import Page, codes, page_of
from playbook.errors import UsageError, message_of
from playbook.model.vocabulary import nearest

_WORDS = {
    "zh": {"why": "为什么要紧", "bad": "会报出来的写法", "good": "改好的写法", "says": "提示", "head": "检查代码"},
    "en": {"why": "Why it matters", "bad": "Found in", "good": "Not found in", "says": "Message", "head": "Codes"},
}
_LEAD = {
    "zh": "`playbook rules check` 和各命令报出的代码。`playbook rules check --explain 代码` 显示其中一页。",
    "en": "The codes that `playbook rules check` and other commands report. "
    "`playbook rules check --explain CODE` shows one of these pages.",
}


def render_page(code: str, lang: str) -> str:
    """One page, or `all`, as Markdown that reads well in a terminal. Raises `UsageError` for an unknown code."""
    if code == "all":
        return render_all(lang)
    page = page_of(code)
    if page is None:
        raise UsageError("U014", text=code, near=nearest(code, codes()))
    return _page(page, lang)


def render_all(lang: str) -> str:
    """All pages as one Markdown document."""
    pages = [page for code in codes() if (page := page_of(code))]
    return "\n".join([f"# {_WORDS[lang]['head']}\n", _LEAD[lang] + "\n", *(_page(page, lang) for page in pages)])


def _page(page: Page, lang: str) -> str:
    words = _WORDS[lang]
    parts = [
        f"## {page.code}\n",
        getattr(page.what, lang) + "\n",
        f"**{words['says']}** {_template(page.code, lang)}\n",
        f"**{words['why']}** {getattr(page.why, lang)}\n",
    ]
    if page.bad:
        parts += [f"**{words['bad']}**\n", *_files(page.bad), f"**{words['good']}**\n", *_files(page.good)]
    return "\n".join(parts)


def _template(code: str, lang: str) -> str:
    """The message with `…` for what differs from case to case."""
    template = message_of(code, lang).replace("‹", "").replace("›", "")
    return "".join(text + ("…" if name is not None else "") for text, name, _, _ in Formatter().parse(template))


def _files(files: dict[str, str]) -> list[str]:
    blocks = []
    for name, text in files.items():
        title = f"# {name}\n" if len(files) > 1 or name not in ("rules.yaml", "rules.csv") else ""
        kind = "csv" if name.endswith(".csv") else "yaml"
        blocks.append(f"```{kind}\n{title}{text}```\n")
    return blocks
